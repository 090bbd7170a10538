"""Curves equal scikit-learn's, and take fractions and weights apart rightly."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from analysis.curves import UndefinedWarning, counts
from vision.errors import InputError

score = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]), st.floats(0, 1))
weight = st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(1e-3, 1e3))
pictures = st.lists(st.tuples(score, st.booleans(), weight), max_size=80).map(
    lambda rows: [*rows, (0.3, True, 1.0), (0.6, False, 2.0)]
)


def columns(rows: list[tuple[float, bool, float]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column, float) for column in zip(*rows, strict=True))


@settings(max_examples=50, deadline=None)
@given(pictures, st.booleans())
def test_curves_and_areas_are_those_of_scikit_learn(
    rows: list[tuple[float, bool, float]], weighted: bool
) -> None:
    scores, right, weights = columns(rows)
    if not weighted:
        weights = np.ones_like(weights)
    made = counts(scores, right, weights if weighted else None)
    given = (right, scores)

    fpr, tpr, thresholds = metrics.roc_curve(*given, sample_weight=weights, drop_intermediate=False)
    assert made.thresholds == pytest.approx(thresholds, abs=0)
    assert made.fpr == pytest.approx(fpr, abs=1e-9)
    assert made.tpr == pytest.approx(tpr, abs=1e-9)
    area = metrics.roc_auc_score(*given, sample_weight=weights)
    assert made.auroc == pytest.approx(area, abs=1e-9)

    precision, recall, thresholds = metrics.precision_recall_curve(*given, sample_weight=weights)
    assert made.thresholds[1:] == pytest.approx(thresholds[::-1], abs=0)
    assert made.precision[1:] == pytest.approx(precision[:-1][::-1], abs=1e-9)
    assert made.tpr == pytest.approx(recall[::-1], abs=1e-9)
    area = metrics.average_precision_score(*given, sample_weight=weights)
    assert made.average_precision == pytest.approx(area, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(pictures, st.data())
def test_what_is_read_off_is_what_the_accepted_pictures_say(
    rows: list[tuple[float, bool, float]], data: st.DataObject
) -> None:
    scores, right, weights = columns(rows)
    made = counts(scores, right, weights)
    point = data.draw(st.integers(1, len(made.thresholds) - 1))
    accepted = scores >= made.thresholds[point]
    kept = {"sample_weight": weights, "zero_division": 0}
    assert made.coverage[point] == pytest.approx(np.average(accepted, weights=weights))
    wrong = np.average(1 - right[accepted], weights=weights[accepted])
    assert made.risk[point] == pytest.approx(wrong, abs=1e-9)
    assert made.f1[point] == pytest.approx(metrics.f1_score(right, accepted, **kept), abs=1e-9)
    hits = metrics.recall_score(right, accepted, **kept)
    alarms = metrics.recall_score(1 - right, accepted, **kept)
    assert made.youden[point] == pytest.approx(hits - alarms, abs=1e-9)
    assert made.distance[point] == pytest.approx(math.dist((0, 1), (alarms, hits)), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(score, st.floats(0, 1), weight), min_size=3, max_size=60))
def test_a_fraction_is_a_right_and_a_wrong_picture(rows: list[tuple[float, float, float]]) -> None:
    rows = [*rows, (0.4, 0.5, 1.0)]
    scores, right, weights = columns(rows)
    made = counts(scores, right, weights)
    split = counts(
        np.tile(scores, 2),
        np.repeat([1.0, 0.0], len(rows)),
        np.concatenate([weights * right, weights * (1 - right)]),
    )
    # where all of the weight is on one side, the other has no threshold
    at = np.searchsorted(-split.thresholds, -made.thresholds, side="right") - 1
    assert made.right == pytest.approx(split.right[at], rel=1e-9, abs=1e-12)
    assert made.wrong == pytest.approx(split.wrong[at], rel=1e-9, abs=1e-12)


def test_a_point_that_accepts_nothing_comes_first() -> None:
    made = counts([0.2, 0.8, 0.8], [0, 1, 0])
    assert made.thresholds.tolist() == [math.inf, 0.8, 0.2]
    assert (made.right.tolist(), made.wrong.tolist()) == ([0, 1, 1], [0, 1, 2])
    assert made.coverage.tolist() == [0, 2 / 3, 1]
    assert math.isnan(made.precision[0])
    assert math.isnan(made.risk[0])
    assert made.auroc == 0.75


@pytest.mark.parametrize(("right", "missing"), [([1, 1], "wrong"), ([0, 0], "right")])
def test_one_class_only(right: list[int], missing: str) -> None:
    made = counts([0.2, 0.8], right)
    with pytest.warns(UndefinedWarning, match=f"^undefined: no {missing} pictures"):
        assert math.isnan(made.auroc)


def test_no_pictures_at_all() -> None:
    made = counts([], [])
    assert made.thresholds.tolist() == [math.inf]
    with pytest.warns(UndefinedWarning, match="no judged pictures"):
        assert np.isnan(made.coverage).all()


@pytest.mark.parametrize(
    ("scores", "right", "weights", "told"),
    [
        ([0.1, math.nan], [0, 1], None, "the score of picture 1 is nan: give numbers of 0 to 1"),
        ([0.1, 1.5], [0, 1], None, "the score of picture 1 is 1.5: give numbers of 0 to 1"),
        ([0.1, 0.2], [0, 2], None, "the share of right of picture 1 is 2: give numbers of 0 to 1"),
        ([0.1, 0.2], [0, 1], [1, -1], "the weight of picture 1 is -1: give numbers of 0 or more"),
        ([0.1], [0], [math.inf], "the weight of picture 0 is inf: give numbers of 0 or more"),
        (
            [0.1, 0.2],
            [0],
            None,
            "the share of right of each picture comes as an array of shape (1,):"
            " give one number a picture, as many as there are scores",
        ),
    ],
)
def test_what_is_refused(
    scores: list[float], right: list[float], weights: list[float] | None, told: str
) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        counts(scores, right, weights)
