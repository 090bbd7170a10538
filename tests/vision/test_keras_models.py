"""Networks in Keras: the user's files, hostile ones among them, and keras.applications."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision import models
from vision.applications import applications
from vision.errors import ModelError
from vision.keras_models import import_keras
from vision.preprocessing import scale

SHARED = Path(__file__).resolve().parents[3] / "shared"
NOTOP = SHARED / "models" / "vgg16_notop.weights.h5"
SIDE = 12

# Keras' own, while it writes files
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def keras() -> Any:
    return import_keras()


def tiny(keras: Any, *, top: str | None = "softmax", classes: int = 4) -> Any:
    keras.utils.set_random_seed(2)
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(5, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, activation=top, kernel_initializer="random_normal"),
        ]
    )


@pytest.fixture
def batch() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_whole_models(keras: Any, tmp_path: Path, batch: np.ndarray, suffix: str) -> None:
    model = tiny(keras)
    path = tmp_path / f"tiny{suffix}"
    model.save(path)
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\n")
    classifier = models.load(str(path), labels=tmp_path / "names.txt")
    reference = model(batch.astype(np.float32)).numpy()
    scores, features = classifier.classify(batch), classifier.features(batch)
    np.testing.assert_allclose(scores, reference, atol=1e-6)
    kernel, bias = model.layers[-1].get_weights()
    logits = features @ kernel + bias
    assert (features.shape, features.dtype) == ((3, 5), np.float32)
    assert (logits.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert classifier.classes == ("a", "b", "c", "d")
    assert classifier.preprocessing.describe() == "crop 12 of 13 bilinear, raw"


@pytest.mark.parametrize(
    ("top", "told"), [(None, "logits"), ("sigmoid", "do not add up"), ("softmax", "")]
)
def test_what_the_outputs_are_is_found_out(
    keras: Any,
    tmp_path: Path,
    batch: np.ndarray,
    caplog: pytest.LogCaptureFixture,
    top: str | None,
    told: str,
) -> None:
    model = tiny(keras, top=top)
    model.save(tmp_path / "m.keras")
    raw = model(batch.astype(np.float32)).numpy()
    with caplog.at_level("INFO", logger="vision.models"):
        scores = models.load(str(tmp_path / "m.keras")).classify(batch)
    assert told in caplog.text
    assert bool(caplog.text) == bool(told)
    if told == "logits":
        raw = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, raw, atol=1e-6)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_model_file_is_refused_and_not_run(
    keras: Any, tmp_path: Path, suffix: str
) -> None:
    marker = tmp_path / "run"

    # a lambda's bytecode is stored in the file, a named function's only by name
    attack = eval(f"lambda x: (open({str(marker)!r}, 'w').close(), x)[1]")
    plain = tiny(keras)
    model = keras.Sequential(
        [keras.layers.Input((SIDE, SIDE, 3)), keras.layers.Lambda(attack), *plain.layers]
    )
    path = tmp_path / f"evil{suffix}"
    model.save(path)
    marker.unlink()
    with pytest.raises(ModelError, match=r"cannot load the model .*evil"):
        models.load(str(path))
    assert not marker.exists()
    keras.saving.load_model(path, safe_mode=False, compile=False)
    assert marker.exists(), "the attack itself does not work, the test shows nothing"


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (lambda k: k.layers.Input((8, 16, 3)), "8 x 16"),
        (lambda k: k.layers.Input((None, None, 3)), "fixed square input"),
        (lambda k: k.layers.Input((8, 8, 1)), "maps pictures"),
        (lambda k: k.layers.Input((8, 8, 3), batch_size=2), "maps pictures"),
    ],
)
def test_inputs_that_do_not_fit(
    keras: Any, tmp_path: Path, build: Callable[[Any], Any], complaint: str
) -> None:
    layers = keras.layers
    model = keras.Sequential([build(keras), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelError, match=complaint):
        models.load(str(tmp_path / "m.keras"))


def test_a_model_without_a_classifying_layer(keras: Any, tmp_path: Path, batch: np.ndarray) -> None:
    layers = keras.layers
    model = keras.Sequential([layers.Input((SIDE, SIDE, 3)), layers.GlobalMaxPooling2D()])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelError, match="features cannot be had of this model"):
        models.load(str(tmp_path / "m.keras")).features(batch)


def test_weights_alone_are_no_model(keras: Any, tmp_path: Path) -> None:
    tiny(keras).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError, match="whole model"):
        models.load(str(tmp_path / "m.weights.h5"))


@pytest.mark.parametrize("name", sorted(applications()))
def test_the_table_has_the_scaling_of_keras(keras: Any, name: str) -> None:
    application = applications()[name]
    module = sys.modules[getattr(keras.applications, application.function).__module__]
    batch = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3), np.uint8)
    expected = module.preprocess_input(batch.astype(np.float32))
    found = scale(batch, application.preprocessing.scaling)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


class Fetched(Exception):
    """Carries what Keras asked for out of the building of a model."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("vgg16", "vgg19", "resnet50", "resnet101", "resnet50_v2", "mobilenet", "mobilenet_v2"),
        *("mobilenet_v3_small", "mobilenet_v3_large", "inception_v3", "xception", "densenet121"),
        *("nasnet_mobile", "efficientnet_b0", "efficientnet_b1", "efficientnet_v2_b0"),
        *("efficientnet_v2_b1", "convnext_tiny"),
    ],
)
def test_keras_would_fetch_the_same_file(
    keras: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    application = applications()[name]
    function = getattr(keras.applications, application.function)

    def record(file_name: str, origin: str, file_hash: str | None = None, **_: Any) -> None:
        raise Fetched(file_name, origin, file_hash)

    monkeypatch.setattr(sys.modules["keras.src.utils.file_utils"], "get_file", record)
    size = application.preprocessing.size
    with pytest.raises(Fetched) as caught:
        function(weights="imagenet", input_shape=(size, size, 3))
    weights = application.weights
    digest = weights.known_hash and weights.known_hash.partition(":")[2]
    assert caught.value.args == (weights.name, weights.url, digest)
    keras.backend.clear_session()


@pytest.mark.parametrize("name", sorted(applications()))
def test_hashes_are_those_in_keras_source(keras: Any, name: str) -> None:
    """The large ones too, which take too long to build."""
    application = applications()[name]
    module = sys.modules[getattr(keras.applications, application.function).__module__]
    # resnet_v2 is built by the code of resnet
    sources = [module.__file__, keras.applications.ResNet50.__code__.co_filename]
    text = "".join(Path(source).read_text() for source in sources)
    if application.weights.known_hash:
        kind, _, digest = application.weights.known_hash.partition(":")
        assert len(digest) == {"md5": 32, "sha256": 64}[kind]
        assert f'"{digest}"' in text


@pytest.fixture(scope="module")
def vgg16(keras: Any) -> Any:
    """An initialised VGG16, its last layer sharpened so that it tells pictures apart."""
    keras.utils.set_random_seed(1)
    model = keras.applications.VGG16(weights=None)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 1000, bias])
    return model


