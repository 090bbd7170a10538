"""Criteria that a threshold is chosen by: near the corner, Youden, F1, cost, coverage."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.curves import Counts
from analysis.estimates import Costs
from analysis.judged import Floats, Pool
from vision.errors import InputError


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
        Counts of judged pictures, right and wrong ones -> the threshold: a score of one of them,
        or inf to accept nothing.
    by_verdicts : bool
        Whether verdicts have a part in it.
    """

    name: str
    how: str
    choose: Callable[[Counts], float]
    by_verdicts: bool = True


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
    return Criterion(
        "coverage",
        f"coverage of at least {target:g}",
        lambda _: float(threshold),
        by_verdicts=False,
    )


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
    return float(thresholds[np.argmax(worth)])
