"""When to stop: e-processes against direct products and chance, and how many more are needed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intervals import Estimate, undefined, wilson
from analysis.sequential import (
    BATCH,
    LEAST,
    decide,
    last_look,
    log_e_process,
    more_needed,
    narrow_enough,
    rounded_up,
    verdicts_to_decide,
)
from tests.analysis.judging import judged_of
from vision.errors import InputError

verdicts = st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=60)


def estimate(share: float, n: int) -> Estimate:
    low, high = wilson(share, n)
    return Estimate(share, float(low), float(high), n, n)


@settings(deadline=None)
@given(verdicts)
def test_it_is_the_mean_of_products(right: list[float]) -> None:
    found = np.exp(log_e_process(right, 0.95, above=True))
    bets = [1 / (1 + 0.05 / 0.95 * stake) for stake in (0.8, 0.6, 0.4, 0.2, 0.02)]
    assert np.round(bets, 2).tolist() == [0.96, 0.97, 0.98, 0.99, 1.0]
    for place in range(len(right)):
        products = [
            math.prod((q / 0.95) ** y * ((1 - q) / 0.05) ** (1 - y) for y in right[: place + 1])
            for q in bets
        ]
        assert found[place] == pytest.approx(np.mean(products), rel=1e-9)


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("above", [True, False])
def test_what_is_bet_is_fair_at_the_target_and_lies_beyond_it(target: float, above: bool) -> None:
    won, lost = np.exp(log_e_process([[1.0], [0.0]], target, above))[:, 0]
    assert target * won + (1 - target) * lost == pytest.approx(1)
    assert (won > 1) == above


@pytest.mark.parametrize(("above", "truth"), [(True, 0.95), (True, 0.93), (False, 0.95)])
def test_it_is_seldom_wrong_however_often_one_looks(above: bool, truth: float) -> None:
    runs = 1500
    right = np.random.default_rng(1).random((runs, 1500)) < truth
    wrong = (log_e_process(right, 0.95, above) >= math.log(20)).any(axis=1).mean()
    assert wrong <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize(
    ("truth", "above", "low", "high"),
    [(0.98, True, 160, 260), (0.97, True, 480, 750), (0.9, False, 60, 200)],
)
def test_how_many_verdicts_it_takes(truth: float, above: bool, low: int, high: int) -> None:
    right = np.random.default_rng(2).random((600, 2500)) < truth
    there = log_e_process(right, 0.95, above) >= math.log(20)
    taken = np.where(there.any(axis=1), there.argmax(axis=1) + 1, 2501)
    assert low <= np.median(taken) <= high


def test_a_decision_looks_at_accepted_pictures_in_the_order_of_drawing() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(2000)
    right = rng.random(2000) < np.where(scores >= 0.5, 0.995, 0.5)
    judged = judged_of(scores, right)
    found = decide(judged, 0.5)
    accepted = right[scores >= 0.5]
    assert found.for_it == pytest.approx(log_e_process(accepted, 0.95, above=True))
    assert found.against == pytest.approx(log_e_process(accepted, 0.95, above=False))
    assert found.reached is True
    assert found.decided_at is not None
    assert (
        found.for_it[found.decided_at - 1]
        >= math.log(20)
        > found.for_it[: found.decided_at - 1].max()
    )

    low = decide(judged, 0.0)
    assert low.reached is False
    assert low.decided_at is not None
    assert low.decided_at < 100
    early = decide(judged_of(scores[:20], right[:20]), 0.5)
    assert (early.reached, early.decided_at, early.why) == (None, None, None)


def test_it_asks_for_equal_chances() -> None:
    judged = judged_of([0.9] * 200, np.ones(200))
    assert decide(judged, 0.5).reached is True
    assert len(decide(replace(judged, equal=np.arange(200) < 80), 0.5).for_it) == 80
    for other in (
        replace(judged, equal_from=0.6),
        judged_of([0.9] * 200, np.ones(200), equal=False),
    ):
        found = decide(other, 0.5)
        assert (found.reached, len(found.for_it)) == (None, 0)
        assert found.why is not None
        assert found.why.startswith(
            "no pictures were drawn with equal chances from all that score 0.50"
        )
    assert decide(judged, math.nan).why == "there is no threshold to decide about"


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="a confidence of 1 is out of range: choose over 0 and"):
        decide(judged_of([0.9], [1]), 0.5, confidence=1.0)


def test_intervals_are_looked_at_in_batches() -> None:
    looks = [last_look(n) for n in range(1000)]
    assert set(looks) == {0, *range(LEAST, 1000, BATCH)}
    assert looks[LEAST - 1 : LEAST + 1] == [0, LEAST]
    assert looks[240] == 225
    assert narrow_enough(estimate(0.9, 1000), 0.02)
    assert not narrow_enough(estimate(0.9, 500), 0.02)
    assert not narrow_enough(estimate(1.0, LEAST - 1), 0.02)
    assert not narrow_enough(undefined("no", 1000), 0.02)


@settings(deadline=None)
@given(st.floats(0.05, 0.95), st.integers(100, 2000), st.floats(0.005, 0.05))
def test_so_many_more_make_it_as_narrow(share: float, n: int, wished: float) -> None:
    now = estimate(share, n)
    more = more_needed(now, wished)
    assert more is not None
    if now.half_width <= wished:
        assert more == 0
    else:
        assert estimate(share, n + more).half_width == pytest.approx(wished, rel=0.1)


def test_a_pool_has_an_end() -> None:
    wide = estimate(0.8, 100)
    unlimited, limited = more_needed(wide, 0.02), more_needed(wide, 0.02, pool=1000)
    assert unlimited is not None
    assert limited is not None
    assert limited < unlimited
    assert more_needed(wide, 1e-9, pool=1000) == 900
    assert more_needed(undefined("no", 10), 0.02) is None
    assert more_needed(Estimate(0.8, 0.8, 0.8, 100, math.inf), 0.02) == 0


def test_numbers_are_rounded_up() -> None:
    numbers = {0.2: 1, 7: 7, 7.1: 8, 99: 99, 100: 100, 101: 110, 1234: 1300, 98_765: 99_000}
    assert [rounded_up(number) for number in numbers] == list(numbers.values())
    assert rounded_up(991) == 1000


@pytest.mark.parametrize(("precision", "median"), [(0.98, 206), (0.97, 612), (0.96, 3200)])
def test_about_as_many_verdicts_as_it_takes(precision: float, median: int) -> None:
    assert verdicts_to_decide(precision, 0.95, 0.95) == pytest.approx(median, rel=0.3)
    assert verdicts_to_decide(0.95, 0.95, 0.95) is None
