"""What pictures that nobody could answer for may do to the accuracy: bounds, no guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.summary import Summary


@dataclass(frozen=True)
class Bounds:
    """Accuracy if all pictures left open were wrong, and if all were right.

    Attributes
    ----------
    left_open : int
        Pictures that were looked at and answered with "unsure" or "skip" alone.
    share : float
        Of the pool, 0 to 1, that these stand for.
    low, high : float
        Of the accuracy, the ends of its interval included; NaN where that is undefined.
    """

    left_open: int
    share: float
    low: float
    high: float


def bounds(summary: Summary) -> Bounds:
    """Return what is certain of the accuracy whatever the pictures left open are.

    Each of them counts for as many pictures as its chance to be drawn says.

    Source: C. F. Manski, Nonparametric bounds on treatment effects, 1990.
    """
    source, accuracy = summary.source, summary.accuracy
    share = source.open_share
    return Bounds(
        source.unsure + source.skipped,
        share,
        (1 - share) * accuracy.low,
        (1 - share) * accuracy.high + share,
    )
