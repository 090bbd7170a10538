"""Areas: their values are the curves', their intervals hold, and what is left undefined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.areas import auroc, average_precision
from analysis.curves import counts
from analysis.intervals import Estimate
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, GOOD, corpus, judge
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of

AREAS = (auroc, average_precision)

score = st.sampled_from([0.1, 0.2, 0.5, 0.9]) | st.floats(0, 1)
rows = st.lists(st.tuples(score, st.sampled_from([0.0, 0.5, 1.0])), max_size=40).map(
    lambda drawn: [*drawn, (0.3, 1.0), (0.6, 0.0), (0.7, 1.0), (0.2, 0.0)]
)


def exact(area: Callable[[Judged], Estimate], judged: Judged) -> float:
    counted = counts(judged.scores, judged.top1, judged.weight)
    return counted.auroc if area is auroc else counted.average_precision


@pytest.mark.parametrize("area", AREAS)
@settings(deadline=None)
@given(drawn=rows)
def test_an_estimate_is_the_area_and_lies_in_its_interval(
    area: Callable[[Judged], Estimate], drawn: list[tuple[float, float]]
) -> None:
    judged = judged_of(*(np.array(column) for column in zip(*drawn, strict=True)))
    found = area(judged)
    assert found.value == pytest.approx(exact(area, judged))
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert found.low < found.high
    assert (found.n, found.approximate, found.why) == (len(drawn), True, None)


@pytest.mark.parametrize("area", AREAS)
def test_the_influence_of_a_picture_is_the_slope_of_the_area(
    area: Callable[[Judged], Estimate],
) -> None:
    # deleting one picture after the other (jackknife) tells the variance without any formula
    rng = np.random.default_rng(1)
    scores = rng.random(400).round(2)
    judged = judged_of(scores, rng.random(400) < scores)
    found = area(judged)
    without = np.array(
        [
            exact(
                area,
                replace(
                    judged,
                    scores=np.delete(scores, i),
                    top1=np.delete(judged.top1, i),
                    weight=np.delete(judged.weight, i),
                ),
            )
            for i in range(400)
        ]
    )
    jackknife = 399 / 400 * ((without - without.mean()) ** 2).sum()
    normal = 1.96 * math.sqrt(jackknife)
    assert found.half_width == pytest.approx(normal, rel=0.05)
    assert found.n_eff == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize("design", [UNIFORM, STRATIFIED])
def test_intervals_hold(design: str) -> None:
    rng = np.random.default_rng(2)
    made = corpus(GOOD, 20_000, rng)
    truth = counts(made.scores, made.top1)
    inside = dict.fromkeys(AREAS, 0)
    rounds = 150
    for _ in range(rounds):
        judged = judge(made, sample(design, 300, made.scores, made.cluster, rng))
        for area, value in ((auroc, truth.auroc), (average_precision, truth.average_precision)):
            found = area(judged)
            inside[area] += found.low <= value <= found.high
    for held in inside.values():
        assert 0.91 - 0.025 <= held / rounds <= 0.995


def test_a_pool_judged_to_the_last_picture_leaves_no_doubt() -> None:
    judged = judged_of([0.9, 0.8, 0.7, 0.6, 0.3], [1, 1, 0, 1, 0])
    found = auroc(replace(judged, drawn=np.ones(5)))
    assert found.low == pytest.approx(found.value, abs=1e-3)
    assert found.high == pytest.approx(found.value, abs=1e-3)


def test_perfect_ranking_is_not_certain() -> None:
    found = auroc(judged_of(np.arange(40) / 40, np.arange(40) >= 10))
    assert (found.value, found.high) == (1.0, 1.0)
    # as 10 of 10, the fewer kind
    assert found.low == pytest.approx(0.025 ** (1 / 10))


@pytest.mark.parametrize("area", AREAS)
def test_undefined(area: Callable[[Judged], Estimate]) -> None:
    rng = np.random.default_rng(3)
    made = corpus(FAIR, 2000, rng)
    certifying = judge(made, sample(CERTIFY, 200, made.scores, made.cluster, rng))
    few = "{} right and {} wrong pictures were judged, and 2 of each are needed: judge more"
    for judged, told in (
        (judged_of([], []), "no picture was judged yet"),
        (judged_of([0.5], [1]), few.format(1, 0)),
        (judged_of([0.5, 0.6, 0.7], [1, 1, 0.5]), few.format(2.5, 0.5)),
        (judged_of([0.5, 0.6, 0.7], [0, 0, 1]), few.format(1, 2)),
        (
            certifying,
            f"pictures were drawn only from scores of {certifying.reaches:.3g} and more, and"
            " nothing is known below: draw a round of all pictures",
        ),
    ):
        found = area(judged)
        assert all(map(math.isnan, (found.value, found.low, found.high)))
        assert found.why == told
