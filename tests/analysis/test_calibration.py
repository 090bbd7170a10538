"""Calibration: the diagram's bins, the smooth error, and both beside what chance makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import relplot
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from analysis.calibration import BINS, FEW, fit_of, recalibrated, reliability
from analysis.intervals import wilson
from analysis.judged import Floats
from analysis.recalibration import Beta
from analysis.sampling import sample
from analysis.simulated import GOOD, corpus, judge
from analysis.smooth_ece import smooth_ece
from db.verdicts import STRATIFIED

score = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1))
rows = st.lists(
    st.tuples(score, st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.1, 10)), min_size=1, max_size=150
)


def columns(drawn: list[tuple[float, float, float]]) -> list[Floats]:
    return [np.array(column, float) for column in zip(*drawn, strict=True)]


def made(n: int, seed: int, power: float = 1.0) -> tuple[Floats, Floats, Floats]:
    """Return scores, verdicts that are right with chance score ** power, and weights of 1."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(2, 0.7, n)
    return scores, (rng.random(n) < scores**power).astype(float), np.ones(n)


@given(rows)
def test_bins_hold_every_picture_once(drawn: list[tuple[float, float, float]]) -> None:
    scores, right, weight = columns(drawn)
    found = reliability(scores, right, weight)
    assert found.n.sum() == len(scores)
    assert (found.upper[:-1] < found.lower[1:]).all()
    total = 0.0
    for place, (lower, upper) in enumerate(zip(found.lower, found.upper, strict=True)):
        inside = (scores >= lower) & (scores <= upper)
        mass = weight[inside].sum()
        total += mass * found.right[place]
        assert found.n[place] == inside.sum()
        assert found.score[place] == pytest.approx(scores[inside] @ weight[inside] / mass)
        n_eff = mass**2 / (weight[inside] ** 2).sum()
        assert found.n_eff[place] == pytest.approx(n_eff)
        low, high = wilson(min(found.right[place], 1), n_eff)
        assert (found.low[place], found.high[place]) == pytest.approx((low, high))
    assert total == pytest.approx(right @ weight)


def test_bins_have_equal_weight() -> None:
    scores, right, _ = made(3000, seed=1)
    weight = np.where(scores < 0.5, 4.0, 1.0)
    found = reliability(scores, right, weight)
    assert len(found.n) == BINS
    mass = [
        weight[(scores >= lower) & (scores <= upper)].sum()
        for lower, upper in zip(found.lower, found.upper, strict=True)
    ]
    assert mass == pytest.approx([weight.sum() / BINS] * BINS, abs=8)


def test_few_pictures_get_bins_of_equal_width() -> None:
    scores = np.array([0.0, 0.19, 0.2, 0.65, 1.0])
    found = reliability(scores, np.ones(5), np.ones(5))
    assert found.n.tolist() == [2, 1, 1, 1]
    assert found.lower.tolist() == [0.0, 0.2, 0.65, 1.0]


def test_equal_scores_are_not_torn_apart() -> None:
    scores = np.repeat([0.3, 0.8, 1.0], [FEW, 100, 500])
    found = reliability(scores, np.ones(len(scores)), np.ones(len(scores)))
    assert found.lower.tolist() == found.upper.tolist() == [0.3, 0.8, 1.0]


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=99))
def test_the_null_band_is_of_binomial_quantiles(scores: list[float]) -> None:
    found = reliability(np.array(scores), np.ones(len(scores)), np.ones(len(scores)))
    chance = np.minimum(found.score, 1)
    for band, level in ((found.null_low, 0.025), (found.null_high, 0.975)):
        assert band == pytest.approx(binom.ppf(level, found.n, chance) / found.n, abs=1e-9)


def test_the_null_band_holds_what_calibrated_scores_show() -> None:
    inside, bins = 0, 0
    for seed in range(200):
        found = reliability(*made(400, seed))
        inside += ((found.right >= found.null_low) & (found.right <= found.null_high)).sum()
        bins += len(found.n)
    # quantiles of counts cover a little more
    assert 0.94 <= inside / bins <= 0.99


