"""Model files of the other runtimes: .onnx, OpenVINO .xml and .tflite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import tiny_model
from vision import models
from vision.errors import ModelError
from vision.precision import settle
from vision.preprocessing import scale
from vision.quantise import FirstPictures

ROOT = Path(__file__).resolve().parents[2]
BIRDS = ROOT.parent / "shared" / "models" / "mobilenet_v2_1.0_224_inat_bird_quant.tflite"
FINCH = ROOT.parent / "shared" / "data" / "imagenet200" / "n01532829.jpg"
SIDE = 8


def onnx_file(
    path: Path,
    shape: tuple[int | str, ...] = ("n", 3, SIDE, SIDE),
    dtype: str = "FLOAT",
    softmax: bool = True,
) -> Path:
    """Write a classifier of four classes: softmax of (channel means, 0) / 50, or logits."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    axes = [2, 3] if shape[1] == 3 else [1, 2]
    table = np.eye(shape[1 if axes == [2, 3] else 3], 4, dtype=np.float32) / 50
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["f"], ["m"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["l" if softmax else "y"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["l"], ["y"], axis=1))
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("x", getattr(TensorProto, dtype), shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], 4])],
        [numpy_helper.from_array(table, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


def expected(batch: np.ndarray, scaling: str = "raw") -> np.ndarray:
    logits = np.zeros((len(batch), 4))
    logits[:, :3] = scale(batch, scaling).mean(axis=(1, 2), dtype=np.float64) / 50
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.fixture
def batch() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("softmax", [True, False])
@pytest.mark.parametrize("dtype", ["FLOAT", "UINT8"])
@pytest.mark.parametrize(
    "shape",
    [
        ("n", 3, SIDE, SIDE),
        ("n", SIDE, SIDE, 3),
        (1, 3, SIDE, SIDE),
        (2, SIDE, SIDE, 3),
        (8, 3, SIDE, SIDE),
    ],
)
def test_onnx_layouts_types_and_batches(
    tmp_path: Path, batch: np.ndarray, shape: tuple, dtype: str, softmax: bool
) -> None:
    path = onnx_file(tmp_path / "means.onnx", shape, dtype, softmax)
    classifier = models.load(str(path))
    before = batch.copy()
    scores = classifier.classify(batch)
    assert (scores.shape, scores.dtype) == ((5, 4), np.float32)
    np.testing.assert_allclose(scores, expected(batch), atol=1e-5)
    np.testing.assert_array_equal(batch, before)
    assert (classifier.runtime, classifier.precision) == ("openvino", "f32")
    assert classifier.classes == ("class 0", "class 1", "class 2", "class 3")


def test_scores_are_not_overwritten_by_the_next_call(tmp_path: Path, batch: np.ndarray) -> None:
    classifier = models.load(str(onnx_file(tmp_path / "m.onnx")))
    first = classifier.classify(batch)
    kept = first.copy()
    classifier.classify(255 - batch)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("scaling", ["unit", "tf", "torch", "caffe"])
def test_scaling_of_files(tmp_path: Path, batch: np.ndarray, scaling: str) -> None:
    path = onnx_file(tmp_path / "m.onnx")
    classifier = models.load(str(path), scaling=scaling, resize="stretch")
    np.testing.assert_allclose(classifier.classify(batch), expected(batch, scaling), atol=1e-5)
    assert classifier.preprocessing.describe() == f"stretch 8 bilinear, {scaling}"


def test_openvino_xml(tmp_path: Path, batch: np.ndarray) -> None:
    import openvino

    model = openvino.Core().read_model(onnx_file(tmp_path / "m.onnx"))
    openvino.save_model(model, tmp_path / "m.xml", compress_to_fp16=False)
    classifier = models.load(str(tmp_path / "m.xml"))
    np.testing.assert_allclose(classifier.classify(batch), expected(batch), atol=1e-5)
    with (tmp_path / "m.bin").open("ab") as file:
        file.write(b" ")
    assert models.load(str(tmp_path / "m.xml")).weights_sha256 != classifier.weights_sha256
    (tmp_path / "m.bin").unlink()
    with pytest.raises(ModelError, match=r"m\.bin"):
        models.load(str(tmp_path / "m.xml"))


def test_scores_do_not_depend_on_companions(tmp_path: Path) -> None:
    path, labels = tiny_model.write(tmp_path)
    classifier = models.load(str(path), labels=labels)
    assert classifier.classes == tiny_model.CLASSES
    side = tiny_model.SIDE
    pictures = np.random.default_rng(2).integers(0, 256, (16, side, side, 3), np.uint8)
    scores = classifier.classify(pictures)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(16)
        np.testing.assert_array_equal(classifier.classify(pictures[order]), scores[order])


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        (("n", 3, "h", "w"), "fixed square input"),
        (("n", 3, 8, 16), "8 x 16"),
        (("n", 8, 8, 4), "takes pictures"),
    ],
)
def test_inputs_that_do_not_fit(tmp_path: Path, shape: tuple, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        models.load(str(onnx_file(tmp_path / "m.onnx", shape)))


@pytest.mark.parametrize("suffix", [".onnx", ".xml", ".tflite", ".keras", ".h5"])
@pytest.mark.parametrize("content", [b"", b"not a model at all" * 100])
def test_damaged_files(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    path.with_suffix(".bin").write_bytes(b"")
    with pytest.raises(ModelError, match="damaged") as caught:
        models.load(str(path))
    assert "\n" not in str(caught.value)


def test_no_features(tmp_path: Path, batch: np.ndarray) -> None:
    with pytest.raises(ModelError, match="features cannot be had of this model"):
        models.load(str(onnx_file(tmp_path / "m.onnx"))).features(batch)


@pytest.fixture(scope="module")
def tflite_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny classifiers converted by TensorFlow: float, and quantised to uint8 and to int8."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(4)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, activation="softmax", kernel_initializer="random_normal"),
        ]
    )
    model.layers[-1].set_weights([w * 40 for w in model.layers[-1].get_weights()])
    folder = tmp_path_factory.mktemp("tflite")
    model.export(folder / "saved", verbose=False)
    model.save(folder / "reference.keras")
    samples = np.random.default_rng(5).integers(0, 256, (50, 1, SIDE, SIDE, 3)).astype(np.float32)
    files = {"reference": folder / "reference.keras"}
    for name, dtype in (("float", None), ("uint8", tf.uint8), ("int8", tf.int8)):
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
        if dtype is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([s] for s in samples)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = dtype
        files[name] = folder / f"{name}.tflite"
        files[name].write_bytes(converter.convert())
    return files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "runtime", "tolerance"),
    [
        ("float", "auto", 1e-5),
        ("uint8", "auto", 0.05),
        ("int8", "auto", 0.05),
        ("float", "openvino", 1e-5),
        ("uint8", "openvino", 0.05),
    ],
)
# Keras' and TensorFlow's own, while they write the files
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")
def test_tflite_agrees_with_keras(
    tflite_files: dict[str, Path], batch: np.ndarray, kind: str, runtime: str, tolerance: float
) -> None:
    classifier = models.load(str(tflite_files[kind]), runtime=runtime)
    assert classifier.runtime == ("tflite" if runtime == "auto" else runtime)
    reference = models.load(str(tflite_files["reference"])).classify(batch)
    assert np.ptp(reference) > 0.2
    scores = classifier.classify(batch)
    assert (scores.shape, scores.dtype) == ((5, 4), np.float32)
    np.testing.assert_allclose(scores, reference, atol=tolerance)
    np.testing.assert_array_equal(classifier.classify(batch[3:4])[0], scores[3])
    assert classifier.precision == ("f32" if kind == "float" else "int8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")
