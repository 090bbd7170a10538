"""Curves of judged pictures with bands that hold along the whole curve at once.

A band misses somewhere with a chance of 5 %, not at each point. How much wider it is than the
interval at one point alone is what the points' correlation asks for (sup-t), found by a bootstrap
within the parts of the scores. Recall by threshold is that of `analysis.estimates`, which knows the
scores of the whole pool; the other curves have the intervals of Korn and Graubard, with the
effective sizes that the bootstrap finds. Where fewer than `FEWEST` pictures carry a point, the band
is left out, or follows from the curve's never falling.

Sources: J. L. Montiel Olea, M. Plagborg-Møller, Simultaneous confidence bands: theory,
implementation, and an application to SVARs, 2019; E. L. Korn, B. I. Graubard, 1998.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.areas import CERTAIN, why_not
from analysis.curve_grid import RATES, Curves, curves, curves_at, grid
from analysis.curves import counts
from analysis.estimates import Estimator
from analysis.intervals import CONFIDENCE
from analysis.judged import Floats, Ints, Judged
from analysis.resampling import Cells, cells, draws, hidden_errors
from analysis.sup_t import Sample, freedom

FEWEST = 5
"""Judged pictures on either side of a point that its interval needs."""

UNSEEN = 0.2
"""Errors that each part of the scores may hide from its curves: a part of few pictures, none of
which is wrong, must not pass for certain."""

_DRAWS = 500
_SEED = 20_170_303


@dataclass(frozen=True)
class Band:
    """A curve with its band.

    Attributes
    ----------
    x : array (g,) of float
    value, low, high : array (g,) of float
        NaN where undefined.
    confidence : float
        That the true curve is within the band at all of its points; approximate.
    why : str or None
        Why it is undefined.
    """

    x: Floats
    value: Floats
    low: Floats
    high: Floats
    confidence: float
    why: str | None = None


@dataclass(frozen=True)
class Bands:
    """The curves of a judged run.

    Attributes
    ----------
    thresholds : array (g,) of float
        Falling, at equal steps of coverage.
    coverage : array (g,) of float
        Share of the pool that each accepts: known, not estimated.
    precision, recall : Band
        Against `thresholds`.
    risk : Band
        1 - precision, against `coverage`.
    roc : Band
        True-positive rate against false-positive rate, of "right" among top-1 predictions.
    precision_recall : Band
        Precision against recall.
    """

    thresholds: Floats
    coverage: Floats
    precision: Band
    recall: Band
    risk: Band
    roc: Band
    precision_recall: Band


def bands(
    judged: Judged, confidence: float = CONFIDENCE, estimator: Estimator | None = None
) -> Bands:
    """Return the curves of judged pictures with simultaneous bands; the same ones every time.

    Parameters
    ----------
    judged : Judged
    confidence : float
        Of each curve by itself, over 0 and under 1.
    estimator : Estimator, optional
        What tells recall by threshold; of these pictures about their pool if None.
    """
    estimator = estimator or Estimator(judged)
    thresholds = grid(judged)
    coverage = np.array([judged.pool.coverage(threshold) for threshold in thresholds])
    why = _too_few(judged)
    if why is not None:
        return _undefined(thresholds, coverage, confidence, why)
    bounds = _bounds(judged, thresholds, confidence, estimator)

    def band(x: Floats, of: Floats) -> Band:
        value, low, high = of
        return Band(x, value, low, high, confidence)

    precision = band(thresholds, bounds["precision"])
    risk = band(coverage, 1 - bounds["precision"][[0, 2, 1]])
    ranked = why_not(judged)
    if ranked is not None:
        nothing = _undefined(thresholds, coverage, confidence, ranked)
        return replace(nothing, precision=precision, risk=risk)
    return Bands(
        thresholds=thresholds,
        coverage=coverage,
        precision=precision,
        recall=band(thresholds, bounds["recall"]),
        risk=risk,
        roc=band(RATES, bounds["roc"]),
        precision_recall=band(RATES, bounds["precision_recall"]),
    )


def _bounds(
    judged: Judged, thresholds: Floats, confidence: float, estimator: Estimator
) -> dict[str, Floats]:
    """Return value, low and high of each curve, arrays (3, g)."""
    rng = np.random.default_rng(_SEED)
    counted = cells(judged, thresholds)
    at = np.arange(1, len(thresholds) + 1)
    drawn = _drawn(counted, at, rng)
    # no draw has the order of pictures within a step of the grid, and that leaves as much in doubt
    # as what is known of a small pool takes off: by rates, all counts as known or nothing
    by_rate = drawn
    census = bool((counted.known > 1 - 1e-9).all())
    if counted.known.any() and not census:
        by_rate = _drawn(replace(counted, known=np.zeros(len(counted.count))), at, rng)
    exact = curves(counts(judged.scores, judged.top1, judged.weight), thresholds)

    right, wrong = float(judged.top1.sum()), float((1 - judged.top1).sum())
    accepted = np.cumsum(np.bincount(counted.place, counted.count, len(thresholds)))
    errors = np.interp(RATES, exact.recall, accepted * (1 - exact.precision))
    # where nothing varies: as of a simple random sample of as many
    known = judged.drawn / judged.cluster_size
    unseen = max(1 - float(np.average(known, weights=judged.weight)), 1 / CERTAIN)
    carried = {
        "precision": (accepted, accepted),
        "recall": (_either_side(judged, thresholds), np.full(len(thresholds), right)),
        "roc": (
            np.minimum(right * _inner(exact.roc), wrong * _inner(RATES)),
            np.full(len(RATES), right),
        ),
        "precision_recall": (right * _inner(RATES), np.interp(RATES, exact.recall, accepted)),
    }
    found = {}
    for name, (carriers, size) in carried.items():
        rated = name in ("roc", "precision_recall")
        of = getattr(by_rate if rated else drawn, name)
        sample = Sample(getattr(exact, name), of, size if rated and not census else size / unseen)
        rises = name in ("recall", "roc")
        # the variance of a rate is known by the fewer kind; the exact tails of a proportion do
        free = max(min(right, wrong) - 1, 1.0) if rises else math.inf
        free = min(free, freedom(judged))
        where = carriers >= FEWEST
        low, high, wide = sample.band(where, confidence, free, rng)
        value = sample.value
        if name == "recall":
            made = estimator.recalls(thresholds, wide)
            value = made.value
            low, high = (np.where(where, each, np.nan) for each in (made.low, made.high))
        if rises:
            low = np.fmax.accumulate(np.fmax(low, 0))
            high = np.fmin.accumulate(np.fmin(high, 1)[::-1])[::-1]
        if name == "precision_recall":
            # where the first few errors lie is chance: the pool may have none up to that recall
            high = np.where(where & (errors < FEWEST), 1.0, high)
        if census:
            low = high = value
        found[name] = np.array([value, low, high])
    return found


def _drawn(counted: Cells, at: Ints, rng: np.random.Generator) -> Curves:
    hidden = hidden_errors(counted, _DRAWS, UNSEEN, rng)
    return curves_at(*counted.accepted(draws(counted, _DRAWS, rng), hidden), at)


def _either_side(judged: Judged, thresholds: Floats) -> Floats:
    """Return how many judged pictures carry recall at each threshold: the right ones above it or
    below, and the wrong ones below, which tell how many there are right; whichever are fewest."""
    right = judged.top1 >= 0.5
    every, good = (np.sort(each)[::-1] for each in (judged.scores, judged.scores[right]))
    above, good_above = (
        np.searchsorted(-each, -thresholds, side="right") for each in (every, good)
    )
    good_below = len(good) - good_above
    wrong_below = len(every) - above - good_below
    return np.minimum.reduce([good_above, good_below, wrong_below]).astype(float)


def _inner(rate: Floats) -> Floats:
    return np.minimum(rate, 1 - rate)


def _too_few(judged: Judged) -> str | None:
    if len(judged) < 2 * FEWEST:
        return f"{len(judged)} pictures were judged: curves begin at {2 * FEWEST}"
    return None


def _undefined(thresholds: Floats, coverage: Floats, confidence: float, why: str) -> Bands:
    def nothing(x: Floats) -> Band:
        missing = np.full(len(x), np.nan)
        return Band(x, missing, missing, missing, confidence, why)

    return Bands(
        thresholds=thresholds,
        coverage=coverage,
        precision=nothing(thresholds),
        recall=nothing(thresholds),
        risk=nothing(coverage),
        roc=nothing(RATES),
        precision_recall=nothing(RATES),
    )
