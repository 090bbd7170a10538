"""Keras models as graphs for OpenVINO: converted once, then read without TensorFlow."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vision.apart import apart
from vision.errors import ModelError
from vision.keras_models import Parts, import_keras
from vision.networks import Graph, native_stderr_silenced, refusals
from vision.openvino_networks import (
    core,
    graph_key,
    import_openvino,
    kept_model,
    taking_pixels,
)

log = logging.getLogger(__name__)


class CannotConvert(ModelError):
    """OpenVINO is missing or refuses the model."""


@dataclass(frozen=True)
class Origin:
    """What a graph is made of: the model's name, its weights' hash, the scaling of pixels, and a
    function that builds it."""

    name: str
    weights_sha256: str
    scaling: str
    build: Callable[[], Parts]


def graph(origin: Origin) -> Graph:
    """Return the graph of a Keras model out of the cache, converted first where it is not there.

    Raises
    ------
    CannotConvert
        OpenVINO is not installed, or refuses the model.
    ModelError
        The model itself cannot be built.
    """
    with refusals(CannotConvert, "OpenVINO is missing", f"OpenVINO refuses {origin.name}"):
        key = graph_key(origin.name, origin.weights_sha256, origin.scaling)
        model = kept_model(f"{key}/f32", functools.partial(_make, origin))
    return Graph(key, lambda: model)


def _make(origin: Origin, folder: Path) -> None:
    log.info("converting %s for OpenVINO, once for these weights", origin.name)
    if "tensorflow" in sys.modules:
        _convert(origin, folder)
    else:
        # TensorFlow takes more memory than all of a run, and would keep it
        apart(_convert, origin, folder)


def _convert(origin: Origin, folder: Path) -> None:
    """Write the graph of a model into a folder as graph.xml."""
    import_keras()
    parts = origin.build()
    names = list(parts.named)
    exported = folder / "exported.xml"
    with native_stderr_silenced():
        parts.together(names).export(str(exported), format="openvino", verbose=False)
    model = core().read_model(exported)
    for place, name in enumerate(names):
        model.output(place).tensor.add_names({name})
    import_openvino().save_model(
        taking_pixels(model, origin.scaling), folder / "graph.xml", compress_to_fp16=False
    )
    del model
    for file in (exported, exported.with_suffix(".bin")):
        file.unlink()
