"""A classifier of seven classes in a few kilobytes, as a real ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIDE = 32
CLASSES = ("red", "green", "blue", "bright", "dark", "striped", "plain")


def write(folder: Path) -> tuple[Path, Path]:
    """Write the model and its labels and return both paths."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(7)
    pixels = SIDE // 8 * (SIDE // 8) * 3
    weights = (rng.standard_normal((pixels, len(CLASSES))) / 200).astype(np.float32)
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["t"], ["p"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", len(CLASSES)])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path, labels = folder / "tiny.onnx", folder / "tiny.txt"
    onnx.save(model, path)
    labels.write_text("\n".join(CLASSES) + "\n")
    return path, labels
