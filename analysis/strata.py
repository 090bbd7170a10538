"""Strata of scores: where to cut, and how many to draw from each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRATA = 10
LEAST, MOST_LEAST = 5, 10

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def least(size: int) -> int:
    """Return how many a sample of `size` draws from each stratum that has so many.

    5; in a sample of more than 100 a twentieth, so that ten strata bind half of it; 10 at most.
    """
    return max(LEAST, min(MOST_LEAST, size // 20))


def spread(chance: Floats) -> Floats:
    """Return sqrt(p (1 - p)), the standard deviation of "right" where its chance is p."""
    return np.sqrt(chance * (1 - chance))


def cut(scores: Floats, open_: Floats, size: int) -> Ints:
    """Return the stratum of each unit: equal parts of what is open, by ascending score.

    Strata are finer where more is open. Equal scores share a stratum. There are `STRATA`, fewer
    where the sample is too small to take `LEAST` from each or the scores are few.

    Parameters
    ----------
    scores : array (N,) of float
    open_ : array (N,) of float
        What is open about each unit: its `spread` times what it counts for.
    size : int
        How many are going to be drawn.

    Returns
    -------
    array (N,) of int
        From 0 on, by ascending score, without gaps.
    """
    strata = max(1, min(STRATA, size // LEAST))
    values, place = np.unique(scores, return_inverse=True)
    mass = np.bincount(place, weights=open_, minlength=len(values))
    middle = np.cumsum(mass) - mass / 2
    part = np.floor(strata * middle / max(mass.sum(), np.finfo(float).tiny)).astype(np.int64)
    return np.unique(np.minimum(part, strata - 1)[place], return_inverse=True)[1]


def allocate(size: int, expected: NDArray[np.number], units: Ints) -> Ints:
    """Return how many to draw from each stratum: proportional to `expected`, `size` in all.

    None gives more than its units, nor fewer than `least(size)` where it has so many. The odd ones
    go by the method of Webster (Sainte-Laguë).

    Parameters
    ----------
    size : int
        At most the sum of `units`.
    expected : array (H,) of float
        Number that would be drawn from each stratum without strata.
    units : array (H,) of int
        Number that there is in each stratum.
    """
    sure = np.minimum(units, least(size)) if len(units) > 1 else np.zeros(1, np.int64)
    stratum = np.repeat(np.arange(len(units)), units - sure)
    seat = np.concatenate([np.arange(*ends) for ends in zip(sure, units, strict=True)])
    claims = expected[stratum] / (seat + 0.5)
    best = np.argsort(-claims, kind="stable")[: size - sure.sum()]
    return sure + np.bincount(stratum[best], minlength=len(units))
