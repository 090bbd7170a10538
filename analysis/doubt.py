"""From an estimated share and its variance to an interval: Wilson's, with an effective size.

The effective size is that of a simple random sample that would vary as much. Three things keep it
honest where little was seen: Student's quantile for the degrees of freedom, a share kept away from
0 and 1, and little trust in gains of the design while there are hardly any errors to tell its
variance by.

Sources: E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected number
of positive counts estimated from survey data, 1998; E. B. Wilson, 1927.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.intervals import wilson
from analysis.judged import Bools, Floats

TRUSTED = 3.0
"""Errors (or right ones, whichever are fewer) at which the design is trusted half way to tell more
than a simple random sample of the same size."""


@dataclass(frozen=True)
class Estimates:
    """One figure at several thresholds; the fields are those of `Estimate`, arrays (T,)."""

    value: Floats
    low: Floats
    high: Floats
    n: Floats
    n_eff: Floats

    def __getitem__(self, place: int) -> tuple[float, float, float, int, float]:
        columns = (self.value, self.low, self.high)
        value, low, high = (float(column[place]) for column in columns)
        return value, low, high, int(self.n[place]), float(self.n_eff[place])


@dataclass(frozen=True)
class Doubt:
    """What the interval of a share is made of, arrays (T,).

    Its variance for the `finite` pool, what that would be for an `infinite` one, and what comes
    on top (`more`) where the pool is itself a sample; `n` judged pictures, `free` degrees of
    freedom, and how many were of the `fewer` kind.
    """

    finite: Floats
    infinite: Floats
    more: Floats
    n: Floats
    free: Floats
    fewer: Floats


def inner_share(share: Floats, n: Floats) -> Floats:
    """Return a share that is neither 0 nor 1 (Laplace's rule)."""
    return (share * n + 1) / (n + 2)


def interval(share: Floats, doubt: Doubt, confidence: float) -> Estimates:
    """Return shares with their intervals; a share without any variance is certain."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + confidence) / 2
    n = np.maximum(doubt.n, 1)
    inner = inner_share(share, n)
    spread = inner * (1 - inner)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(doubt.infinite > 0, spread / doubt.infinite / n, 1)
        trust = doubt.fewer**2 / (doubt.fewer**2 + TRUSTED**2)
        variance = doubt.finite * np.where(gain > 1, gain ** (1 - trust), 1) + doubt.more
        size = spread / variance
        size *= (ndtri(upper) / stdtrit(np.maximum(doubt.free, 1), upper)) ** 2
    certain = variance <= 0
    low, high = wilson(share, np.where(certain, 1, size), confidence)
    # nothing speaks against all being right, or none
    one_kind = (doubt.fewer == 0) & ~certain
    low = np.where(one_kind & (share < 0.5), 0.0, low)
    high = np.where(one_kind & (share >= 0.5), 1.0, high)
    return Estimates(
        share,
        np.where(certain, share, np.minimum(low, share)),
        np.where(certain, share, np.maximum(high, share)),
        doubt.n,
        np.where(certain, np.inf, size),
    )


def only(made: Estimates, where: Bools) -> Estimates:
    """Make a figure NaN where it is undefined."""
    value, low, high, n_eff = (
        np.where(where, column, np.nan) for column in (made.value, made.low, made.high, made.n_eff)
    )
    return Estimates(value, low, high, made.n, n_eff)
