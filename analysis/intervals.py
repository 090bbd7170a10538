"""Confidence intervals of proportions, also for samples with weights; and what an estimate is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes
    ----------
    value, low, high : float
        NaN where undefined; `why` then says so in a sentence.
    n : int
        Judged pictures that it rests on.
    n_eff : float
        Size of a simple random sample (of an unlimited pool) that would tell as much.
    confidence : float
        Of the interval, 0 to 1.
    approximate : bool
        Whether its real confidence may be off by a few percent.
    why : str or None
        Why it is undefined, or what is to be known of it.
    """

    value: float
    low: float
    high: float
    n: int
    n_eff: float
    confidence: float = 0.95
    approximate: bool = False
    why: str | None = None

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def undefined(why: str, n: int = 0, confidence: float = 0.95) -> Estimate:
    """Return an estimate that is not one, with the reason."""
    return Estimate(np.nan, np.nan, np.nan, n, np.nan, confidence, why=why)
