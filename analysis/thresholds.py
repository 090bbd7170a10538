"""Operating points: thresholds chosen by some criterion, as they look and as they hold.

None of them is guaranteed (`analysis.certify` is for that). A threshold looks better on the
verdicts that it was chosen by than it is; so it is also chosen anew without each fold in turn,
and looked at on the verdicts of that fold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.curves import Counts, counts
from analysis.estimates import Costs
from analysis.folds import folds
from analysis.judged import Bools, Floats, Ints, Judged, Pool
from vision.errors import InputError

_SEED = 20_170_302


@dataclass(frozen=True)
class Criterion:
    """How a threshold is chosen.

    Attributes
    ----------
    name : str
        One word, as it is stored and asked for.
    how : str
        In words, for captions.
    choose : callable
        Counts of judged pictures -> the threshold, a score of one of them, inf to accept nothing,
        NaN where undefined.
    """

    name: str
    how: str
    choose: Callable[[Counts], float]


@dataclass(frozen=True)
class Performance:
    """What a threshold does, by weighted sums over judged pictures; NaN where undefined.

    `precision`, `recall` (of right predictions, also the true-positive rate), `fpr` (share of the
    wrong that is accepted) and `coverage`, each 0 to 1.
    """

    precision: float
    recall: float
    fpr: float
    coverage: float


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
    """

    criterion: Criterion
    threshold: float
    apparent: Performance
    held_out: Performance
    fold: Ints
    by_fold: Floats

    def accepted(self, scores: Floats) -> Bools:
        """Return which judged pictures the threshold chosen without them accepts, array (n,)."""
        return scores >= self.by_fold[self.fold]


def operating_point(judged: Judged, criterion: Criterion) -> OperatingPoint:
    """Choose a threshold, and see how such a choice holds.

    Parameters
    ----------
    judged : Judged
    criterion : Criterion

    Source: M. Stone, Cross-validatory choice and assessment of statistical predictions, 1974.
    """
    scores, right, weight = judged.scores, judged.top1, judged.weight
    fold = folds(judged.bin, _SEED)
    by_fold = np.array(
        [
            criterion.choose(counts(scores[rest], right[rest], weight[rest]))
            for rest in (fold != number for number in range(fold.max(initial=0) + 1))
        ]
    )
    threshold = criterion.choose(counts(scores, right, weight))
    return OperatingPoint(
        criterion=criterion,
        threshold=threshold,
        apparent=performance(scores >= threshold, right, weight),
        held_out=performance(scores >= by_fold[fold], right, weight),
        fold=fold,
        by_fold=by_fold,
    )


def performance(accepted: Bools, right: Floats, weight: Floats) -> Performance:
    """Return what accepting some judged pictures means for all.

    Parameters
    ----------
    accepted : array (n,) of bool
    right : array (n,) of float
        0 to 1.
    weight : array (n,) of float
    """
    all_right, all_wrong = float(weight @ right), float(weight @ (1 - right))
    kept = weight * accepted
    true, false = float(kept @ right), float(kept @ (1 - right))
    return Performance(
        precision=_ratio(true, true + false),
        recall=_ratio(true, all_right),
        fpr=_ratio(false, all_wrong),
        coverage=_ratio(true + false, all_right + all_wrong),
    )


def expected_cost(counted: Counts, costs: Costs) -> Floats:
    """Return what each threshold costs a picture, array (m + 1,).

    Every picture that is not accepted is reviewed by hand.
    """
    total_right, total = counted.right[-1], counted.accepted[-1]
    return (
        costs.false_accept * counted.wrong
        + costs.false_reject * (total_right - counted.right)
        + costs.review * (total - counted.accepted)
    ) / total


CLOSEST = Criterion(
    "closest",
    "closest to (0, 1) on the ROC",
    lambda counted: _best(-counted.distance[1:], counted.thresholds[1:]),
)

YOUDEN = Criterion(
    "youden",
    "largest true-positive rate less false-positive rate (Youden's J)",
    lambda counted: _best(counted.youden[1:], counted.thresholds[1:]),
)

F1 = Criterion(
    "f1",
    "highest F1 of precision and recall",
    lambda counted: _best(counted.f1[1:], counted.thresholds[1:]),
)


def least_cost(costs: Costs) -> Criterion:
    """Return the criterion of the lowest expected cost; it may be to accept nothing (inf).

    Parameters
    ----------
    costs : Costs

    Raises
    ------
    InputError
        If a cost is not a number of 0 or more.
    """
    for what, value in vars(costs).items():
        if not 0 <= value < math.inf:
            raise InputError(f"the cost {what} is {value:g}: give a number of 0 or more")
    return Criterion(
        "cost",
        f"lowest expected cost ({costs.false_accept:g} a false accept, {costs.false_reject:g} a"
        f" false reject, {costs.review:g} a manual review)",
        lambda counted: _best(-expected_cost(counted, costs), counted.thresholds),
    )


def least_coverage(target: float, pool: Pool) -> Criterion:
    """Return the criterion of the highest threshold that accepts a share of the pool.

    It needs no verdict.

    Parameters
    ----------
    target : float
        Share of the pool, over 0 and at most 1.
    pool : Pool

    Raises
    ------
    InputError
        If the share is out of range.
    """
    if not 0 < target <= 1:
        raise InputError(f"a coverage of {target:g} is out of range: choose over 0 and at most 1")
    threshold = at_coverage(pool.ascending, np.array([target]))[0] if pool.size else math.nan
    return Criterion("coverage", f"coverage of at least {target:g}", lambda _: float(threshold))


def at_coverage(ascending: Floats, coverages: Floats) -> Floats:
    """Return the highest thresholds that accept at least given shares of some pictures.

    Parameters
    ----------
    ascending : array (N,) of float
        Their scores, sorted; at least one.
    coverages : array (c,) of float
        Over 0 and at most 1.
    """
    # 0.07 * 100 is a little more than 7
    rank = np.ceil(coverages * len(ascending) * (1 - 1e-12)).astype(np.int64)
    return ascending[len(ascending) - np.maximum(rank, 1)]


def _best(worth: Floats, thresholds: Floats) -> float:
    """Return the threshold of the greatest worth, of equal ones the highest."""
    return float(thresholds[np.argmax(worth)]) if len(worth) and not np.isnan(worth[0]) else np.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
