"""Which runtime computes a network: the fastest that there is for it, or the one asked for."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from vision import converted, keras_models, tflite_networks
from vision.converted import CannotConvert, Origin
from vision.errors import ModelError
from vision.keras_models import Parts
from vision.networks import AUTO, F32, Network
from vision.openvino_networks import file_graph, graph_key, openvino_network

log = logging.getLogger(__name__)

RUNTIMES = (AUTO, "keras", "openvino")
"""What may be asked for."""

Open = Callable[[str, Path, str, str], Network]
"""(name, file of the model or of its weights, scaling, SHA-256 of the file) -> network."""

Ways = Mapping[str, Open]
"""By runtime, the best one first."""


def of_keras(build: Callable[[Path], Parts]) -> Ways:
    """Return the runtimes of a Keras model, which `build` makes of a file."""

    def in_keras(name: str, path: Path, scaling: str, digest: str) -> Network:
        return keras_models.keras_network(build(path), scaling)

    def in_openvino(name: str, path: Path, scaling: str, digest: str) -> Network:
        origin = Origin(name, digest, scaling, functools.partial(build, path))
        return openvino_network(converted.graph(origin), origin=name)

    return {"openvino": in_openvino, "keras": in_keras}


def _file_in_openvino(name: str, path: Path, scaling: str, digest: str) -> Network:
    graph = file_graph(path, scaling, graph_key(name, digest, scaling))
    return openvino_network(graph, origin=name)


def _tflite_in_openvino(name: str, path: Path, scaling: str, digest: str) -> Network:
    quantised = tflite_networks.quantisation(path, scaling)
    graph = file_graph(path, scaling, graph_key(name, digest, scaling), quantised)
    return openvino_network(graph, "int8" if quantised else F32, origin=name)


def _file_in_tflite(name: str, path: Path, scaling: str, digest: str) -> Network:
    return tflite_networks.tflite_network(path, scaling)


OF_GRAPHS: Ways = {"openvino": _file_in_openvino}
"""The runtimes of .onnx and .xml files."""

OF_TFLITE: Ways = {"tflite": _file_in_tflite, "openvino": _tflite_in_openvino}
"""The runtimes of .tflite files: their own first, which other models of it were measured in."""


def open_network(
    ways: Ways, wanted: str, name: str, path: Path, made_with: tuple[str, str]
) -> Network:
    """Return a network in the runtime that is wanted.

    Parameters
    ----------
    ways : Ways
    wanted : str
        One of `RUNTIMES`. "auto" is the first of `ways` that can do it, but Keras where TensorFlow
        sees a GPU.
    name, path
        Of the model; the file of it or of its weights.
    made_with : tuple of str
        Scaling, and the SHA-256 of the file.

    Raises
    ------
    ModelError
        No such runtime for this model, or the model is damaged.
    """
    if wanted != AUTO:
        if wanted not in ways:
            raise ModelError(
                f"{name} runs in {' or '.join(ways)}, not in {wanted}: leave out --runtime"
            )
        return ways[wanted](name, path, *made_with)
    if "keras" in ways and keras_models.sees_gpu():
        return ways["keras"](name, path, *made_with)
    *others, last = ways
    for runtime in others:
        try:
            return ways[runtime](name, path, *made_with)
        except CannotConvert as error:
            log.warning("%s: %s is used, which is slower", error, last)
    return ways[last](name, path, *made_with)
