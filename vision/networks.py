"""What every runtime gives to a classifier: a network, pixels in and numbers out."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.errors import ModelError, ProofsheetError

AUTO = "auto"
"""What stands for the best runtime or precision that can be had."""

F32 = "f32"
"""The precision of reference."""

NO_SCORES = (
    "these weights have no classifier layers, only features can be had of them: name the weights "
    "of the whole model to classify"
)
NO_FEATURES = (
    "features cannot be had of this model: use a named one, or a .keras file whose last layer "
    "classifies"
)


@dataclass(frozen=True)
class Graph:
    """A network as OpenVINO's graph, with the scaling of pixels inside.

    `key` names it and what is made of it in the cache, `read` returns the `openvino.Model`: uint8
    (batch, size, size, 3) in; out what is named "scores" and "features", or one of them.
    """

    key: str
    read: Callable[[], Any]


@dataclass(frozen=True)
class Network:
    """A network loaded into its runtime.

    `size` is the side of its input in pixels, `classes` the number of its scores (0: it has none).
    `scores` and `features` take prepared pictures, uint8 (N, size, size, 3), and return float32
    arrays of their own, (N, C) and (N, D); a network without one of them raises `ModelError`.
    `batch_size` is the number of pictures it takes at once (None: any), and as many as `lanes`
    calls may run side by side. `graph` is what other precisions can be made of, if it has one.
    """

    runtime: str
    precision: str
    size: int
    classes: int
    scores: Callable[[np.ndarray], np.ndarray]
    features: Callable[[np.ndarray], np.ndarray]
    batch_size: int | None = None
    lanes: int = 1
    graph: Graph | None = None


def unavailable(message: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function in the place of one that a network lacks; it raises `ModelError`."""

    def lacking(_: np.ndarray) -> np.ndarray:
        raise ModelError(message)

    return lacking


def square_side(shape: tuple[int | None, int | None], origin: str) -> int:
    """Return the side of an input (height, width).

    Raises
    ------
    ModelError
        The size is open or not square.
    """
    height, width = shape
    if height is None or width is None or height != width or height < 1:
        raise ModelError(
            f"the input of {origin} is {height or '?'} x {width or '?'} pixels: only models with "
            f"a fixed square input can be used"
        )
    return height


def told(error: BaseException, line: int = -1) -> str:
    """Return one line of what a library says, of at most 200 characters."""
    text = (str(error).strip() or type(error).__name__).splitlines()[line]
    return text.strip()[:200].rstrip(".: ")


@contextlib.contextmanager
def refusals(kind: type[ModelError], missing: str, refused: str) -> Iterator[None]:
    """Turn what a library raises that cannot take a model into an error of ours.

    What it cannot do comes as many kinds of errors; those of the house pass.
    """
    try:
        yield
    except ImportError as error:
        raise kind(f"{missing} ({told(error)})") from error
    except ProofsheetError:
        raise
    except Exception as error:
        raise kind(f"{refused} ({told(error)})") from error


@contextlib.contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Keep what native libraries say while they start (which kernels they found) off stderr.

    They write to the file descriptor, before any log level can be set; errors still arrive as
    exceptions.
    """
    sys.stderr.flush()
    kept, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)
