"""Networks from .tflite, .onnx and OpenVINO .xml files, in runtimes that start without TensorFlow.

Each call works on copies: no caller's array is shared with a runtime or overwritten by it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from vision.errors import ModelError
from vision.networks import Network, native_stderr_silenced, square_side, unavailable


def tflite_network(path: Path, scaling: str) -> Network:
    """Return the network of a .tflite file, quantised or not.

    A quantised input takes raw pixels as they are (that is what it was trained on); values of any
    other scaling are quantised. Quantised scores are given back as real numbers.

    Raises
    ------
    ModelError
        The file is no such model, or does not map one square picture to scores.
    """
    from ai_edge_litert.interpreter import Interpreter

    try:
        with native_stderr_silenced():
            interpreter = Interpreter(str(path), num_threads=os.cpu_count())
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(_no_model(path, "TensorFlow Lite", error)) from error
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{path} has several inputs or outputs: name a picture classifier")
    source, target = inputs[0], outputs[0]
    shape = tuple(int(n) for n in source["shape"])
    if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
        raise ModelError(f"{path} takes {shape}: name a model that takes pictures (1, S, S, 3)")
    size = square_side((shape[1], shape[2]), str(path))
    # an interpreter holds one picture at a time
    lock = threading.Lock()

    def scores(batch: np.ndarray) -> np.ndarray:
        rows = []
        for picture in _quantised(batch, source, scaling):
            with lock:
                interpreter.set_tensor(source["index"], picture[None])
                interpreter.invoke()
                rows.append(interpreter.get_tensor(target["index"]).reshape(-1))
        return _dequantised(np.stack(rows), target)

    precision = "f32" if source["dtype"] == np.float32 else "int8"
    classes = int(np.prod(target["shape"][1:]))
    return Network("tflite", precision, size, classes, scores, _no_features(path))


def _quantised(batch: np.ndarray, details: dict[str, Any], scaling: str) -> np.ndarray:
    dtype, (step, zero) = np.dtype(details["dtype"]), details["quantization"]
    if dtype == np.float32:
        return batch
    bounds = np.iinfo(dtype)
    if scaling == "raw":
        return (batch + bounds.min).astype(dtype)
    return np.clip(np.rint(batch / step) + zero, bounds.min, bounds.max).astype(dtype)


def _dequantised(rows: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    step, zero = details["quantization"]
    if rows.dtype == np.float32:
        return rows
    return ((rows.astype(np.float32) - zero) * np.float32(step)).astype(np.float32)


def openvino_network(path: Path) -> Network:
    """Return the network of an .onnx or OpenVINO .xml file, on the CPU in float32.

    Pictures go in channels first or last, as the shape of the input says; a fixed batch size of
    the file is kept to by splitting and padding.

    Raises
    ------
    ModelError
        The file is no such model, or does not map one square picture to scores.
    """
    import openvino

    core = openvino.Core()
    try:
        model = core.read_model(path)
    except RuntimeError as error:
        raise ModelError(_no_model(path, "ONNX or OpenVINO", error)) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(f"{path} has several inputs or outputs: name a picture classifier")
    dims = [d.get_length() if d.is_static else None for d in model.input(0).partial_shape]
    if len(dims) != 4 or 3 not in (dims[1], dims[3]):
        raise ModelError(
            f"{path} takes {model.input(0).partial_shape}: name a model that takes pictures "
            f"(batch, 3, size, size) or (batch, size, size, 3)"
        )
    channels_first = dims[1] == 3
    size = square_side((dims[2], dims[3]) if channels_first else (dims[1], dims[2]), str(path))
    dtype = np.dtype(model.input(0).element_type.to_dtype())
    try:
        compiled = core.compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        )
    except RuntimeError as error:
        raise ModelError(_no_model(path, "OpenVINO CPU", error)) from error

    request = compiled.create_infer_request()
    lock = threading.Lock()

    def infer(batch: np.ndarray) -> np.ndarray:
        with lock:
            out = np.array(request.infer([batch], share_inputs=False)[0], dtype=np.float32)
        return out.reshape(len(batch), -1)

    def scores(batch: np.ndarray) -> np.ndarray:
        if channels_first:
            batch = batch.transpose(0, 3, 1, 2)
        batch = np.ascontiguousarray(batch, dtype=dtype)
        step = dims[0] or len(batch)
        rows = []
        for start in range(0, len(batch), step):
            part = batch[start : start + step]
            padded = np.zeros((step, *part.shape[1:]), dtype)
            padded[: len(part)] = part
            rows.append(infer(padded)[: len(part)])
        return np.concatenate(rows)

    width = scores(np.zeros((1, size, size, 3), np.float32)).shape[1]
    return Network("openvino", "f32", size, width, scores, _no_features(path))


def _no_features(path: Path) -> Any:
    return unavailable(
        f"features cannot be taken from a {path.suffix} file: use a .keras model or a named one"
    )


def _no_model(path: Path, kind: str, error: Exception) -> str:
    told = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()[:200]
    return f"cannot load the model {path} ({told}): name an intact {kind} file"
