"""A chosen threshold as it is stored: what it was chosen by, and what it rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.choice import CALIBRATION, choice
from analysis.recalibration import from_dict
from analysis.summary import CERTIFIED, GIVEN, Asked, Summary
from db.verdicts import UNIFORM
from tests.analysis.summaries import drawn
from vision.errors import InputError


@pytest.fixture(scope="module")
def mixed() -> Summary:
    """A round of which three quarters were drawn with equal chances: these alone can certify."""
    judged = drawn(UNIFORM, 400).judged
    judged = replace(judged, equal=np.arange(400) < 300, equal_from=0.0)
    return Summary(judged, Asked(target=0.9, coverage=0.7))


def accepted(summary: Summary, threshold: float) -> tuple[int, float]:
    judged = summary.judged
    inside = judged.scores >= threshold
    return int(inside.sum()), float(judged.top1[inside].sum())


def test_a_certified_threshold_rests_on_what_certified_it(mixed: Summary) -> None:
    certified = mixed.certified
    made = choice(mixed)
    assert (made.criterion, made.threshold) == (CERTIFIED, certified.threshold)
    assert (made.judged, made.right) == (certified.judged, certified.right)
    assert made.judged < accepted(mixed, made.threshold)[0]
    assert (made.target, made.confidence) == (0.9, 0.95)
    assert made.coverage == certified.coverage
    assert made.precision_low == mixed.at.precision.low
    basis = dict(made.basis or {})
    fitted = from_dict(basis.pop(CALIBRATION))
    scores = mixed.judged.scores
    assert fitted.predict(scores) == pytest.approx(mixed.recalibration.fitted.predict(scores))
    assert basis == {
        "rounds": [3],
        "design": "a uniform round of 400",
        "about": "pool",
        "complete": True,
        "guaranteed": True,
        "bound": certified.bound,
        "n": 400,
        "n_eff": mixed.at.precision.n_eff,
    }


@pytest.mark.parametrize(("criterion", "target"), [("f1", None), ("coverage", 0.7)])
def test_another_criterion_stays_what_it_is_at_the_certified_threshold(
    mixed: Summary, criterion: str, target: float | None
) -> None:
    threshold = mixed.certified.threshold
    made = choice(mixed, (threshold, criterion))
    assert (made.criterion, made.threshold, made.target) == (criterion, threshold, target)
    assert (made.judged, made.right) == accepted(mixed, threshold)
    assert made.basis is not None
    assert (made.basis["guaranteed"], made.basis["bound"]) == (False, None)


def test_each_operating_point_is_stored_with_what_it_does(mixed: Summary) -> None:
    for point in mixed.points:
        chosen = point.chosen
        made = choice(mixed, (chosen.threshold, chosen.criterion.name))
        assert made.criterion == chosen.criterion.name
        assert (made.judged, made.right) == accepted(mixed, chosen.threshold)
        assert made.coverage == point.at.coverage.value
        assert (made.precision_estimate, made.precision_high) == (
            point.at.precision.value, point.at.precision.high,
        )  # fmt: skip


def test_the_certified_threshold_typed_in_is_certified_and_any_other_is_not(mixed: Summary) -> None:
    certified = mixed.certified.threshold
    for threshold, criterion in ((certified, CERTIFIED), (np.nextafter(certified, 1), GIVEN)):
        typed = Summary(mixed.judged, replace(mixed.asked, threshold=float(threshold)))
        assert choice(typed).criterion == criterion


def test_what_accepts_nothing_is_not_stored(mixed: Summary) -> None:
    for threshold in (np.nan, np.inf):
        with pytest.raises(InputError, match="no threshold was found"):
            choice(mixed, (threshold, "f1"))
