"""What thresholds do: the one that is looked at, and the operating points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.doubt import Doubt, inner_share, interval
from analysis.estimates import Costs, Estimator
from analysis.intervals import Estimate, undefined
from analysis.thresholds import OperatingPoint
from analysis.totals import SMOOTHING


@dataclass(frozen=True)
class At:
    """What one threshold does."""

    threshold: float
    coverage: Estimate
    precision: Estimate
    recall: Estimate
    cost: Estimate


@dataclass(frozen=True)
class Point:
    """An operating point: how it was chosen, and what it does.

    `at` is on the verdicts that it was chosen by; `held_out` is the precision on verdicts that had
    no part in the choice, its interval approximate.
    """

    chosen: OperatingPoint
    at: At
    held_out: Estimate


def at(estimator: Estimator, threshold: float, costs: Costs) -> At:
    """Return what one threshold does."""
    if np.isnan(threshold):
        nothing = undefined("no threshold was found")
        return At(threshold, nothing, nothing, nothing, nothing)
    return At(
        threshold=threshold,
        coverage=estimator.coverage(threshold),
        precision=estimator.precision(threshold),
        recall=estimator.recall(threshold),
        cost=estimator.cost(threshold, costs),
    )


def point(estimator: Estimator, chosen: OperatingPoint, costs: Costs) -> Point:
    """Return what a chosen threshold does, and how such a choice holds."""
    return Point(chosen, at(estimator, chosen.threshold, costs), _held_out(estimator, chosen))


def _held_out(estimator: Estimator, chosen: OperatingPoint) -> Estimate:
    """Return the precision of what thresholds accept that were chosen without it.

    Each fold has a threshold of its own, so that this is a ratio of weighted sums, not of totals
    of the pool. Its variance is that of the linearised ratio, not what weights alone would make of
    it: pictures that stand for many may well be wrong more often than others. That some of the
    pool is known makes it no smaller: which fold tries a picture is chance even if all were judged.

    Source: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 5.6.
    """
    judged, confidence = estimator.judged, estimator.confidence
    accepted, value = chosen.accepted(judged.scores), chosen.held_out.precision
    n = int(accepted.sum())
    if not n or np.isnan(value):
        return undefined("no held-out verdict is on an accepted picture", n, confidence)
    kept, right = judged.weight * accepted, float(judged.top1[accepted].sum())
    share = np.array([value])
    off = kept * (judged.top1 - inner_share(share, np.array([n]))) / kept.sum()
    # what a part may hide, as for totals
    unseen = (
        SMOOTHING / np.bincount(judged.bin)[judged.bin] * estimator.tally().spread()[judged.bin]
    )
    squares = (off**2 + unseen * (kept / kept.sum()) ** 2) * n / max(n - 1, 1)
    doubt = Doubt(
        finite=np.array([squares.sum()]),
        infinite=np.array([squares.sum()]),
        more=estimator.as_sample(share, np.array([kept.sum()])),
        n=np.array([n]),
        free=np.array([n - 1]),
        fewer=np.array([min(right, n - right)]),
    )
    _, low, high, _, size = interval(share, doubt, confidence)[0]
    return Estimate(value, low, high, n, size, confidence, approximate=True)
