"""Estimates: exact where all is known, textbook where they should be, and honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from analysis.estimates import FUTURE, POOL, Costs, Estimator
from analysis.intervals import wilson
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, GOOD, POOR, Corpus, corpus, judge
from analysis.totals import Tally
from bench.honesty.figures import COSTS, estimates, truth
from bench.honesty.settings import DRAWS
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of

T = 0.9


def drawn(made: Corpus, design: str, size: int, seed: int = 0) -> Judged:
    rng = np.random.default_rng(seed)
    return judge(made, sample(design, size, made.scores, made.cluster, rng))


@pytest.mark.parametrize("design", [UNIFORM, STRATIFIED])
def test_a_census_gives_the_truth_and_no_doubt(design: str) -> None:
    made = corpus(FAIR, 400, np.random.default_rng(1))
    true = truth(made).figures
    for name, estimate in estimates(drawn(made, design, 400), made).items():
        assert estimate.value == pytest.approx(true[name], abs=1e-9), name
        if name not in ("AUROC", "average precision"):
            assert estimate.low == pytest.approx(estimate.value, abs=1e-6), name
            assert estimate.high == pytest.approx(estimate.value, abs=1e-6), name


def test_near_duplicates_may_lie_beyond_a_threshold() -> None:
    rng = np.random.default_rng(12)
    scores = rng.random(300)
    judged = judged_of(scores, rng.random(300) < 0.7, scores)
    # of clusters of three, all that was drawn for was judged
    alike = replace(judged, cluster_size=np.full(300, 3))
    for each, doubt in ((judged, 0.0), (alike, 2 / 3)):
        tally = Tally(each, each.top1)
        for t, side in ((0.5, tally.above), (0.5, tally.below), (-np.inf, tally.above)):
            totals = side(np.array([t]))
            expected = doubt if t == 0.5 else 0.0
            assert totals.variance == pytest.approx(expected * totals.infinite, abs=1e-9)


def test_without_a_pool_it_is_the_textbook() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(300)
    right = (rng.random(300) < scores).astype(float)
    made = Estimator(judged_of(scores, right))
    accuracy, precision = made.accuracy(), made.precision(0.5)
    accepted = scores >= 0.5
    assert accuracy.value == pytest.approx(right.mean())
    assert precision.value == pytest.approx(right[accepted].mean(), abs=0.01)
    assert made.recall(0.5).value == pytest.approx(right[accepted].sum() / right.sum(), abs=0.01)
    low, high = proportion_confint(right.sum(), 300, method="wilson")
    assert accuracy.low == pytest.approx(low, abs=0.006)
    assert accuracy.high == pytest.approx(high, abs=0.006)
    assert made.about == FUTURE
    coverage = made.coverage(0.5)
    assert (coverage.low, coverage.high) == wilson(accepted.mean(), 300)


def test_the_coverage_of_a_pool_is_known() -> None:
    made = corpus(FAIR, 2000, np.random.default_rng(3))
    judged = drawn(made, STRATIFIED, 100)
    share = (made.scores >= T).mean()
    known = Estimator(judged, POOL).coverage(T)
    assert (known.value, known.low, known.high) == (share, share, share)
    future = Estimator(judged, FUTURE).coverage(T)
    assert future.low < share < future.high


def test_future_pictures_are_less_sure_than_a_pool() -> None:
    made = corpus(FAIR, 1000, np.random.default_rng(4))
    judged = drawn(made, STRATIFIED, 500)
    for ask in (
        Estimator.accuracy,
        Estimator.topk_accuracy,
        Estimator.aurc,
        Estimator.augrc,
        lambda made: made.precision(T),
        lambda made: made.recall(T),
        lambda made: made.cost(T, COSTS),
    ):
        pool, future = (ask(Estimator(judged, about)) for about in (POOL, FUTURE))
        assert pool.value == future.value
        assert future.half_width > 1.2 * pool.half_width


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([POOR, FAIR, GOOD]),
    st.sampled_from([UNIFORM, STRATIFIED, CERTIFY]),
    st.integers(2, 300),
    st.integers(0, 999),
    st.floats(0, 1),
    st.floats(0.5, 0.99),
)
def test_intervals_hold_their_value_within_bounds(
    quality, design: str, size: int, seed: int, threshold: float, confidence: float
) -> None:
    rng = np.random.default_rng(seed)
    made = corpus(quality, 1000, rng, 1 + seed % 3)
    judged = judge(made, sample(design, size, made.scores, made.cluster, rng))
    made_of = Estimator(judged, (POOL, FUTURE)[seed % 2], confidence)
    for estimate in (
        made_of.accuracy(),
        made_of.topk_accuracy(),
        made_of.precision(threshold),
        made_of.recall(threshold),
        made_of.aurc(),
        made_of.augrc(),
    ):
        if np.isnan(estimate.value):
            assert estimate.why
            assert np.isnan([estimate.low, estimate.high]).all()
        else:
            assert 0 <= estimate.low <= estimate.value <= estimate.high
            assert estimate.confidence == confidence


def test_what_was_not_drawn_from_is_undefined_with_a_reason() -> None:
    made = corpus(FAIR, 2000, np.random.default_rng(5))
    judged = drawn(made, CERTIFY, 200)
    certify = Estimator(judged)
    for estimate in (
        certify.accuracy(),
        certify.recall(T),
        certify.cost(T, Costs()),
        certify.aurc(),
    ):
        assert np.isnan(estimate.value)
        assert "draw a round of all pictures" in str(estimate.why)
    assert certify.precision(T).value == pytest.approx(truth(made).figures["precision"], abs=0.06)
    assert np.isnan(certify.precision(judged.reaches / 2).value)
    assert np.isnan(certify.precisions(np.array([judged.reaches / 2, T])).value).tolist() == [
        True,
        False,
    ]


def test_nothing_above_the_threshold_is_undefined() -> None:
    made = judged_of([0.2, 0.4, 0.6], [1, 0, 1])
    assert Estimator(made).precision(0.9).why == "no picture scores that high"
    known = judged_of([0.2, 0.4], [1, 0], pool=[0.2, 0.4, 0.95])
    assert Estimator(known).precision(0.9).why == "no accepted picture was judged yet"
    wrong = judged_of([0.2, 0.4], [0, 0])
    assert Estimator(wrong).recall(0.3).why == "no right picture was judged yet"


def test_curves_are_the_single_figures() -> None:
    judged = drawn(corpus(FAIR, 3000, np.random.default_rng(6)), STRATIFIED, 300)
    made, at = Estimator(judged), np.array([0.3, 0.7, 0.95])
    for many, one in (
        (made.precisions(at), made.precision),
        (made.recalls(at), made.recall),
        (made.costs(at, COSTS), lambda t: made.cost(t, COSTS)),
    ):
        for place, threshold in enumerate(at.tolist()):
            single = one(threshold)
            figures = (single.value, single.low, single.high, single.n, single.n_eff)
            assert many[place] == pytest.approx(figures, rel=0, abs=0, nan_ok=True)


def test_costs_add_up() -> None:
    judged = drawn(corpus(FAIR, 2000, np.random.default_rng(7)), STRATIFIED, 300)
    made = Estimator(judged)
    wrong = made.cost(T, Costs(1, 0, 0)).value
    share = made.coverage(T).value
    assert wrong == pytest.approx(share * (1 - made.precision(T).value))
    assert made.cost(T, Costs(0, 0, 1)).value == pytest.approx(1 - share)
    missed = made.cost(T, Costs(0, 1, 0)).value
    right = made.accuracy().value
    assert missed == pytest.approx(right * (1 - made.recall(T).value), abs=0.005)
    assert made.cost(T, COSTS).value == pytest.approx(wrong + 0.3 * missed + 0.1 * (1 - share))


def test_all_right_leaves_doubt_and_a_half_counts_half() -> None:
    pool = np.linspace(0, 1, 500)
    made = Estimator(judged_of(pool[::10], np.ones(50), pool=pool)).accuracy()
    assert made.value > 0.98
    assert made.low < 0.96
    assert made.high == pytest.approx(1, abs=1e-3)
    half = Estimator(judged_of(pool[::10], np.full(50, 0.5), pool=pool)).accuracy()
    assert half.value == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("design", list(DRAWS))
def test_intervals_are_honest(design: str) -> None:
    """The small form of bench/interval_honesty.py."""
    rng = np.random.default_rng(8)
    true = truth(corpus(FAIR, 5000, rng, 2.0))
    held: dict[str, list[bool]] = {}
    for _ in range(60):
        judged = DRAWS[design](true.corpus, 300, rng)
        for name, estimate in estimates(judged, true.corpus).items():
            if not np.isnan(estimate.value):
                hit = estimate.low <= true.figures[name] <= estimate.high
                held.setdefault(name, []).append(hit)
    # of 60 intervals of 93 %, fewer than 50 hold in one of 4,000 tries
    assert held
    for name, hits in held.items():
        assert sum(hits) >= 49, name


def test_reviewers_answers_do_not_matter_to_the_estimates() -> None:
    judged = drawn(corpus(FAIR, 1000, np.random.default_rng(9)), UNIFORM, 100)
    other = replace(judged, reviews=replace(judged.reviews, answer=judged.reviews.answer * 0))
    assert Estimator(judged).accuracy() == Estimator(other).accuracy()