@settings(max_examples=40)
@given(st.integers(50, 400), st.integers(0, 10**6), st.floats(0.5, 3))
def test_the_smooth_error_is_that_of_relplot(n: int, seed: int, power: float) -> None:
    scores, right, weight = made(n, seed, power)
    expected = relplot.smECE(scores, right)
    # theirs sums over 200 points and halves ten times, which of fewer pictures is off by 2.5 %
    assert smooth_ece(scores, right, weight).value == pytest.approx(expected, rel=0.02, abs=1e-3)


def test_a_weight_of_two_is_a_picture_twice() -> None:
    scores, right, weight = made(300, seed=3, power=1.5)
    weight[::3] = 2.0
    repeated = np.repeat(np.arange(300), weight.astype(int))
    twice = smooth_ece(scores[repeated], right[repeated], np.ones(len(repeated))).value
    assert smooth_ece(scores, right, weight).value == pytest.approx(twice, abs=1e-6)


def test_one_score_alone_has_the_error_of_its_mean() -> None:
    found = smooth_ece(np.full(400, 0.9), np.repeat([0.0, 1.0], [120, 280]), np.ones(400))
    assert found.value == pytest.approx(0.2, abs=2e-3)
    assert found.beyond_chance
    assert found.p_value < 0.01


def test_calibrated_scores_are_rarely_called_uncalibrated() -> None:
    rng = np.random.default_rng(5)
    found = []
    for seed in range(100):
        scores, right, _ = made(150, seed)
        weight = np.where(scores > 0.7, 1.0, rng.uniform(1, 4))
        found.append(smooth_ece(scores, right, weight, seed))
    assert 0.005 <= np.mean([each.beyond_chance for each in found]) <= 0.1
    mean = np.mean([each.value for each in found])
    assert mean == pytest.approx(np.mean([each.expected for each in found]), rel=0.05)
    assert 0.4 < np.mean([each.p_value for each in found]) < 0.6


def test_miscalibrated_scores_are_found_out() -> None:
    found = smooth_ece(*made(500, seed=6, power=2))
    assert found.value > 2 * found.limit
    assert found.p_value == pytest.approx(1 / 201)


def test_recalibration_before_and_after() -> None:
    made = corpus(GOOD, 20_000, np.random.default_rng(7))
    drawn = sample(STRATIFIED, 900, made.scores, np.arange(20_000), np.random.default_rng(8))
    judged = judge(made, drawn)
    found = recalibrated(judged)
    assert isinstance(found.fitted, Beta)
    assert found.after.brier < found.before.brier
    assert found.after.log_loss < found.before.log_loss
    assert found.before.smooth_ece.beyond_chance
    assert not found.after.smooth_ece.beyond_chance
    # what is said of recalibrated scores holds on the pictures that nobody judged
    everywhere = fit_of(found.fitted.predict(made.scores), made.top1, np.ones(20_000))
    assert found.after.brier == pytest.approx(everywhere.brier, abs=0.02)


@settings(max_examples=30)
@given(rows)
def test_brier_and_log_loss(drawn: list[tuple[float, float, float]]) -> None:
    scores, right, weight = columns(drawn)
    found = fit_of(scores, right, weight)
    assert found.brier == pytest.approx(np.average((scores - right) ** 2, weights=weight))
    kept = np.clip(scores, 1e-6, 1 - 1e-6)
    loss = -np.average(right * np.log(kept) + (1 - right) * np.log(1 - kept), weights=weight)
    assert found.log_loss == pytest.approx(loss)


def test_nothing_judged_is_undefined() -> None:
    none = np.zeros(0)
    found = fit_of(none, none, none)
    assert np.isnan([found.brier, found.log_loss, found.smooth_ece.value]).all()
    assert found.smooth_ece.why == "Nothing has been judged yet."
    assert not found.smooth_ece.beyond_chance
    assert len(found.reliability.n) == 0