@pytest.mark.slow
@pytest.mark.parametrize("layout", [".weights.h5", ".h5"])
def test_vgg16_equals_keras(keras: Any, vgg16: Any, tmp_path: Path, layout: str) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (2, 224, 224, 3), np.uint8)
    prepared = keras.applications.vgg16.preprocess_input(pictures.astype(np.float32))
    expected = vgg16.predict(prepared, verbose=0)
    written = tmp_path / f"w{layout}"
    (vgg16.save_weights if layout == ".weights.h5" else vgg16.save)(written)
    # whatever the file is called: its content says which layout it has
    file = written.rename(tmp_path / "downloaded (1)")
    classifier = models.load("vgg16", weights=file)
    scores = classifier.classify(pictures)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert classifier.features(pictures).shape == (2, 4096)
    assert classifier.preprocessing.describe() == "crop 224 of 256 bilinear, caffe"


@pytest.mark.slow
@pytest.mark.skipif(not NOTOP.exists(), reason="the convolutional weights are not here")
def test_convolutional_weights_give_features_only(keras: Any) -> None:
    classifier = models.load("vgg16", weights=NOTOP)
    pictures = np.random.default_rng(1).integers(0, 256, (2, 224, 224, 3), np.uint8)
    body = keras.applications.VGG16(weights=str(NOTOP), include_top=False, pooling="avg")
    prepared = keras.applications.vgg16.preprocess_input(pictures.astype(np.float32))
    expected = body.predict(prepared, verbose=0)
    assert expected.shape == (2, 512)
    np.testing.assert_allclose(classifier.features(pictures), expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(ModelError, match="no classifier layers"):
        classifier.classify(pictures)
    with pytest.raises(ModelError, match="no classifier layers"):
        models.check_topk(classifier, 5)
    with pytest.raises(ModelError, match="not those of VGG19"):
        models.load("vgg19", weights=NOTOP)


@pytest.mark.slow
def test_weights_of_a_deeper_model_are_not_cut_to_fit(keras: Any, tmp_path: Path) -> None:
    """Keras alone would load the first layers of such a file and say nothing of the rest."""
    deeper = keras.applications.MobileNet(weights=None)
    deeper = keras.Sequential([deeper, keras.layers.Dense(3)])
    deeper.save_weights(tmp_path / "deeper.weights.h5")
    tiny(keras).save_weights(tmp_path / "tiny.weights.h5")
    for name in ("deeper", "tiny"):
        with pytest.raises(ModelError, match="not those of MobileNet"):
            models.load("mobilenet", weights=tmp_path / f"{name}.weights.h5")


@pytest.mark.parametrize("content", [b"", b"no HDF5"])
def test_no_weights_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.h5").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.h5"):
        models.load("vgg16", weights=tmp_path / "w.h5")


def test_hdf5_of_something_else(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["temperatures"] = [1.0, 2.0]
    with pytest.raises(ModelError, match="no weights of a Keras model"):
        models.load("vgg16", weights=tmp_path / "w.h5")
