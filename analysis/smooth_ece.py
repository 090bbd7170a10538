"""Smooth calibration error, beside what chance alone would make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.judged import Floats

CELLS = 2048
"""Cells that scores are rounded to before smoothing, each narrower than any bandwidth met."""

NULL = 200
"""Simulated sets of verdicts."""

POINTS = 10
"""Points to a bandwidth that the smoothed residuals are summed over."""

_HALVINGS = 13


@dataclass(frozen=True)
class SmoothEce:
    """Smooth expected calibration error, and what chance alone would make of it.

    Attributes
    ----------
    value : float
        0 to 1; it is its own bandwidth. NaN without verdicts.
    expected, limit : float
        Mean and 95 % quantile of the value if scores were perfectly calibrated.
    p_value : float
        Chance of such a value or a higher one if scores were perfectly calibrated.
    why : str or None
        Why it is undefined.
    """

    value: float
    expected: float
    limit: float
    p_value: float
    why: str | None = None

    @property
    def beyond_chance(self) -> bool:
        return self.value > self.limit


def smooth_ece(scores: Floats, right: Floats, weight: Floats, seed: int = 0) -> SmoothEce:
    """Return the smooth calibration error of scores, and its distribution by chance.

    The weighted residuals are smoothed along the score by a Gaussian kernel, reflected at 0 and 1;
    the error is the mean absolute value, at the bandwidth that equals it.

    Parameters
    ----------
    scores : array (n,) of float
        0 to 1.
    right : array (n,) of float
        0 to 1; fractions where reviewers disagree.
    weight : array (n,) of float
        Over 0.
    seed : int
        Of the simulated verdicts.

    Source: J. Błasiok, P. Nakkiran, Smooth ECE: principled reliability diagrams via kernel
    smoothing, 2023.
    """
    if not len(scores):
        return SmoothEce(np.nan, np.nan, np.nan, np.nan, "Nothing has been judged yet.")
    cell = np.minimum((scores * CELLS).astype(np.int64), CELLS - 1)
    total, squares, said, told = (
        np.bincount(cell, weights=values, minlength=CELLS)
        for values in (weight, weight**2, weight * scores, weight * right)
    )
    found = np.flatnonzero(total)
    total, squares, said, told = total[found], squares[found], said[found], told[found]
    # as many equal weights as tell as much as those of the cell
    count = np.maximum(np.rint(total**2 / squares), 1).astype(np.int64)
    rng = np.random.default_rng(seed)
    chance = rng.binomial(count, np.minimum(said / total, 1.0), (NULL, len(found))) / count
    residuals = np.zeros((1 + NULL, CELLS))
    residuals[0, found] = told - said
    residuals[1:, found] = total * chance - said
    value, *null = _fixed_points(residuals / weight.sum())
    return SmoothEce(
        value=float(value),
        expected=float(np.mean(null)),
        limit=float(np.quantile(null, 0.95)),
        p_value=(1 + int(np.sum(null >= value))) / (1 + NULL),
    )


def _fixed_points(residuals: Floats) -> Floats:
    """Return for each row (m, cells) of residuals the smoothed error that equals its bandwidth.

    The error falls as the bandwidth grows, so that halving finds it. On an interval with
    reflecting ends, smoothing damps the terms of the cosine transform.
    """
    from scipy.fft import dct, idct

    terms = dct(residuals.astype(np.float32), axis=1)
    waves = -0.5 * (np.pi * np.arange(CELLS, dtype=np.float32)) ** 2
    low = np.zeros(len(residuals), np.float32)
    high = np.ones(len(residuals), np.float32)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # what is smoothed by this much is told by fewer points
        points = min(2 ** math.ceil(math.log2(POINTS / middle.min())), CELLS)
        damped = terms[:, :points] * np.exp(waves[:points] * middle[:, None] ** 2)
        smooth = idct(damped, axis=1)
        wider = np.abs(smooth).sum(axis=1) > middle
        low, high = np.where(wider, middle, low), np.where(wider, high, middle)
    return ((low + high) / 2).astype(float)
