"""The table of models and what `load` says when something does not fit."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest_httpserver import HTTPServer

from tests import tiny_model
from vision import models
from vision.errors import ModelError
from vision.weights import RemoteFile, fetch

ROOT = Path(__file__).resolve().parents[2]


def test_names() -> None:
    names = models.model_names()
    assert len(set(names)) == len(names)
    assert models.DEFAULT_MODEL in names
    for name in ("vgg16", "mobilenet_v2", "efficientnet_lite0", "birds", "insects", "plants"):
        assert name in names


def test_importing_the_table_loads_nothing_heavy() -> None:
    program = (
        "import sys; from vision import models; models.model_names();"
        "heavy = {'tensorflow', 'keras', 'openvino', 'h5py', 'pooch', 'ai_edge_litert'};"
        "heavy &= set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("vgg17", {}, "did you mean .*vgg16"),
        ("qqqq", {}, "--help lists the models"),
        ("plants", {}, "--weights FILE and its class names with --labels FILE"),
        ("plants", {"weights": Path("p.tflite")}, "--labels FILE"),
        ("vgg16", {"scaling": "tf"}, "has its own scaling"),
        ("vgg16", {"weights": Path("/nowhere.h5")}, "cannot read /nowhere.h5"),
        ("vgg16", {"weights": ROOT}, "directory"),
        ("vgg16", {"labels": Path("/nowhere.txt")}, "cannot read the labels"),
        ("nowhere.onnx", {}, "cannot read nowhere.onnx"),
        (str(ROOT), {}, "is no model file"),
        ("m.onnx", {"weights": Path("w.h5")}, "holds its own weights"),
        ("m.onnx", {"scaling": "magic"}, "no scaling is called"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(name: str, arguments: dict, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint) as caught:
        models.load(name, **arguments)
    assert "\n" not in str(caught.value)


def test_labels_must_be_as_many_as_classes(tmp_path: Path) -> None:
    path, labels = tiny_model.write(tmp_path)
    assert models.load(str(path), labels=labels).classes == tiny_model.CLASSES
    labels.write_text("one\ntwo\n")
    with pytest.raises(ModelError, match="has 7 classes, but there are names for 2"):
        models.load(str(path), labels=labels)


def test_check_topk(tmp_path: Path) -> None:
    path, _ = tiny_model.write(tmp_path)
    classifier = models.load(str(path))
    models.check_topk(classifier, 7)
    for k in (0, 8):
        with pytest.raises(ModelError, match=f"k is {k}"):
            models.check_topk(classifier, k)


def test_download_that_fails(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    httpserver.expect_request("/").respond_with_data("gone", status=404)
    local = RemoteFile("birds.tflite", httpserver.url_for("/"), "sha256:" + "0" * 64)
    spec = replace(models.specs()["birds"], find_weights=functools.partial(fetch, local))
    monkeypatch.setitem(models.specs(), "birds", spec)
    with pytest.raises(ModelError, match=r"birds\.tflite.*404.*0000.*--weights"):
        models.load("birds")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_download_and_classify(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way of a model of the table: fetched, verified, loaded, used."""
    import keras

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    reference = keras.applications.MobileNetV3Small(weights=None, input_shape=(224, 224, 3))
    reference.save(tmp_path / "v3.h5")
    data = (tmp_path / "v3.h5").read_bytes()
    httpserver.expect_request("/v3.h5").respond_with_data(data)
    spec = models.specs()["mobilenet_v3_small"]
    remote = replace(
        spec.find_weights.args[0],
        url=httpserver.url_for("/v3.h5"),
        known_hash=f"sha256:{models.sha256(tmp_path / 'v3.h5')}",
    )
    local = replace(spec, find_weights=functools.partial(fetch, remote))
    monkeypatch.setitem(models.specs(), "mobilenet_v3_small", local)
    classifier = models.load("mobilenet_v3_small", resize="stretch")
    batch = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    expected = reference.predict(batch.astype(np.float32), verbose=0)
    np.testing.assert_allclose(classifier.classify(batch), expected, atol=1e-6)
    assert classifier.features(batch).shape == (2, 1024)
    assert classifier.preprocessing.describe() == "stretch 224 bilinear, raw"
    assert (tmp_path / "cache" / "models" / remote.name).exists()
