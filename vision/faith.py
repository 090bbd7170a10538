"""What keeping faith is: a precision beside f32 on the same pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.networks import F32

AGREEMENT, MEAN_CHANGE = 0.995, 0.01
"""What faith is: the least share of pictures with the same top-1 label, and the largest mean change
of the score of that label."""


@dataclass(frozen=True)
class Check:
    """A precision beside f32 on the first pictures of an input.

    `agreement` is the share of them with the same top-1 label; `mean_change` and `largest_change`
    are of the score of f32's top-1 label; `speedup` is the time of f32 over its own.
    """

    precision: str
    pictures: int
    agreement: float
    mean_change: float
    largest_change: float
    speedup: float

    @property
    def keeps_faith(self) -> bool:
        """Whether the verdicts on its predictions are as good as those on f32's."""
        return self.agreement >= AGREEMENT and self.mean_change <= MEAN_CHANGE

    def __str__(self) -> str:
        return (
            f"{self.precision} agrees with {F32} on {100 * self.agreement:.1f} % of "
            f"{self.pictures:,} pictures, top-1 scores move by {self.mean_change:.4f} in the mean, "
            f"{self.largest_change:.3f} at most"
        )


def differences(reference: np.ndarray, scores: np.ndarray) -> tuple[float, float, float]:
    """Return agreement, mean and largest change of (N, C) scores beside those of reference."""
    best = reference.argmax(axis=1)
    rows = np.arange(len(best))
    change = np.abs(scores[rows, best].astype(float) - reference[rows, best])
    agreement = (scores.argmax(axis=1) == best).mean()
    return float(agreement), float(change.mean()), float(change.max())
