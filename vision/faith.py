"""What keeping faith is: a precision beside f32 on the same pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.networks import F32

AGREEMENT, MEAN_CHANGE = 0.995, 0.01
"""What faith is: the least share of pictures with the same top-1 label, and the largest mean change
of the score of that label."""

_UNCERTAIN = 4
_LEAST_SCORE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How the scores of some pictures differ between two precisions.

    `agreement` is the share of them with the same top-1 label, and `expected` what it comes to on
    many pictures like them (None in a run from before that was asked); `mean_change` and
    `largest_change` are of the score of the reference's top-1 label.
    """

    agreement: float
    expected: float | None = None
    mean_change: float
    largest_change: float


@dataclass(frozen=True, kw_only=True)
class Check(Difference):
    """A precision beside f32 on the first pictures of an input; `speedup` is the time of f32 over
    its own."""

    precision: str
    pictures: int
    speedup: float

    @property
    def keeps_faith(self) -> bool:
        """Whether the verdicts on its predictions are as good as those on f32's."""
        if self.expected is None or min(self.agreement, self.expected) < AGREEMENT:
            return False
        return self.mean_change <= MEAN_CHANGE

    def __str__(self) -> str:
        expected = ""
        if self.expected is not None:
            expected = f", on about {100 * self.expected:.1f} % of many like them"
        return (
            f"{self.precision} agrees with {F32} on {100 * self.agreement:.1f} % of "
            f"{self.pictures:,} pictures{expected}; top-1 scores move by {self.mean_change:.4f} in "
            f"the mean, {self.largest_change:.3f} at most"
        )


def difference(reference: np.ndarray, scores: np.ndarray) -> Difference:
    """Return how scores, (N, C) in [0, 1], differ from those of the reference."""
    best = reference.argmax(axis=1)
    rows = np.arange(len(best))
    change = np.abs(scores[rows, best].astype(float) - reference[rows, best])
    return Difference(
        agreement=float((scores.argmax(axis=1) == best).mean()),
        expected=_expected(_leads(reference, best), _leads(scores, best)),
        mean_change=float(change.mean()),
        largest_change=float(change.max()),
    )


def _leads(scores: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return by how much the label of number `best` leads all others, in logarithms of scores."""
    rows = np.arange(len(best))
    logs = np.log(np.maximum(scores.astype(float), _LEAST_SCORE))
    first = logs[rows, best]
    logs[rows, best] = -np.inf
    return first - logs.max(axis=1, initial=np.log(_LEAST_SCORE))


def _expected(leads: np.ndarray, others: np.ndarray) -> float:
    """Return the share of pictures on which the lead outlasts a change of precision.

    A few hundred pictures show one disagreement or none where one in a hundred is the truth. How
    leads change is seen on all of them, and tells how many are in danger: each lead is held against
    every change, in either direction, seen where labels are least certain. (Where a label is
    certain, leads are large and change much, to no effect.)
    """
    uncertain = np.argsort(leads)[: max(len(leads) // _UNCERTAIN, 1)]
    changes = np.sort(np.abs(others - leads)[uncertain])
    larger = len(changes) - np.searchsorted(changes, leads, side="right")
    return float(1 - larger.mean() / len(changes) / 2)
