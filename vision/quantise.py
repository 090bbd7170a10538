"""Graphs in eight bits, calibrated on the user's own pictures by NNCF."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import platform
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision import cache
from vision.apart import apart
from vision.errors import ModelError
from vision.networks import Graph, native_stderr_silenced
from vision.openvino_networks import core, import_openvino, kept_model
from vision.sensitive import sensitive_layers

log = logging.getLogger(__name__)

CALIBRATIONS = 4
"""Calibrations of one model that are kept: those of the last inputs."""

FIRST_IN_F32 = 0.375
"""Which part of the layers stays in f32 at the beginning of a network that is to be spared."""

_LARGE = 100_000_000
"""Bytes of weights from which on a process of its own is worth its start."""

_FULL_PRODUCTS = {"avx512_vnni", "avx_vnni", "amx_int8"}


class NoPictures(ModelError):
    """There is nothing to calibrate on or to compare on."""


@dataclass(frozen=True)
class FirstPictures:
    """The first pictures of an input.

    `fingerprint` tells inputs apart; `load` prepares them, uint8 (N, size, size, 3), or raises
    `NoPictures`.
    """

    fingerprint: str
    load: Callable[[], np.ndarray]


def quantised(graph: Graph, first: FirstPictures, *, sparing: bool = False) -> Graph:
    """Return a graph that computes in eight bits, made once for these pictures.

    Parameters
    ----------
    graph : Graph
        In f32.
    first : FirstPictures
        What the ranges of values are taken from.
    sparing : bool
        Leave in f32 what loses most: the first layers, whose values range widest, the last two,
        depthwise convolutions, and sums.

    Raises
    ------
    ImportError
        NNCF is not installed.
    """
    nncf = _import_nncf()
    made_with = {
        "nncf": nncf.__version__,
        "full_products": has_full_products(),
        "in_f32": FIRST_IN_F32 if sparing else 0,
        "fingerprint": first.fingerprint,
    }
    told = json.dumps(made_with, sort_keys=True)
    kind = "sparing-" if sparing else "int8-"
    name = f"{graph.key}/{kind}{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def make(folder: Path) -> None:
        pictures = first.load()
        log.info("calibrating on %d pictures, once for this input", len(pictures))
        _calibrate(graph.read(), pictures, folder, sparing)
        made = made_with | {"pictures": len(pictures)}
        (folder / "calibration.json").write_text(json.dumps(made, indent=1) + "\n")

    model = kept_model(name, make)
    cache.keep_newest(graph.key, kind, CALIBRATIONS)
    return Graph(name, lambda: model)


def has_full_products() -> bool:
    """Return whether this processor multiplies eight bits without running over.

    Older ones of x86 add pairs of products in sixteen bits; weights then need a bit less.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(f" {flag} " in flags.replace("\n", " ") for flag in _FULL_PRODUCTS)


def _calibrate(model: Any, pictures: np.ndarray, folder: Path, sparing: bool) -> None:
    """Write a model in eight bits into a folder as graph.xml."""
    weights = sum(
        each.get_byte_size()
        for each in model.get_ordered_ops()
        if each.get_type_name() == "Constant"
    )
    if weights < _LARGE:
        import_openvino().save_model(
            _quantise(model, pictures, sparing), folder / "graph.xml", compress_to_fp16=False
        )
        return
    # some six times its weights: more than the run that waits for it may take
    given = folder / "f32.xml"
    import_openvino().save_model(model, given, compress_to_fp16=False)
    apart(_calibrate_file, given, pictures, folder, sparing)
    for file in (given, given.with_suffix(".bin")):
        file.unlink()


def _calibrate_file(given: Path, pictures: np.ndarray, folder: Path, sparing: bool) -> None:
    model = _quantise(core().read_model(given), pictures, sparing)
    import_openvino().save_model(model, folder / "graph.xml", compress_to_fp16=False)


def _quantise(model: Any, pictures: np.ndarray, sparing: bool) -> Any:
    nncf = _import_nncf()
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        OverflowFix,
    )

    # one at a time: what is looked at of a batch of a large network takes gigabytes
    shape = list(model.input(0).shape)
    single = model.clone()
    single.reshape([1, *shape[1:]])
    data = pictures[:, None]
    fix = OverflowFix.DISABLE if has_full_products() else OverflowFix.ENABLE
    ignored = nncf.IgnoredScope(
        names=sensitive_layers(single, FIRST_IN_F32),
        types=["Add", "GroupConvolution"],
        validate=False,
    )
    # its bars are drawn on stdout, which is for the CSV
    with native_stderr_silenced(), redirect_stdout(io.StringIO()):
        made = nncf.quantize(
            single,
            nncf.Dataset(data),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(data),
            ignored_scope=ignored if sparing else None,
            advanced_parameters=AdvancedQuantizationParameters(overflow_fix=fix),
        )
    made.reshape(shape)
    return made


def _import_nncf() -> Any:
    """Return the module `nncf`, quiet, and like `openvino` without usage statistics."""
    import_openvino()
    import nncf

    # not `nncf.set_log_level`, which also sets the levels of everybody's handlers
    logging.getLogger("nncf").setLevel(logging.ERROR)
    return nncf
