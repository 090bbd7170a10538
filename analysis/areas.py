"""Area under the ROC curve and average precision of judged pictures, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.curves import Counts, counts
from analysis.intervals import CONFIDENCE, Estimate, clopper_pearson, undefined
from analysis.judged import Floats, Ints, Judged

FEWEST = 2
"""Right and wrong pictures that ranking needs, each."""

UNSEEN = 0.03
"""Errors that each part of the scores may hide: where single errors count for much, none among few
pictures must not pass for certainty."""

CERTAIN = 1e9
"""The most that an effective size is taken for: a pool judged to the last picture has no end."""


def why_not(judged: Judged) -> str | None:
    """Return why judged pictures do not tell how well scores rank, or None if they do."""
    if not len(judged) or (judged.pool.known and not judged.whole):
        return judged.why_not_whole
    right = float(judged.top1.sum())
    wrong = len(judged) - right
    if min(right, wrong) < FEWEST:
        return (
            f"{right:g} right and {wrong:g} wrong pictures were judged, and {FEWEST} of each are"
            " needed: judge more"
        )
    return None


def auroc(judged: Judged, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the chance that a right picture scores more than a wrong one.

    Parameters
    ----------
    judged : Judged
    confidence : float

    Sources: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Comparing the areas under two or
    more correlated receiver operating characteristic curves, 1988 (the influence of a picture).
    """
    why = why_not(judged)
    if why is not None:
        return undefined(why, len(judged), confidence)
    ranked = _Ranked.of(judged)
    counted, place = ranked.counted, ranked.place
    right, wrong = counted.right[-1], counted.wrong[-1]
    # ties count half
    below = 1 - (counted.fpr[place] + counted.fpr[place - 1]) / 2
    above = (counted.tpr[place] + counted.tpr[place - 1]) / 2
    value = counted.auroc
    if_wrong = (above - value) / wrong
    influence = ranked.top1 * (below - value) / right + (1 - ranked.top1) * if_wrong
    return _estimate(ranked, value, influence, if_wrong, confidence)


def average_precision(judged: Judged, confidence: float = CONFIDENCE) -> Estimate:
    """Estimate the mean over the right pictures of the precision at their scores.

    Parameters
    ----------
    judged : Judged
    confidence : float

    Source: the derivative of `Counts.average_precision` by the weight of a picture.
    """
    why = why_not(judged)
    if why is not None:
        return undefined(why, len(judged), confidence)
    ranked = _Ranked.of(judged)
    counted, place = ranked.counted, ranked.place
    value, precision = counted.average_precision, counted.precision[1:]
    # what a picture changes of the precision at its own score and at all lower ones
    share = np.diff(counted.right) / counted.accepted[1:]
    right, all_ = (np.cumsum(each[::-1])[::-1] for each in (share, share * precision))
    at = place - 1
    influence = ranked.top1 * (precision[at] - value + right[at]) - all_[at]
    influence, if_wrong = (each / counted.right[-1] for each in (influence, -all_[at]))
    return _estimate(ranked, value, influence, if_wrong, confidence)


@dataclass(frozen=True)
class _Ranked:
    """Columns of judged pictures by ascending score (looked up in order, a million take less than
    they do at random), their counts, and the place of each picture in these."""

    top1: Floats
    weight: Floats
    bin: Ints
    drawn: Floats
    counted: Counts
    place: Ints

    @staticmethod
    def of(judged: Judged) -> _Ranked:
        order = np.argsort(judged.scores)
        scores, top1, weight = judged.scores[order], judged.top1[order], judged.weight[order]
        counted = counts(scores, top1, weight)
        ascending = counted.thresholds[:0:-1]
        place = len(ascending) - np.searchsorted(ascending, scores)
        return _Ranked(top1, weight, judged.bin[order], judged.drawn[order], counted, place)


def _estimate(
    ranked: _Ranked, value: float, influence: Floats, if_wrong: Floats, confidence: float
) -> Estimate:
    """Return an estimate from the influence of a unit of weight at each picture, array (n,).

    `if_wrong` is what it would be of wrong pictures: part of such an error may hide in each part of
    the scores where none was seen.

    Sources: J.-C. Deville, Variance estimation for complex statistics and estimators, 1999
    (linearisation within post-strata); E. L. Korn, B. I. Graubard, 1998 (effective size).
    """
    weight, part = ranked.weight, ranked.bin
    count = np.maximum(np.bincount(part), 1)
    total = np.maximum(np.bincount(part, weights=weight), np.finfo(float).tiny)
    mean = np.bincount(part, weights=weight * influence) / total
    off = weight * (influence - mean[part])
    more = count / np.maximum(count - 1, 1)
    hidden = UNSEEN * weight**2 * if_wrong**2 / count[part]
    variance = float(np.sum((off**2 * more[part] + hidden) * (1 - ranked.drawn)))
    if variance > 0 and 0 < value < 1:
        bound = value * (1 - value) / variance
        # what a simple random sample of one picture would vary by
        effective = float(weight.sum() * (weight @ influence**2) / variance)
    else:
        right = float(ranked.top1.sum())
        doubt = max(1 - float(np.average(ranked.drawn, weights=weight)), 1 / CERTAIN)
        bound = min(right, len(ranked.top1) - right) / doubt
        effective = bound
    low, high = clopper_pearson(value, min(bound, CERTAIN), confidence)
    return Estimate(
        value, float(low), float(high), len(ranked.top1), effective, confidence, approximate=True
    )
