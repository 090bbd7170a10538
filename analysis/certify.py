"""A threshold with a guarantee: "precision is at least .95, with 95 % confidence".

Thresholds are tested from the strictest down, in an order that no verdict had a part in, each at
the full level; the walk ends at the first that fails, and the last that passed is recommended
(fixed-sequence testing). That needs pictures drawn with equal chances: the accepted ones are then
a simple random sample of all accepted, and right ones among them binomial. Precision need not rise
with the threshold. Verdicts that reviewers disagree about count as wrong.

Sources: A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, Learn then test, 2021
(arXiv 2110.01052); C. J. Clopper, E. S. Pearson, 1934 (the bound).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.criteria import at_coverage
from analysis.estimates import FUTURE, Estimator
from analysis.intervals import CONFIDENCE, clopper_pearson
from analysis.judged import Floats, Ints, Judged
from analysis.sequential import check, rounded_up

PRECISION = 0.95

START, STEP = 150, 0.02
"""The first threshold expects `START` judged pictures; each further one accepts `STEP` more of the
pictures that were drawn from."""

_TOLD = 30
"""Judged pictures of a part that may say how many more are needed."""

_MOST_ERRORS = 3000


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
    guaranteed : bool
        Whether it rests on pictures drawn with equal chances. If not, weights had to stand in, and
        the bound is approximate.
    more : int or None
        About how many more verdicts are likely to be needed: 0 if a threshold was found, None if
        the scores show no sign of getting there.
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
    guaranteed: bool
    more: int | None
    why: str | None


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
    walk = _walk(judged, least, confidence)
    right = int((judged.top1[walk.pictures] == 1).sum())
    found = Certified(
        target=target,
        confidence=confidence,
        threshold=math.nan,
        coverage=math.nan,
        judged=len(walk.pictures),
        right=right,
        bound=math.nan,
        guaranteed=walk.guaranteed,
        more=None,
        why=None,
    )
    if found.judged < least:
        told = " drawn with equal chances" if walk.guaranteed else ""
        why = (
            f"{found.judged} pictures{told} were judged, and with fewer than {least}, all of them"
            f" right, nothing shows a precision of {target:g} with {confidence:.0%} confidence"
        )
        return replace(found, why=why, more=_more(judged, walk, target, confidence))
    # of a sequence: how many pass before the first that fails
    passed = int(np.argmin(np.append(walk.bound >= target, False)))
    at = max(passed - 1, 0)
    found = replace(
        found,
        judged=int(walk.judged[at]),
        right=int(walk.right[at]),
        bound=float(walk.bound[at]),
    )
    threshold = float(walk.thresholds[at])
    if passed:
        coverage = judged.pool.coverage(threshold)
        return replace(found, threshold=threshold, coverage=coverage, more=0)
    why = (
        f"of the {found.judged} judged pictures that score {threshold:.3g} or more,"
        f" {found.judged - found.right} are wrong: that shows a precision of {found.bound:.3f} or"
        f" more, not of {target:g}"
    )
    return replace(found, why=why, more=_more(judged, walk, target, confidence))


def fewest(target: float, confidence: float) -> int:
    """Return how many verdicts, all of them "right", show that precision is at least `target`."""
    # a hair less: log(.25) / log(.5) is to be 2
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


def sequence(ascending: Floats, judged: int) -> Floats:
    """Return the thresholds to test, falling.

    Parameters
    ----------
    ascending : array (N,) of float
        Scores of the pictures that were drawn from, sorted; at least one.
    judged : int
        Pictures drawn of these with equal chances and judged.
    """
    start = min(START / max(judged, 1), 1.0)
    coverages = np.append(np.arange(start, 1.0, STEP), 1.0)
    return np.unique(at_coverage(ascending, coverages))[::-1]


def verdicts_needed(precision: float, target: float, confidence: float) -> float:
    """Return how many verdicts show, in half of all cases, that a precision reaches a target.

    Parameters
    ----------
    precision : float
        The true one, 0 to 1.
    target, confidence : float
        Over 0 and under 1.

    Returns
    -------
    float
        inf if precision is no better than the target, or too little to be shown.
    """
    from scipy.special import bdtr, btdtria

    errors = np.unique(np.geomspace(1, _MOST_ERRORS + 1, 300).astype(np.int64)) - 1
    # the least number of verdicts that forgives so many errors
    verdicts = np.ceil(errors + btdtria(1 - confidence, errors + 1.0, target) - 1e-9)
    likely = bdtr(errors, verdicts, 1 - precision) >= 0.5
    if precision <= target or not likely.any():
        return math.inf
    return float(verdicts[np.argmax(likely)])


@dataclass(frozen=True)
class _Walk:
    """What is tested: judged `pictures` (indices), `thresholds`, and by threshold the numbers of
    `judged` and `right` pictures and the lower `bound` of precision."""

    pictures: Ints
    thresholds: Floats
    judged: Ints
    right: Ints
    bound: Floats
    guaranteed: bool


def _walk(judged: Judged, least: int, confidence: float) -> _Walk:
    equal = np.flatnonzero(judged.equal)
    guaranteed = len(equal) >= min(least, len(judged))
    pictures = equal if guaranteed else np.arange(len(judged))
    reach = judged.equal_from if guaranteed else judged.reaches
    ascending = judged.pool.ascending
    ascending = ascending[np.searchsorted(ascending, reach) :]
    thresholds = sequence(ascending, len(pictures)) if len(ascending) else np.empty(0)
    scores, right = judged.scores[pictures], judged.top1[pictures] == 1
    both = 2 * confidence - 1
    number, good = _above(scores, thresholds), _above(scores[right], thresholds)
    if guaranteed:
        bound, _ = clopper_pearson(good / np.maximum(number, 1), number, both)
    else:
        strict = replace(judged, top1=(judged.top1 == 1).astype(float))
        made = Estimator(strict, FUTURE).precisions(thresholds)
        bound, _ = clopper_pearson(made.value, made.n_eff, both)
        tested = number >= min(START, len(pictures))
        thresholds, bound = thresholds[tested], bound[tested]
        number, good = number[tested], good[tested]
    return _Walk(pictures, thresholds, number, good, bound, guaranteed)


def _above(scores: Floats, thresholds: Floats) -> Ints:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")


def _more(judged: Judged, walk: _Walk, target: float, confidence: float) -> int | None:
    """Return about how many more verdicts the part that promises most would need."""
    from scipy.special import betaincinv

    count = len(walk.pictures)
    if not count:
        return fewest(target, confidence)
    scores = judged.scores[walk.pictures]
    thresholds = at_coverage(np.sort(scores), np.append(np.arange(STEP, 1.0, STEP), 1.0))
    number = _above(scores, thresholds)
    right = _above(scores[judged.top1[walk.pictures] == 1], thresholds)
    median = betaincinv(right + 0.5, number - right + 0.5, 0.5)
    share = number / count
    told = (number >= _TOLD) | (number == count)
    totals = [
        max(verdicts_needed(precision, target, confidence), START if part < 1 else 0) / part
        for precision, part in zip(median[told], share[told], strict=True)
    ]
    total = min(totals)
    return None if total == math.inf else max(rounded_up(total - count), 1)
