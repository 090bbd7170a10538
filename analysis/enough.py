"""Whether enough was judged for the accuracy, and for precision and recall at a threshold."""

from __future__ import annotations

import numpy as np

from analysis.estimates import POOL, Estimator
from analysis.intervals import Estimate, undefined
from analysis.sequential import last_look, more_needed, narrow_enough, rounded_up
from analysis.weights import part_of


def figures(estimator: Estimator, threshold: float) -> dict[str, Estimate]:
    """Return the three figures that are asked whether they are narrow enough, by name."""
    nothing = undefined("no threshold was found", confidence=estimator.confidence)
    unknown = np.isnan(threshold)
    return {
        "accuracy": estimator.accuracy(),
        "precision": nothing if unknown else estimator.precision(threshold),
        "recall": nothing if unknown else estimator.recall(threshold),
    }


def more(estimator: Estimator, threshold: float, half_width: float) -> dict[str, int | None]:
    """Return about how many more verdicts each figure needs; None where that is unknown.

    These are verdicts of rounds like those so far: as large a share of them tells of precision or
    recall. Of a pool, no more than is left.
    """
    judged, pool = estimator.judged, estimator.judged.pool
    found: dict[str, int | None] = {}
    made = figures(estimator, threshold)
    right = np.nan_to_num(made["accuracy"].value) * pool.size
    telling = {"accuracy": pool.size, "precision": pool.accepted(threshold), "recall": round(right)}
    for name, estimate in made.items():
        known = estimator.about == POOL
        needed = more_needed(
            estimate, half_width, max(telling[name], estimate.n) if known else None
        )
        if needed:
            needed = rounded_up(needed * len(judged) / estimate.n)
            if known:
                needed = min(needed, pool.accepted(judged.reaches) - len(judged))
        found[name] = needed
    return found


def reached(estimator: Estimator, threshold: float, half_width: float) -> dict[str, bool]:
    """Return whether judging may stop for each figure.

    It may if the interval was narrow enough at the last look that the rule allows: looks in steps
    of a size that was fixed before keep an interval's confidence almost.
    """
    judged = estimator.judged
    look = last_look(len(judged))
    if not look:
        return dict.fromkeys(figures(estimator, threshold), False)
    if look < len(judged):
        first = part_of(judged, np.arange(len(judged)) < look)
        estimator = Estimator(first, estimator.about, estimator.confidence)
    return {
        name: narrow_enough(estimate, half_width)
        for name, estimate in figures(estimator, threshold).items()
    }
