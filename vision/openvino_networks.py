"""Networks in OpenVINO's CPU runtime, which starts without TensorFlow.

Pixels go in as uint8, scaling is part of the graph. Each call works on buffers of its own: no
caller's array is shared with the runtime, which would write into it later on.
"""

from __future__ import annotations

import functools
import hashlib
import math
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision import cache
from vision.errors import ModelError
from vision.networks import (
    F32,
    FEATURES,
    SCORES,
    Graph,
    Network,
    square_side,
    told,
)
from vision.preprocessing import Step, steps

RUNTIME = "openvino"
FORMAT = 1
"""Of the graphs that are kept; a change of how they are made changes it."""

BATCH = 8
"""Pictures a request: larger batches are hardly faster on a CPU, and leave more to pad."""


def import_openvino() -> Any:
    """Return the module `openvino`, kept from sending usage statistics, which nobody was asked for.

    Raises
    ------
    ImportError
        It is not installed.
    """
    # OpenVINO and NNCF do without the package that sends them
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@functools.cache
def core() -> Any:
    """Return OpenVINO's core, one for the process."""
    return import_openvino().Core()


def graph_key(name: str, weights_sha256: str, scaling: str) -> str:
    """Return what a graph is called in the cache: another for other weights and versions."""
    made_of = "\n".join((name, scaling, import_openvino().__version__, str(FORMAT)))
    return f"{weights_sha256[:32]}-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}"


def kept_model(name: str, make: Callable[[Path], None]) -> Any:
    """Return the model in a folder of the cache, made where it is missing or damaged.

    `make` writes it into a folder as graph.xml.
    """
    try:
        return core().read_model(cache.kept(name, make) / "graph.xml")
    except RuntimeError:
        cache.forget(name)
        return core().read_model(cache.kept(name, make) / "graph.xml")


def computes_in(precision: str) -> bool:
    """Return whether this processor computes in "bf16" or "int8", or in what begins so."""
    names = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("BF16" if precision.startswith("bf16") else "INT8") in names


def file_graph(
    path: Path, scaling: str, key: str, quantised: tuple[float, int] | None = None
) -> Graph:
    """Return the graph of an .onnx, .tflite or OpenVINO .xml file.

    Pictures go in channels first or last, as the shape of the input says; a fixed batch size of
    the file is kept to. `quantised` is step and zero of scores that come as whole numbers.

    Raises
    ------
    ModelError
        The file is no such model, or does not map one square picture to scores.
    """
    try:
        model = core().read_model(path)
    except RuntimeError as error:
        raise ModelError(_no_model(path, error)) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(f"{path} has several inputs or outputs: name a picture classifier")
    if any(d.is_dynamic for d in list(model.output(0).partial_shape)[1:]):
        raise ModelError(f"the number of scores of {path} is open: name a picture classifier")
    dims = [d.get_length() if d.is_static else None for d in model.input(0).partial_shape]
    if len(dims) != 4 or 3 not in (dims[1], dims[3]):
        raise ModelError(
            f"{path} takes {model.input(0).partial_shape}: name a model that takes pictures "
            f"(batch, 3, size, size) or (batch, size, size, 3)"
        )
    channels_first = dims[1] == 3
    square_side((dims[2], dims[3]) if channels_first else (dims[1], dims[2]), str(path))
    if quantised:
        model = _in_real_numbers(model, *quantised)
    model.output(0).tensor.add_names({SCORES})

    @functools.cache
    def read() -> Any:
        return taking_pixels(model, scaling, "NCHW" if channels_first else "NHWC")

    return Graph(key, read)


def _in_real_numbers(model: Any, step: float, zero: int) -> Any:
    """Return a model whose scores are real numbers, where those of `model` are whole ones."""
    from openvino import Model, opset13

    whole = opset13.convert(model.output(0).get_node().input_value(0), "f32")
    scores = opset13.multiply(opset13.subtract(whole, np.float32(zero)), np.array(step, np.float32))
    return Model([scores], model.get_parameters())


def taking_pixels(model: Any, scaling: str, layout: str = "NHWC") -> Any:
    """Return a model that takes uint8 (batch, size, size, 3) and scales them by itself."""
    from openvino import Layout, Type
    from openvino.preprocess import PrePostProcessor

    entry = model.input(0)
    if entry.partial_shape[0].is_dynamic:
        model.reshape({entry: [BATCH, *list(entry.partial_shape)[1:]]})
    around = PrePostProcessor(model)
    around.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    inside = around.input().preprocess().convert_element_type(Type.f32)
    for step in steps(scaling):
        _add(inside, step)
    around.input().model().set_layout(Layout(layout))
    return around.build()


