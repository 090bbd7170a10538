"""How a chosen threshold holds: the interval of its precision on held-out verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.estimates import FUTURE
from analysis.intervals import wilson
from analysis.judged import Judged
from analysis.logistic import effective_size
from analysis.sampling import sample
from analysis.simulated import FAIR, corpus, judge
from analysis.summary import Asked, Summary
from db.verdicts import UNIFORM


@pytest.fixture(scope="module")
def judged() -> Judged:
    rng = np.random.default_rng(6)
    made = corpus(FAIR, 20_000, rng)
    return judge(made, sample(UNIFORM, 400, made.scores, made.cluster, rng))


def test_equal_weights_give_nearly_wilsons_interval(judged: Judged) -> None:
    for point in Summary(judged, Asked(about=FUTURE)).points:
        found = point.held_out
        low, high = wilson(found.value, found.n, 0.95)
        assert found.low == pytest.approx(low, abs=0.02)
        assert found.high == pytest.approx(high, abs=0.02)


def test_pictures_that_stand_for_many_and_are_wrong_widen_it(judged: Judged) -> None:
    """What weights alone would make of it knows nothing of which pictures are wrong."""

    def size_over_kish(heavy: float) -> float:
        weight = np.where(judged.top1 == heavy, 3.0, 1.0) * judged.weight
        weight *= judged.weight.sum() / weight.sum()
        point = Summary(replace(judged, weight=weight)).points[0]
        accepted = point.chosen.accepted(judged.scores)
        return point.held_out.n_eff / effective_size(weight[accepted])

    assert size_over_kish(0.0) < 0.8
    assert size_over_kish(1.0) > 1.0


def test_nothing_wrong_among_the_accepted_is_no_certainty(judged: Judged) -> None:
    right = np.where(judged.scores > np.quantile(judged.scores, 0.3), 1.0, 0.0)
    found = Summary(replace(judged, top1=right)).points[0].held_out
    assert found.value == pytest.approx(1, abs=0.02)
    assert found.low < 0.99
    assert found.high == 1
