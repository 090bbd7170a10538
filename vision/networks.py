"""What every runtime gives to a classifier: a network, pixels in and numbers out."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vision.errors import ModelError, ProofsheetError

AUTO = "auto"
"""What stands for the best runtime or precision that can be had."""

F32 = "f32"
"""The precision of reference."""

SCORES, FEATURES = "scores", "features"
"""The outputs of networks and graphs."""

LACKING = {
    SCORES: "these weights have no classifier layers, only features can be had of them: name the "
    "weights of the whole model to classify",
    FEATURES: "features cannot be had of this model: use a named one, or a .keras file whose last "
    "layer classifies",
}
"""What to tell of an output that a network does not have."""

Compute = Callable[[np.ndarray, Sequence[str]], list[np.ndarray]]
"""(pictures, names of outputs) -> the outputs."""


@dataclass(frozen=True)
class Graph:
    """A network as OpenVINO's graph, with the scaling of pixels inside.

    `key` names it and what is made of it in the cache, `read` returns the `openvino.Model`: uint8
    (batch, size, size, 3) in; out what is named `SCORES` and `FEATURES`, or one of them.
    """

    key: str
    read: Callable[[], Any]


@dataclass(frozen=True)
class Network:
    """A network loaded into its runtime.

    `size` is the side of its input in pixels, `outputs` has how many numbers there are of `SCORES`
    and `FEATURES`, as far as there are any. `compute` takes prepared pictures, uint8 (N, size,
    size, 3), and names of outputs; it returns float32 arrays of their own, (N, numbers), all from
    one pass where the runtime can. `batch_size` is the number of pictures it takes at once (None:
    any), and as many as `lanes` calls may run side by side. `graph` is what other precisions can be
    made of, if it has one.
    """

    runtime: str
    precision: str
    size: int
    outputs: Mapping[str, int]
    compute: Compute
    batch_size: int | None = None
    lanes: int = 1
    graph: Graph | None = None

    @property
    def classes(self) -> int:
        """The number of its scores, 0 if it has none."""
        return self.outputs.get(SCORES, 0)

    def need(self, *names: str) -> None:
        """Raise `ModelError` for an output that the network does not have."""
        for name in names:
            if name not in self.outputs:
                raise ModelError(LACKING[name])

    def run(self, batch: np.ndarray, *names: str) -> list[np.ndarray]:
        """Return outputs, float32 (N, D) each, of prepared pictures, uint8 (N, size, size, 3).

        Raises
        ------
        ModelError
            The network does not have one of them.
        """
        self.need(*names)
        return self.compute(batch, names)


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
