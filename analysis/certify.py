"""A threshold with a guarantee: "precision is at least .95, with 95 % confidence".

What is tested, and why the last threshold that passes may be trusted, is in `analysis.walk`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.intervals import CONFIDENCE
from analysis.judged import Judged
from analysis.recalibration import choose
from analysis.sequential import check, rounded_up
from analysis.walk import UNEQUAL, Walk, errors_forgiven, fewest, start_share, walk

PRECISION = 0.95

_MOST_MORE = 1000


@dataclass(frozen=True)
class Certified:
    """The threshold that was found, or why there is none.

    Attributes
    ----------
    target, confidence : float
        Precision, and how sure it is to be reached.
    threshold : float
        Accepts the pictures with score >= threshold; NaN if none passed.
    coverage : float
        Share of the pool that it accepts; NaN if none passed.
    judged, right : int
        Judged pictures it accepts and the right ones of them; of the first threshold if none
        passed, and of all if none could be tested.
    bound : float
        That precision is at least this, with this confidence (one-sided); of the same threshold.
    doubt : str or None
        Why the bound is approximate; None if it is exact, for pictures drawn with equal chances in
        one round.
    more : int or None
        About how many more verdicts are likely to be needed: 0 if a threshold was found, None if
        the scores show no sign of getting there with what is left to be judged.
    why : str or None
        Why none passed.
    """

    target: float
    confidence: float
    threshold: float
    coverage: float
    judged: int
    right: int
    bound: float
    doubt: str | None
    more: int | None
    why: str | None

    @property
    def guaranteed(self) -> bool:
        return self.doubt is None


def certify(judged: Judged, target: float = PRECISION, confidence: float = CONFIDENCE) -> Certified:
    """Find the lowest threshold, of a fixed sequence, whose precision is shown to reach a target.

    Parameters
    ----------
    judged : Judged
    target : float
        Precision, over 0 and under 1.
    confidence : float
        Over 0 and under 1.

    Raises
    ------
    InputError
        If one is out of range.
    """
    check(target, confidence)
    least = fewest(target, confidence)
    made = walk(judged, target, confidence)
    right = int((judged.top1[made.pictures] == 1).sum())
    found = Certified(
        target=target,
        confidence=confidence,
        threshold=math.nan,
        coverage=math.nan,
        judged=len(made.pictures),
        right=right,
        bound=math.nan,
        doubt=made.doubt,
        more=None,
        why=None,
    )
    if found.judged < least:
        told = " drawn with equal chances" if made.doubt != UNEQUAL else ""
        why = (
            f"{found.judged} pictures{told} were judged, and with fewer than {least}, all of them"
            f" right, nothing shows a precision of {_percent(target)} with {_percent(confidence)}"
            " confidence"
        )
        return replace(found, why=why, more=_more(judged, made, target, confidence))
    passed = made.passed(target)
    at = max(passed - 1, 0)
    found = replace(
        found,
        judged=int(made.judged[at]),
        right=int(made.right[at]),
        bound=float(made.bound[at]),
    )
    threshold = float(made.thresholds[at])
    if passed:
        coverage = judged.pool.coverage(threshold)
        return replace(found, threshold=threshold, coverage=coverage, more=0)
    why = (
        f"of the {found.judged} judged pictures that score {threshold:.3g} or more,"
        f" {found.judged - found.right} are not right: that shows a precision of"
        f" {100 * found.bound:.1f} % or more, not of {_percent(target)}"
    )
    return replace(found, why=why, more=_more(judged, made, target, confidence))


def _more(judged: Judged, made: Walk, target: float, confidence: float) -> int | None:
    """Return about how many more verdicts let the first threshold pass in half of all cases.

    With more of them it accepts fewer pictures. Verdicts that there are count as they are, those
    to come as a recalibration expects them.
    """
    from scipy.special import betainc

    count = len(made.pictures)
    if not count:
        return fewest(target, confidence)
    best = made.pictures[np.argsort(-judged.scores[made.pictures], kind="stable")]
    right = (judged.top1[best] == 1).astype(float)
    wrong = np.concatenate([[0.0], np.cumsum(1 - right)])
    expected = choose(judged.scores[best], right, judged.weight[best]).predict(made.ascending[::-1])
    precision = np.cumsum(expected) / np.arange(1, len(expected) + 1)

    totals = np.unique(np.geomspace(count + 1, _MOST_MORE * count, 300).astype(np.int64))
    start = start_share(totals)
    there = np.rint(start * count).astype(np.int64)
    to_come = np.maximum(np.rint(start * totals) - there, 0)
    first = precision[np.maximum(np.rint(start * len(expected)).astype(np.int64), 1) - 1]
    free = errors_forgiven(there + to_come, target, confidence) - wrong[there]
    likely = (free >= 0) & (
        betainc(np.maximum(to_come - free, 1e-9), np.maximum(free, 0) + 1, first) >= 0.5
    )
    if not likely.any():
        return None
    more = rounded_up(max(int(totals[np.argmax(likely)]), fewest(target, confidence)) - count)
    left = judged.pool.accepted(judged.reaches) - len(judged) if judged.pool.known else more
    return more if more <= left else None


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"
