"""The same network in several runtimes: equal scores, own memory, and what happens without one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import tiny_model
from vision import cache, converted, keras_models, models
from vision.errors import ModelError
from vision.preprocessing import SCALINGS

ROOT = Path(__file__).resolve().parents[2]
SIDE = 16

# Keras' own, while it writes files
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small convolutional classifier of six classes, saved by Keras."""
    keras = keras_models.import_keras()
    keras.utils.set_random_seed(11)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3, padding="same", activation="relu6"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(6, activation="softmax"),
        ]
    )
    path = tmp_path_factory.mktemp("model") / "small.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (37, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_openvino_gives_what_keras_gives(keras_file: Path, batch: np.ndarray, scaling: str) -> None:
    both = [
        models.load(str(keras_file), scaling=scaling, runtime=runtime)
        for runtime in ("keras", "openvino")
    ]
    reference, fast = both
    assert [each.runtime for each in both] == ["keras", "openvino"]
    assert models.load(str(keras_file), scaling=scaling).runtime == "openvino"
    np.testing.assert_allclose(fast.classify(batch), reference.classify(batch), atol=2e-6)
    np.testing.assert_allclose(
        fast.features(batch), reference.features(batch), rtol=1e-4, atol=1e-5
    )
    assert fast.features(batch).shape == (37, 8)


@settings(max_examples=25, deadline=None)
@given(numbers=st.lists(st.integers(0, 36), min_size=1, max_size=60))
def test_no_picture_gets_the_scores_of_another(
    keras_file: Path, batch: np.ndarray, numbers: list[int]
) -> None:
    classifier = models.load(str(keras_file), runtime="openvino")
    expected = classifier.classify(batch)
    given = batch[numbers]
    before = given.copy()
    np.testing.assert_array_equal(classifier.classify(given), expected[numbers])
    np.testing.assert_array_equal(given, before)


def test_threads_do_not_mix_pictures_up(keras_file: Path, batch: np.ndarray) -> None:
    """Under load, in any order: arrays handed in are never changed, scores never swapped."""
    classifier = models.load(str(keras_file), runtime="openvino")
    expected, features = classifier.classify(batch), classifier.features(batch)

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(20):
            numbers = rng.integers(0, len(batch), rng.integers(1, 50))
            given = batch[numbers]
            scores = classifier.classify(given)
            np.testing.assert_array_equal(scores, expected[numbers])
            np.testing.assert_array_equal(classifier.features(given), features[numbers])
            # what was returned is the caller's own, what was given was left alone
            np.testing.assert_array_equal(given, batch[numbers])
            np.testing.assert_array_equal(scores, expected[numbers])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))


def test_a_cached_start_loads_no_tensorflow(keras_file: Path, tmp_path: Path) -> None:
    program = (
        "import sys, numpy; from vision import models;"
        "classifier = models.load(sys.argv[1]);"
        f"classifier.classify(numpy.zeros((1, {SIDE}, {SIDE}, 3), numpy.uint8));"
        "sys.exit(str({'keras', 'tensorflow'} & set(sys.modules)) if "
        "{'keras', 'tensorflow'} & set(sys.modules) else 0)"
    )
    models.load(str(keras_file))
    subprocess.run([sys.executable, "-c", program, str(keras_file)], cwd=ROOT, check=True)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROOFSHEET_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


def test_a_damaged_cache_is_made_anew(keras_file: Path, batch: np.ndarray, own_cache: Path) -> None:
    expected = models.load(str(keras_file)).classify(batch)
    (graph,) = own_cache.glob("*/f32/graph.xml")
    for damage in (b"", b"<net>", graph.read_bytes()[:500]):
        graph.write_bytes(damage)
        np.testing.assert_array_equal(models.load(str(keras_file)).classify(batch), expected)
    graph.with_suffix(".bin").write_bytes(b"12")
    np.testing.assert_array_equal(models.load(str(keras_file)).classify(batch), expected)
    assert not list(own_cache.glob("*/.making-*"))


