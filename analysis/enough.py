"""Whether enough was judged for the accuracy, and for precision and recall at a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.estimates import POOL, Estimator
from analysis.intervals import Estimate, undefined
from analysis.judged import Floats, Ints
from analysis.sequential import last_look, more_needed, narrow_enough, rounded_up
from analysis.weights import part_of

_LOOKS = 8


@dataclass(frozen=True)
class Narrowing:
    """How intervals have narrowed while verdicts came in.

    Attributes
    ----------
    n : array (l,) of int
        Verdicts, the first so many in the order of drawing.
    half_width : mapping of str to array (l,) of float
        Of each of `figures`; NaN where it is undefined.
    """

    n: Ints
    half_width: Mapping[str, Floats]


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
    return {
        name: narrow_enough(estimate, half_width)
        for name, estimate in figures(_first(estimator, look), threshold).items()
    }


def narrowing(estimator: Estimator, threshold: float) -> Narrowing:
    """Return how the intervals of the three figures have narrowed, at a few numbers of verdicts."""
    count = len(estimator.judged)
    # widths change most while there are few
    ends = max(min(20, count), 1), max(count, 1)
    looks = np.unique(np.geomspace(*ends, _LOOKS).round().astype(np.int64))
    made = [figures(_first(estimator, int(n)), threshold) for n in looks]
    names = made[-1]
    return Narrowing(
        looks, {name: np.array([each[name].half_width for each in made]) for name in names}
    )


def _first(estimator: Estimator, count: int) -> Estimator:
    """Return the estimator of the first verdicts alone."""
    judged = estimator.judged
    if count >= len(judged):
        return estimator
    first = part_of(judged, np.arange(len(judged)) < count)
    return Estimator(first, estimator.about, estimator.confidence)
