"""Which layers of a network lose most in low precision, and graphs that leave these in f32."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from vision.networks import Graph
from vision.openvino_networks import import_openvino, kept_model

LAST = 2
"""How many layers are spared at the end of a network."""

FIRST_OF_BF16 = 0.06
"""Which part of the layers is spared at the beginning of one in bf16."""

_LAYERS = ("Convolution", "GroupConvolution", "MatMul")
_DATA = ("Const", "Parameter", "Result")
# what OpenVINO's own passes mark with what must not be lowered; "f16" stands for bf16 too
_KEPT = {"name": "DisablePrecisionConversion", "version": "0", "value": "dynamic:f16"}


def sensitive_layers(model: Any, first: float) -> list[str]:
    """Return the names of the first layers, whose values range widest, and of the last ones.

    Parameters
    ----------
    model : openvino.Model
    first : float
        The part of all layers that is meant by the first ones, in [0, 1].
    """
    layers = [
        operation.get_friendly_name()
        for operation in model.get_ordered_ops()
        if operation.get_type_name() in _LAYERS
    ]
    return list({*layers[: max(int(first * len(layers)), 1)], *layers[-LAST:]})


def in_bf16(graph: Graph) -> Graph:
    """Return a graph whose sensitive layers stay in f32 where the rest computes in bf16."""
    name = f"{graph.key}/bf16-after-{FIRST_OF_BF16:g}"

    def make(folder: Path) -> None:
        model = graph.read()
        file = folder / "graph.xml"
        import_openvino().save_model(model, file, compress_to_fp16=False)
        _mark(file, set(sensitive_layers(model, FIRST_OF_BF16)))

    model = kept_model(name, make)
    return Graph(name, lambda: model)


def _mark(file: Path, layers: set[str]) -> None:
    """Mark layers in an OpenVINO .xml file, each with what is done to its output."""
    tree = ElementTree.parse(file)  # noqa: S314 (OpenVINO has just written it)
    keeps = True  # what is done to the pixels
    for each in tree.iterfind("layers/layer"):
        if each.get("type") in _DATA:
            continue
        if each.get("type") in _LAYERS:
            keeps = each.get("name") in layers
        if keeps:
            about = each.find("rt_info")
            if about is None:
                about = ElementTree.Element("rt_info")
                each.insert(0, about)
            ElementTree.SubElement(about, "attribute", _KEPT)
    tree.write(file)
