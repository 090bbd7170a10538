"""The summary: one place for all figures, each the same as where it is made."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.areas import auroc
from analysis.certify import certify
from analysis.estimates import FUTURE, Costs, Estimator
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import GOOD, Corpus, corpus, judge
from analysis.summary import CERTIFIED, GIVEN, Asked, Summary
from db.verdicts import UNIFORM


def drawn(made: Corpus, design: str, size: int) -> Judged:
    rng = np.random.default_rng(0)
    return judge(made, sample(design, size, made.scores, made.cluster, rng))


@pytest.fixture(scope="module")
def good() -> Judged:
    return drawn(corpus(GOOD, 5000, np.random.default_rng(1)), UNIFORM, 600)


def test_figures_are_those_of_their_rooms(good: Judged) -> None:
    made = Summary(good)
    estimator = Estimator(good)
    assert made.accuracy == estimator.accuracy()
    assert made.aurc == estimator.aurc()
    assert made.auroc == auroc(good)
    assert made.certified == certify(good)
    assert made.chosen == (made.certified.threshold, CERTIFIED)
    assert made.at.precision == estimator.precision(made.certified.threshold)
    cost = estimator.cost(made.certified.threshold, Costs())
    assert (made.at.cost.value, made.at.cost.low) == (cost.value, cost.low)
    assert [point.chosen.criterion.name for point in made.points] == [
        "closest", "youden", "f1", "cost", "coverage",
    ]  # fmt: skip
    coverage = made.points[-1]
    assert coverage.at.coverage.value == pytest.approx(0.8, abs=0.02)
    for point in made.points:
        assert point.held_out.approximate
        assert point.held_out.low <= point.held_out.value <= point.held_out.high


def test_what_is_asked_for_is_looked_at(good: Judged) -> None:
    made = Summary(good, Asked(threshold=0.5, about=FUTURE, confidence=0.9, costs=Costs(2, 1, 1)))
    assert made.chosen == (0.5, GIVEN)
    assert made.at.threshold == 0.5
    assert made.accuracy.confidence == 0.9
    assert made.accuracy.half_width > Summary(good, Asked(confidence=0.9)).accuracy.half_width
    cost = Estimator(good, FUTURE, 0.9).cost(0.5, Costs(2, 1, 1))
    assert (made.at.cost.value, made.at.cost.high) == (cost.value, cost.high)
    assert set(made.more) == {"accuracy", "precision", "recall"}
