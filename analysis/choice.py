"""A threshold that was chosen, with what its choice rests on, ready to be stored."""

from __future__ import annotations

import math

from analysis.intervals import Estimate
from analysis.summary import CERTIFIED, GIVEN, Summary
from db.thresholds import Choice
from vision.errors import InputError

CALIBRATION = "calibration"
"""What the basis of a stored threshold holds its map under, as `Map.to_dict` gives it."""


def choice(summary: Summary, chosen: tuple[float, str] | None = None) -> Choice:
    """Return a threshold that was chosen, with all that is stored of it.

    A certified one rests on the verdicts that certified it: pictures drawn with equal chances. Any
    other rests on all verdicts, whatever certified the same number.

    Parameters
    ----------
    summary : Summary
        Of a run in a database.
    chosen : (float, str), optional
        The threshold and how it came about, as `Summary.chosen` tells; that of the summary if
        None.

    Raises
    ------
    InputError
        If there is no threshold, or it is one that accepts nothing.
    """
    threshold, criterion = chosen or summary.chosen
    judged, source, certified = summary.judged, summary.source, summary.certified
    if not math.isfinite(threshold):
        raise InputError("no threshold was found: judge more, or give one of your own")
    assert source.run_id is not None
    # typed in or sent back by a page, it is the certified one all the same
    if criterion == GIVEN and threshold == certified.threshold:
        criterion = CERTIFIED
    accepted = judged.scores >= threshold
    number, right = int(accepted.sum()), float(judged.top1[accepted].sum())
    if criterion == CERTIFIED:
        number, right = certified.judged, float(certified.right)
    precision = summary.estimator.precision(threshold)
    targets = {CERTIFIED: summary.asked.target, "coverage": summary.asked.coverage}
    return Choice(
        run_id=source.run_id,
        criterion=criterion,
        threshold=threshold,
        coverage=judged.pool.coverage(threshold),
        judged=number,
        right=right,
        target=targets.get(criterion),
        confidence=summary.asked.confidence,
        precision_estimate=_known(precision.value),
        precision_low=_known(precision.low),
        precision_high=_known(precision.high),
        basis={
            "rounds": list(source.round_ids),
            "design": source.design,
            "about": summary.estimator.about,
            "complete": source.complete,
            "guaranteed": criterion == CERTIFIED and certified.guaranteed,
            "bound": _known(certified.bound) if criterion == CERTIFIED else None,
            "n": len(judged),
            "n_eff": _size(precision),
            CALIBRATION: summary.recalibration.fitted.to_dict(),
        },
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _size(estimate: Estimate) -> float | None:
    return estimate.n_eff if math.isfinite(estimate.n_eff) else None
