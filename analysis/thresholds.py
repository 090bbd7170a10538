"""Operating points: chosen thresholds, as they look and as they hold.

None of them is guaranteed (`analysis.certify` is for that). A threshold looks better on the
verdicts that it was chosen by than it is; so it is also chosen anew without each fold in turn,
and looked at on the verdicts of that fold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.areas import why_not
from analysis.criteria import Criterion
from analysis.curves import Counts, counts
from analysis.folds import folds
from analysis.judged import Bools, Floats, Ints, Judged

_SEED = 20_170_302


@dataclass(frozen=True)
class Performance:
    """What a threshold does, by weighted sums over judged pictures, 0 to 1.

    Attributes
    ----------
    precision : float
        Share of the accepted pictures that is right.
    recall, fpr : float
        Share of the right, and of the wrong pictures that is accepted; undefined if pictures were
        drawn from the best-scored alone.
    coverage : float
        Share of the pool that is accepted.
    """

    precision: float = math.nan
    recall: float = math.nan
    fpr: float = math.nan
    coverage: float = math.nan


@dataclass(frozen=True)
class OperatingPoint:
    """A chosen threshold.

    Attributes
    ----------
    criterion : Criterion
    threshold : float
        Accepts the pictures with score >= threshold; inf accepts nothing, NaN is undefined.
    apparent : Performance
        On the verdicts that it was chosen by.
    held_out : Performance
        On verdicts that had no part in the choice, by cross-fitting.
    fold : array (n,) of int
        Fold of each judged picture.
    by_fold : array (folds,) of float
        The threshold chosen without each fold.
    why : str or None
        Why something of it is undefined.
    """

    criterion: Criterion
    threshold: float
    apparent: Performance
    held_out: Performance
    fold: Ints
    by_fold: Floats
    why: str | None = None

    def accepted(self, scores: Floats) -> Bools:
        """Return which judged pictures the threshold chosen without them accepts, array (n,)."""
        return scores >= self.by_fold[self.fold]


def operating_point(judged: Judged, criterion: Criterion) -> OperatingPoint:
    """Choose a threshold, and see how such a choice holds; see `operating_points`."""
    return operating_points(judged, [criterion])[0]


def operating_points(judged: Judged, criteria: Sequence[Criterion]) -> list[OperatingPoint]:
    """Choose a threshold by each of some criteria, and see how such choices hold.

    Parameters
    ----------
    judged : Judged
    criteria : sequence of Criterion

    Source: M. Stone, Cross-validatory choice and assessment of statistical predictions, 1974.
    """
    fold = folds(judged.bin, _SEED)
    parts = int(fold.max(initial=-1)) + 1
    ranked = why_not(judged)
    # sorted once: what is counted of it again and again is sorted then
    order = np.argsort(judged.scores)
    scores, right, weight = (each[order] for each in (judged.scores, judged.top1, judged.weight))
    kept = [np.ones(len(order), bool), *(fold[order] != number for number in range(parts))]
    counted = [counts(scores[by], right[by], weight[by]) for by in kept]
    return [
        _point(judged, criterion, fold, counted)
        if len(judged) and (ranked is None or not criterion.by_verdicts)
        else _none(criterion, fold, parts, ranked)
        for criterion in criteria
    ]


def _none(criterion: Criterion, fold: Ints, parts: int, why: str | None) -> OperatingPoint:
    nothing = np.full(parts, math.nan)
    return OperatingPoint(criterion, math.nan, Performance(), Performance(), fold, nothing, why)


def _point(
    judged: Judged, criterion: Criterion, fold: Ints, counted: Sequence[Counts]
) -> OperatingPoint:
    """Choose by the counts of all judged pictures, and by those without each fold."""
    threshold, *others = (_choose(criterion, each) for each in counted)
    by_fold, held_out, why = np.array(others), Performance(), None
    if np.isnan(by_fold).any():
        why = "right and wrong pictures are too few to hold some out: judge more"
    else:
        held_out = performance(judged, judged.scores >= by_fold[fold])
    return OperatingPoint(
        criterion=criterion,
        threshold=threshold,
        apparent=performance(judged, judged.scores >= threshold),
        held_out=held_out,
        fold=fold,
        by_fold=by_fold,
        why=why,
    )


def _choose(criterion: Criterion, counted: Counts) -> float:
    if criterion.by_verdicts and not (counted.right[-1] > 0 and counted.wrong[-1] > 0):
        return math.nan
    return criterion.choose(counted)


def performance(judged: Judged, accepted: Bools) -> Performance:
    """Return what accepting some of the judged pictures means for all.

    Parameters
    ----------
    judged : Judged
    accepted : array (n,) of bool
    """
    right, weight = judged.top1, judged.weight
    kept = weight * accepted
    true, all_ = float(kept @ right), float(kept.sum())
    everything = judged.whole
    return Performance(
        precision=_ratio(true, all_),
        recall=_ratio(true, float(weight @ right)) if everything else math.nan,
        fpr=_ratio(all_ - true, float(weight @ (1 - right))) if everything else math.nan,
        coverage=all_ / judged.pool.size,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
