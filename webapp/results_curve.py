"""What the slider of the results page moves over: figures at each threshold, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis import wording
from analysis.estimates import Estimates
from analysis.judged import Floats
from analysis.summary import Summary

_DIGITS = 6
"""Of shares and costs; thresholds keep all of theirs, as what they accept hangs on the last."""


def curve(summary: Summary) -> dict[str, Any]:
    """Return figures at each threshold of the slider, ascending.

    Arrays are lists, of equal length but for those of `band`; what is undefined is None.
    """
    thresholds, pool, estimator = steps(summary), summary.judged.pool, summary.estimator
    coverage = [estimator.coverage(threshold) for threshold in thresholds]
    band, certified = summary.bands.precision, summary.certified.threshold
    return {
        "thresholds": thresholds.tolist(),
        "written": [wording.threshold(pool, threshold) for threshold in thresholds],
        "coverage": {
            end: _plain([getattr(each, end) for each in coverage])
            for end in ("value", "low", "high")
        },
        "precision": _arrays(estimator.precisions(thresholds)),
        "recall": _arrays(estimator.recalls(thresholds)),
        "cost": _arrays(estimator.costs(thresholds, summary.asked.costs)),
        "band": {
            "coverage": _plain(summary.bands.coverage),
            "low": _plain(band.low),
            "high": _plain(band.high),
            "confidence": band.confidence,
            "why": band.why,
        },
        "target": summary.asked.target,
        "certified": _place(thresholds, certified),
        "certified_as": wording.found_as(summary.certified),
        "chosen": _place(thresholds, summary.chosen[0]),
    }


def steps(summary: Summary) -> Floats:
    """Return the thresholds that the slider stops at: equal steps of coverage, and the chosen."""
    own = np.array([summary.chosen[0], summary.certified.threshold])
    return np.union1d(summary.bands.thresholds, own[np.isfinite(own)])


def _place(thresholds: Floats, wanted: float) -> int | None:
    found = np.flatnonzero(thresholds == wanted)
    return int(found[0]) if len(found) else None


def _arrays(made: Estimates) -> dict[str, list[float | None]]:
    return {end: _plain(getattr(made, end)) for end in ("value", "low", "high")}


def _plain(values: Sequence[float] | Floats) -> list[float | None]:
    rounded = np.round(np.asarray(values, float), _DIGITS).tolist()
    return [value if np.isfinite(value) else None for value in rounded]
