"""What every runtime gives to a classifier: a network, numbers in and numbers out."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vision.errors import ModelError


@dataclass(frozen=True)
class Network:
    """A network loaded into its runtime.

    `size` is the side of its input in pixels, `classes` the number of its scores (0: it has none).
    `scores` and `features` take scaled pictures, float32 (N, size, size, 3), and return float32
    arrays of their own, (N, C) and (N, D); a network without one of them raises `ModelError`.
    """

    runtime: str
    precision: str
    size: int
    classes: int
    scores: Callable[[np.ndarray], np.ndarray]
    features: Callable[[np.ndarray], np.ndarray]


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
