"""Area under the ROC curve and average precision of judged pictures, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis import influence
from analysis.curves import Counts, counts
from analysis.influence import Contributions
from analysis.intervals import CONFIDENCE, Estimate, clopper_pearson, undefined
from analysis.judged import Floats, Ints, Judged
from analysis.recalibration import choose
from analysis.strata import spread

FEWEST = 2
"""Right and wrong pictures that ranking needs, each."""

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
    return _estimate(ranked, value, (below - value) / right, (above - value) / wrong, confidence)


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
    if_right = (precision[at] - value + right[at] - all_[at]) / counted.right[-1]
    return _estimate(ranked, value, if_right, -all_[at] / counted.right[-1], confidence)


@dataclass(frozen=True)
class _Ranked:
    """Columns of judged pictures by ascending score (looked up in order, a million take less than
    they do at random), their counts, and the place of each picture in these."""

    top1: Floats
    chance: Floats
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
        chance = choose(scores, top1, weight).predict(scores)
        return _Ranked(top1, chance, weight, judged.bin[order], judged.drawn[order], counted, place)


def _estimate(
    ranked: _Ranked, value: float, if_right: Floats, if_wrong: Floats, confidence: float
) -> Estimate:
    """Return an estimate from what a unit of weight changes, if right and if wrong, arrays (n,).

    Source for perfect ranking: C. J. Clopper, E. S. Pearson, 1934, as of the fewer kind.
    """
    n, right, weight = len(ranked.top1), float(ranked.top1.sum()), ranked.weight
    if not 0 < value < 1:
        left = max(1 - float(np.average(ranked.drawn, weights=weight)), 1 / CERTAIN)
        size = min(right, n - right) / left
        low, high = clopper_pearson(value, min(size, CERTAIN), confidence)
        return Estimate(value, float(low), float(high), n, size, confidence, approximate=True)
    of_error = if_wrong - if_right
    made = Contributions(
        influence=if_right + (1 - ranked.top1) * of_error,
        of_error=of_error,
        expected=spread(ranked.chance) ** 2 * of_error**2,
        weight=weight,
        part=ranked.bin,
        drawn=ranked.drawn,
    )
    of_one = float(weight.sum() * (weight @ made.influence**2))
    return influence.estimate(value, made.moments(), of_one, n, confidence)
