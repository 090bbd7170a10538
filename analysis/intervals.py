"""Confidence intervals of proportions, also for samples with weights; and what an estimate is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


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
    confidence: float = CONFIDENCE
    approximate: bool = False
    why: str | None = None

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def undefined(why: str, n: int = 0, confidence: float = CONFIDENCE) -> Estimate:
    """Return an estimate that is not one, with the reason."""
    return Estimate(np.nan, np.nan, np.nan, n, np.nan, confidence, why=why)


def wilson(share: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return Wilson's score interval of proportions.

    Parameters
    ----------
    share : array of float
        Observed, 0 to 1.
    n : array of float
        Sizes of the samples, or their effective sizes; NaN comes of 0.
    confidence : float

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    1927.
    """
    from scipy.special import ndtri

    share, n = np.asarray(share, float), np.asarray(n, float)
    n = np.where(n > 0, n, np.nan)
    z2 = ndtri((1 + confidence) / 2) ** 2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    spread = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    low, high = np.maximum(middle - spread, 0.0), np.minimum(middle + spread, 1.0)
    # exact where all are of one kind, which rounding would miss
    return low * (share > 0), np.maximum(high, share >= 1)


def clopper_pearson(
    share: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the exact interval of proportions; each end errs with half of 1 - `confidence`.

    Parameters
    ----------
    share : array of float
        Observed, 0 to 1.
    n : array of float
        Sizes of the samples, or their effective sizes (the interval of Korn and Graubard); NaN
        comes of 0.
    confidence : float

    Sources: C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits, 1934;
    E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data, 1998.
    """
    from scipy.special import betaincinv

    share, n = np.asarray(share, float), np.asarray(n, float)
    n = np.where(n > 0, n, np.nan)
    right, wrong = share * n, (1 - share) * n
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = betaincinv(np.maximum(right, 1e-300), wrong + 1, tail)
        high = betaincinv(right + 1, np.maximum(wrong, 1e-300), 1 - tail)
    low = np.where(right > 0, low, np.where(np.isnan(n), np.nan, 0.0))
    high = np.where(wrong > 0, high, np.where(np.isnan(n), np.nan, 1.0))
    return low, high