def _add(inside: Any, step: Step) -> None:
    kind, values = step
    if kind == "reverse":
        inside.reverse_channels()
    elif kind == "divide":
        inside.scale(list(values))
    else:
        inside.mean(list(values))


def openvino_network(graph: Graph, precision: str = F32, origin: str = "") -> Network:
    """Return a graph as a network; it is compiled when it is first used.

    Parameters
    ----------
    graph : Graph
    precision : str
        What it computes in: "f32", "bf16", "bf16+f32", "int8", "int8+f32".
    origin : str
        What the graph was made of, for messages.

    Raises
    ------
    ModelError
        By its functions, where OpenVINO refuses the graph.
    """
    model = graph.read()
    batch, size = model.input(0).shape[0], model.input(0).shape[1]
    outputs = {
        name: math.prod(model.output(name).shape[1:])
        for name in (SCORES, FEATURES)
        if _has(model, name)
    }
    return Network(
        runtime=RUNTIME,
        precision=precision,
        size=size,
        outputs=outputs,
        compute=_Compiled(model, precision, origin).run,
        batch_size=batch,
        lanes=_streams() + 1,
        graph=graph,
    )


def _streams() -> int:
    """Return how many requests the runtime computes side by side: one a processor."""
    return max(core().get_property("CPU", "RANGE_FOR_STREAMS"))


def _has(model: Any, name: str) -> bool:
    return any(name in output.names for output in model.outputs)


@dataclass(frozen=True)
class _Request:
    """A request and the memory it reads from and writes to."""

    infer: Any
    pixels: np.ndarray
    outputs: dict[str, np.ndarray]


class _Compiled:
    """A compiled graph and its requests, each with its own memory; safe to share by threads."""

    def __init__(self, model: Any, precision: str, origin: str) -> None:
        self._model = model
        self._precision = precision
        self._origin = origin
        self._lock = threading.Lock()
        self._free: queue.SimpleQueue[_Request] | None = None

    def run(self, batch: np.ndarray, names: Sequence[str]) -> list[np.ndarray]:
        """Return outputs of pictures, float32 (N, D): all requests work on them side by side."""
        free = self._requests()
        size = self._model.input(0).shape[0]
        under_way: deque[tuple[int, _Request]] = deque()
        rows: list[list[np.ndarray]] = []

        def collect() -> _Request:
            count, request = under_way.popleft()
            request.infer.wait()
            found = [np.array(request.outputs[name][:count], np.float32) for name in names]
            rows.append([each.reshape(count, -1) for each in found])
            return request

        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            try:
                # never wait for others while holding some: two callers could hold each other up
                request = free.get(block=not under_way)
            except queue.Empty:
                request = collect()
            request.pixels[: len(part)] = part
            request.pixels[len(part) :] = 0
            request.infer.start_async()
            under_way.append((len(part), request))
        while under_way:
            free.put(collect())
        return [np.concatenate(parts) for parts in zip(*rows, strict=True)]

    def _requests(self) -> queue.SimpleQueue[_Request]:
        with self._lock:
            if self._free is None:
                self._free = self._compile()
            return self._free

    def _compile(self) -> queue.SimpleQueue[_Request]:
        # eight bits, and layers that bf16 leaves alone, are marked in the graph
        hint = "bf16" if self._precision.startswith("bf16") else F32
        try:
            compiled = core().compile_model(
                self._model,
                "CPU",
                {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "THROUGHPUT"},
            )
        except RuntimeError as error:
            raise ModelError(_no_model(self._origin, error)) from error
        free: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        for _ in range(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") + 1):
            free.put(_request(compiled))
        return free


def _request(compiled: Any) -> _Request:
    """Return a new request with all of its memory.

    A request that is asked for its tensors later on may wait for one that runs, and that one for
    Python, which the first holds.
    """
    tensor = import_openvino().Tensor
    request = compiled.create_infer_request()
    pixels = np.zeros(compiled.input(0).shape, np.uint8)
    request.set_input_tensor(tensor(pixels, shared_memory=True))
    outputs = {}
    for place, output in enumerate(compiled.outputs):
        array = np.zeros(output.shape, output.element_type.to_dtype())
        request.set_output_tensor(place, tensor(array, shared_memory=True))
        outputs.update(dict.fromkeys(output.names, array))
    return _Request(request, pixels, outputs)


def _no_model(path: Path | str, error: Exception) -> str:
    return (
        f"cannot load the model {path} ({told(error)}): name an intact ONNX, TensorFlow Lite or "
        f"OpenVINO file"
    )
