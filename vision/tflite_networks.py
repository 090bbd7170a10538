"""Networks from .tflite files in TensorFlow Lite's own runtime, which starts without TensorFlow.

Each call works on copies: no caller's array is shared with the runtime or overwritten by it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vision.errors import ModelError
from vision.networks import (
    F32,
    SCORES,
    Network,
    native_stderr_silenced,
    square_side,
    told,
)
from vision.preprocessing import scale


def tflite_network(path: Path, scaling: str) -> Network:
    """Return the network of a .tflite file, quantised or not.

    A quantised input takes raw pixels as they are (that is what it was trained on); values of any
    other scaling are quantised. Quantised scores are given back as real numbers.

    Raises
    ------
    ModelError
        The file is no such model, or does not map one square picture to scores.
    """
    interpreter = _interpreter(path)
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

    def compute(batch: np.ndarray, _: Sequence[str]) -> list[np.ndarray]:
        rows = []
        for picture in _quantised(scale(batch, scaling), source, scaling):
            with lock:
                interpreter.set_tensor(source["index"], picture[None])
                interpreter.invoke()
                rows.append(interpreter.get_tensor(target["index"]).reshape(-1))
        return [_dequantised(np.stack(rows), target)]

    return Network(
        runtime="tflite",
        precision=F32 if source["dtype"] == np.float32 else "int8",
        size=size,
        outputs={SCORES: int(np.prod(target["shape"][1:]))},
        compute=compute,
    )


def quantisation(path: Path, scaling: str) -> tuple[float, int] | None:
    """Return step and zero of the scores of a quantised .tflite file, None for another one.

    Raises
    ------
    ModelError
        The file is no such model, or other runtimes cannot take pixels as it does.
    """
    interpreter = _interpreter(path)
    (source, *_), (target, *_) = interpreter.get_input_details(), interpreter.get_output_details()
    if source["dtype"] != np.float32 and (source["dtype"] != np.uint8 or scaling != "raw"):
        raise ModelError(f"{path} takes {scaling} pixels in its own runtime only: leave --runtime")
    return None if target["dtype"] == np.float32 else target["quantization"]


def _interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with native_stderr_silenced():
            interpreter = Interpreter(str(path), num_threads=os.cpu_count())
            interpreter.allocate_tensors()
            return interpreter
    except (ValueError, RuntimeError) as error:
        raise ModelError(
            f"cannot load the model {path} ({told(error)}): name an intact TensorFlow Lite file"
        ) from error


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