def test_pixels_that_only_tflite_takes(tflite_files: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="takes raw pixels in its own runtime only"):
        models.load(str(tflite_files["int8"]), runtime="openvino")
    with pytest.raises(ModelError, match="takes unit pixels in its own runtime only"):
        models.load(str(tflite_files["uint8"]), scaling="unit", runtime="openvino")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")
def test_what_is_in_eight_bits_stays_so(tflite_files: dict[str, Path]) -> None:
    classifier = models.load(str(tflite_files["uint8"]), runtime="openvino")
    first = FirstPictures("none", lambda: np.zeros((0, 1, 1, 3), np.uint8))
    assert settle(classifier, "auto", first) == (classifier, None)
    assert settle(classifier, "int8", first) == (classifier, None)
    for wanted in ("f32", "bf16"):
        with pytest.raises(ModelError, match="is made of int8: leave out --precision"):
            settle(classifier, wanted, first)


@pytest.mark.skipif(not BIRDS.exists() or not FINCH.exists(), reason="model or photo not here")
@pytest.mark.parametrize("runtime", ["tflite", "openvino"])
def test_birds_from_a_file(runtime: str) -> None:
    classifier = models.load("birds", weights=BIRDS, runtime=runtime)
    with Image.open(FINCH) as picture:
        batch = classifier.preprocessing.prepare(picture.convert("RGB"))[None]
    scores = classifier.classify(batch)
    assert (scores.shape, scores.dtype) == ((1, 965), np.float32)
    assert 0 <= scores.min() < scores.max() <= 1
    assert classifier.classes[int(scores.argmax())] == "Haemorhous mexicanus (House Finch)"
    assert (classifier.runtime, classifier.precision) == (runtime, "int8")


def test_these_runtimes_start_without_tensorflow(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "m.onnx")
    program = (
        "import sys; from vision import models; import numpy;"
        "models.load(sys.argv[1]).classify(numpy.zeros((1, 8, 8, 3), numpy.uint8));"
        "import ai_edge_litert.interpreter;"
        "heavy = {'tensorflow', 'keras', 'torch'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=True)
