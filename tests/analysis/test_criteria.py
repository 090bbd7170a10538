"""The threshold that a criterion chooses is the best there is, and does what its point says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from analysis.criteria import (
    CLOSEST,
    F1,
    YOUDEN,
    Criterion,
    at_coverage,
    expected_cost,
    least_cost,
    least_coverage,
)
from analysis.curves import counts
from analysis.estimates import Costs
from analysis.judged import Floats, Pool
from vision.errors import InputError

score = st.one_of(st.sampled_from([0.0, 0.4, 0.6, 1.0]), st.floats(0, 1))
pictures = st.lists(st.tuples(score, st.booleans(), st.floats(0.1, 9)), max_size=40).map(
    lambda rows: [*rows, (0.3, True, 1.0), (0.6, False, 2.0)]
)
COSTS = Costs(false_accept=1.0, false_reject=0.5, review=0.2)


def rates(accepted: Floats, right: Floats, weight: Floats) -> tuple[float, float]:
    """Return fpr and tpr, straight from the pictures."""
    return (
        float(np.average(accepted[right == 0], weights=weight[right == 0])),
        float(np.average(accepted[right == 1], weights=weight[right == 1])),
    )


def worth_of_rates(measure: Callable[[float, float], float]) -> Callable[..., float]:
    return lambda *pictures: measure(*rates(*pictures))


def f1(accepted: Floats, right: Floats, weight: Floats) -> float:
    both, either = accepted * right, accepted + right
    return float(2 * both @ weight / (either @ weight))


def saved(accepted: Floats, right: Floats, weight: Floats) -> float:
    wrong_in, right_out = accepted * (1 - right), (1 - accepted) * right
    each = (
        COSTS.false_accept * wrong_in
        + COSTS.false_reject * right_out
        + COSTS.review * (1 - accepted)
    )
    return -float(np.average(each, weights=weight))


@pytest.mark.parametrize(
    ("criterion", "worth"),
    [
        (CLOSEST, worth_of_rates(lambda fpr, tpr: -math.dist((fpr, tpr), (0, 1)))),
        (YOUDEN, worth_of_rates(lambda fpr, tpr: tpr - fpr)),
        (F1, f1),
        (least_cost(COSTS), saved),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
@settings(deadline=None)
@given(rows=pictures)
def test_no_other_threshold_is_better(
    criterion: Criterion, worth: Callable[..., float], rows: list[tuple[float, bool, float]]
) -> None:
    scores, right, weight = (np.array(column, float) for column in zip(*rows, strict=True))

    def of(threshold: float) -> float:
        return worth((scores >= threshold).astype(float), right, weight)

    chosen = criterion.choose(counts(scores, right, weight))
    assert chosen in scores or (criterion.name == "cost" and chosen == math.inf)
    assert of(chosen) == pytest.approx(max(of(other) for other in scores), abs=1e-9) or (
        chosen == math.inf and of(chosen) >= max(of(other) for other in scores)
    )


@settings(deadline=None)
@given(pictures)
def test_a_threshold_gives_the_very_point_of_the_roc_that_was_chosen(
    rows: list[tuple[float, bool, float]],
) -> None:
    scores, right, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    fpr, tpr, _ = metrics.roc_curve(right, scores, sample_weight=weight, drop_intermediate=False)
    best = np.argmin(np.hypot(fpr[1:], 1 - tpr[1:])) + 1
    chosen = CLOSEST.choose(counts(scores, right, weight))
    found = rates((scores >= chosen).astype(float), right, weight)
    assert math.dist(found, (0, 1)) == pytest.approx(math.dist((fpr[best], tpr[best]), (0, 1)))


def test_the_threshold_is_not_its_mirror_image() -> None:
    # the original read the threshold off a list that ran the other way: .60 for .40
    scores = np.arange(1, 10) / 10
    right = (scores >= 0.4).astype(float)
    for criterion in (CLOSEST, YOUDEN, F1):
        assert criterion.choose(counts(scores, right)) == 0.4


def test_expected_cost_by_hand() -> None:
    counted = counts([0.9, 0.8, 0.3, 0.2], [1, 0, 1, 0])
    found = expected_cost(counted, Costs(false_accept=8, false_reject=4, review=1))
    # nothing accepted: 4 reviews, 2 right ones among them; then one picture more each
    assert found.tolist() == [12 / 4, 7 / 4, 14 / 4, 9 / 4, 16 / 4]


def test_it_may_be_cheapest_to_review_everything() -> None:
    criterion = least_cost(Costs(false_accept=100, false_reject=0, review=0.1))
    assert criterion.choose(counts([0.9, 0.8, 0.3], [0, 1, 0])) == math.inf
    assert "100 a false accept" in criterion.how


@settings(deadline=None)
@given(st.lists(score, min_size=1, max_size=60), st.floats(1e-6, 1))
def test_a_target_coverage_is_reached_and_no_higher_threshold_does(
    scores: list[float], target: float
) -> None:
    pool = Pool(np.array(scores), np.zeros(len(scores), np.int64), ["a class"])
    chosen = least_coverage(target, pool).choose(counts([], []))
    assert pool.coverage(chosen) >= target - 1e-9
    assert pool.coverage(np.nextafter(chosen, 2)) < target


def test_coverages_that_are_a_whole_number_of_pictures() -> None:
    ascending = np.arange(100.0)
    assert at_coverage(ascending, np.arange(1, 101) / 100).tolist() == ascending[::-1].tolist()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: least_cost(Costs(review=-1)),
            "the cost review is -1: give a number of 0 or more",
        ),
        (
            lambda: least_coverage(1.5, Pool(np.ones(1), np.zeros(1, np.int64), [""])),
            "a coverage of 1.5 is out of range: choose over 0 and at most 1",
        ),
    ],
)
def test_what_is_refused(make: Callable[[], Criterion], told: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        make()
