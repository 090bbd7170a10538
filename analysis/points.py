"""What thresholds do: the one that is looked at, and the operating points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import Costs, Estimator
from analysis.intervals import Estimate, undefined, wilson
from analysis.logistic import effective_size
from analysis.thresholds import OperatingPoint


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
    judged, confidence = estimator.judged, estimator.confidence
    accepted = chosen.accepted(judged.scores)
    n = int(accepted.sum())
    if not n or np.isnan(chosen.held_out.precision):
        return undefined("no held-out verdict is on an accepted picture", n, confidence)
    size = effective_size(judged.weight[accepted])
    low, high = wilson(chosen.held_out.precision, size, confidence)
    value = chosen.held_out.precision
    return Estimate(value, float(low), float(high), n, size, confidence, approximate=True)