def test_without_openvino_keras_does_it(
    keras_file: Path,
    batch: np.ndarray,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    converted.core.cache_clear()
    try:
        classifier = models.load(str(keras_file))
        assert classifier.runtime == "keras"
        (line,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
        assert line.startswith("OpenVINO is missing")
        assert line.endswith("keras is used, which is slower")
        with pytest.raises(ModelError, match="OpenVINO is missing"):
            models.load(str(keras_file), runtime="openvino")
    finally:
        converted.core.cache_clear()
    assert classifier.classify(batch).shape == (37, 6)


def test_what_openvino_refuses_keras_does(
    keras_file: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("no translation\nfor operation X of this graph")

    monkeypatch.setattr(converted, "taking_pixels", refuse)
    assert models.load(str(keras_file)).runtime == "keras"
    assert "OpenVINO refuses" in caplog.text
    assert "for operation X of this graph" in caplog.text
    assert list(own_cache.glob("*/*")) == []


def test_a_folder_that_cannot_be_written(
    keras_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PROOFSHEET_CACHE", str(tmp_path / "file"))
    assert models.load(str(keras_file)).runtime == "keras"
    assert "keras is used" in caplog.text


def test_a_damaged_model_is_no_reason_for_another_runtime(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"cannot load the model .*m\.keras"):
        models.load(str(tmp_path / "m.keras"))


def test_runtimes_that_a_model_does_not_have(tmp_path: Path) -> None:
    path, labels = tiny_model.write(tmp_path)
    with pytest.raises(ModelError, match="runs in openvino, not in keras: leave out --runtime"):
        models.load(str(path), labels=labels, runtime="keras")


@pytest.mark.parametrize("gpus", [["GPU:0"], []])
def test_with_a_gpu_tensorflow_does_it(
    keras_file: Path, monkeypatch: pytest.MonkeyPatch, gpus: list[str]
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(keras_models.os.path, "exists", lambda path: path == "/dev/nvidiactl")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    assert keras_models.sees_gpu() == bool(gpus)
    monkeypatch.undo()
    monkeypatch.setattr(keras_models, "sees_gpu", lambda: bool(gpus))
    assert models.load(str(keras_file)).runtime == ("keras" if gpus else "openvino")


def test_the_cache_is_whole_or_not_there(own_cache: Path) -> None:
    def half(folder: Path) -> None:
        (folder / "begun").write_text("x")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        cache.kept("a/b", half)
    assert list((own_cache / "a").iterdir()) == []

    def first(folder: Path) -> None:
        (folder / "theirs").touch()

    def raced(folder: Path) -> None:
        (folder / "mine").touch()
        cache.kept("a/b", first)

    assert [each.name for each in cache.kept("a/b", raced).iterdir()] == ["theirs"]
    cache.forget("a/b")
    assert list((own_cache / "a").iterdir()) == []


def test_a_first_call_from_several_threads_ends(keras_file: Path, batch: np.ndarray) -> None:
    """Requests that were asked for their memory while others ran once waited for each other."""
    expected = models.load(str(keras_file), runtime="openvino").classify(batch)
    for _ in range(10):
        classifier = models.load(str(keras_file), runtime="openvino")
        with ThreadPoolExecutor(6) as pool:
            for scores in pool.map(classifier.classify, [batch] * 6):
                np.testing.assert_array_equal(scores, expected)


def test_no_usage_statistics_are_sent(keras_file: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from vision import models, quantise;"
        "models.load(sys.argv[1]); quantise._import_nncf();"
        "sys.exit(sys.modules['openvino_telemetry'] is not None)"
    )
    models.load(str(keras_file))
    home = os.environ | {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program, str(keras_file)], cwd=ROOT, env=home, check=True)
    assert list(tmp_path.iterdir()) == []
