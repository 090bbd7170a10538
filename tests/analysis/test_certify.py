"""Certified thresholds: exact by hand and beside MAPIE, and wrong no oftener than they say."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController
from mapie.risk_control.fwer_control import control_fwer
from scipy import stats

from analysis.certify import certify
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, GOOD, Corpus, corpus, judge
from analysis.walk import MOST_ERRORS, START, STEP, errors_forgiven, fewest, sequence, walk
from db.verdicts import CERTIFY, STRATIFIED
from tests.analysis.judging import judged_of
from vision.errors import InputError

NEEDED = {0: 59, 1: 93, 2: 124, 5: 208, 10: 336, 20: 577}
"""Verdicts that forgive so many errors, for a precision of .95 with 95 % confidence."""


def round_of(made: Corpus, size: int, seed: int, design: str = CERTIFY) -> Judged:
    return judge(made, sample(design, size, made.scores, made.cluster, np.random.default_rng(seed)))


@pytest.mark.parametrize(("errors", "verdicts"), NEEDED.items())
def test_errors_that_so_many_verdicts_forgive(errors: int, verdicts: int) -> None:
    right = np.ones(verdicts)
    right[:errors] = 0
    # all of one score: a single threshold
    found = certify(judged_of(np.full(verdicts, 0.8), right))
    assert (found.threshold, found.coverage, found.more) == (0.8, 1.0, 0)
    assert (found.judged, found.right) == (verdicts, verdicts - errors)
    assert found.guaranteed
    exact = stats.beta.ppf(0.05, verdicts - errors, errors + 1)
    assert found.bound == pytest.approx(exact)
    assert found.bound >= 0.95

    one_less = certify(judged_of(np.full(verdicts - 1, 0.8), right[: verdicts - 1]))
    assert math.isnan(one_less.threshold)
    assert one_less.why is not None


def test_the_walk_ends_at_the_first_that_fails() -> None:
    # 1,000 verdicts: tested at 150, 170, 190 ... of the best-scored
    scores = np.linspace(1, 0.001, 1000)
    right = np.ones(1000)
    right[200:240] = 0
    found = certify(judged_of(scores, right))
    # of 210 are 10 wrong, which fails; what comes behind does not matter
    assert (found.judged, found.right) == (190, 190)
    assert found.threshold == scores[189]
    assert found.coverage == 0.19
    assert found.bound == pytest.approx(0.05 ** (1 / 190))

    right[:10] = 0
    nothing = certify(judged_of(scores, right))
    assert math.isnan(nothing.threshold)
    assert (nothing.judged, nothing.right) == (150, 140)
    exact = stats.beta.ppf(0.05, 140, 11)
    assert nothing.bound == pytest.approx(exact)
    assert nothing.why == (
        f"of the 150 judged pictures that score {scores[149]:.3g} or more, 10 are not right: that"
        f" shows a precision of {100 * exact:.1f} % or more, not of 95 %"
    )


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_threshold_of_mapie(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, target = 400, (0.8, 0.9, 0.95)[seed % 3]
    scores = rng.permutation(np.arange(1, count + 1)) / (count + 1)
    right = (rng.random(count) < 1 - (1 - scores) ** 2 * rng.uniform(0.3, 0.6)).astype(float)
    judged = judged_of(scores, right)
    tested = sequence(judged.pool.ascending, count)
    controller = BinaryClassificationController(
        predict_function=lambda scores: np.column_stack([1 - scores, scores]),
        risk="precision",
        target_level=target,
        confidence_level=0.95,
        list_predict_params=tested,
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        # that the risk is not monotone, and where nothing passes
        warnings.simplefilter("ignore", UserWarning)
        controller.calibrate(scores, right)
    judged_above = np.array([(scores >= t).sum() for t in tested])
    wrong_above = np.array([(1 - right[scores >= t]).sum() for t in tested])
    theirs = np.ravel(controller.p_values)
    exact, one_more = (
        stats.binom.cdf(wrong_above + extra, judged_above, 1 - target) for extra in (0, 1)
    )
    # MAPIE rounds n * risk up to whole errors, by the error of a float at times one too many
    assert (theirs >= exact * (1 - 1e-9)).all()
    assert (theirs <= one_more * (1 + 1e-9)).all()
    found = certify(judged, target)
    ways = [tested[control_fwer(exact, 0.05, fwer_method="fixed_sequence")]]
    if ((theirs <= 0.05) == (exact <= 0.05)).all():
        ways.append(controller.valid_predict_params)
    for passed in ways:
        assert found.threshold == passed[-1] if len(passed) else math.isnan(found.threshold)


def test_what_is_tested_is_fixed_by_scores_and_numbers_alone() -> None:
    ascending = np.arange(10_000) / 10_000
    tested = sequence(ascending, 1000)
    accepted = len(ascending) - np.searchsorted(ascending, tested)
    assert accepted[0] == len(ascending) * START // 1000
    assert np.diff(accepted)[:-1].tolist() == pytest.approx(
        [10_000 * STEP] * (len(tested) - 2), abs=1
    )
    assert accepted[-1] == 10_000
    assert sequence(ascending, 60).tolist() == [0.0]


@pytest.mark.parametrize("known", [True, False])
def test_it_errs_no_oftener_than_it_says(known: bool) -> None:
    # precision falls slowly through .95, and the score tells the rank
    rng = np.random.default_rng(11)
    rounds, count = 3000, 400
    pool, chance = np.arange(4000, 0, -1) / 4000, np.linspace(0.99, 0.82, 4000)
    precision = np.cumsum(chance) / np.arange(1, 4001)
    wrong = 0
    for _ in range(rounds):
        ranks = rng.choice(4000, count, replace=False)
        right = rng.random(count) < chance[ranks]
        made = walk(judged_of(pool[ranks], right, pool if known else None), 0.95, 0.95)
        passed = made.passed(0.95)
        if passed:
            wrong += precision[np.searchsorted(-pool, -made.thresholds[passed - 1])] < 0.95
    assert 0 < wrong / rounds <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / rounds)


def test_it_reaches_most_of_what_could_be_reached() -> None:
    made = corpus(FAIR, 50_000, np.random.default_rng(2))
    order = np.argsort(-made.scores)
    precision = np.cumsum(made.top1[order]) / np.arange(1, 50_001)
    oracle = (np.flatnonzero(precision >= 0.95).max() + 1) / 50_000
    reached = []
    for seed in range(60):
        found = certify(round_of(made, 1000, seed))
        reached.append(min(np.nan_to_num(found.coverage), oracle) / oracle)
    assert np.mean(reached) >= 0.8


def test_weights_make_it_approximate() -> None:
    made = corpus(GOOD, 20_000, np.random.default_rng(3))
    judged = round_of(made, 1500, 1, STRATIFIED)
    assert not judged.equal.any()
    found = certify(judged)
    assert not found.guaranteed
    assert found.bound >= 0.95
    accepted = made.scores >= found.threshold
    assert found.coverage == accepted.mean()
    assert found.coverage > 0.5
    assert made.top1[accepted].mean() > 0.94
    assert found.judged == (judged.scores >= found.threshold).sum() >= START


def test_enough_equal_ones_leave_the_others_out() -> None:
    scores = np.full(200, 0.8)
    right = np.ones(200)
    right[100:] = 0
    judged = judged_of(scores, right)
    judged = replace(judged, equal=np.arange(200) < 100, equal_from=0.5)
    found = certify(judged)
    assert (found.guaranteed, found.judged, found.right) == (True, 100, 100)


def test_rounds_looked_at_one_after_the_other_give_no_guarantee() -> None:
    made = corpus(GOOD, 20_000, np.random.default_rng(4))
    draws = sample(CERTIFY, 1600, made.scores, made.cluster, np.random.default_rng(5))
    once = certify(judge(made, draws))
    assert once.guaranteed
    halves = [
        replace(
            draws,
            pictures=draws.pictures[part],
            stratum=draws.stratum[part],
            probability=draws.probability[part] / 2,
            cluster_size=draws.cluster_size[part],
        )
        for part in (slice(800), slice(800, None))
    ]
    twice = certify(judge(made, *halves))
    assert not twice.guaranteed
    assert (twice.threshold, twice.bound) == (once.threshold, once.bound)


def test_a_verdict_in_between_is_not_right() -> None:
    right = np.ones(93)
    right[0] = 0.9
    found = certify(judged_of(np.full(93, 0.8), right))
    assert (found.judged, found.right) == (93, 92)


@pytest.mark.parametrize(
    ("target", "confidence", "least"), [(0.95, 0.95, 59), (0.9, 0.95, 29), (0.99, 0.9, 230)]
)
def test_too_few_verdicts(target: float, confidence: float, least: int) -> None:
    assert fewest(target, confidence) == least
    assert target**least <= 1 - confidence < target ** (least - 1)
    count = least - 1
    found = certify(judged_of(np.linspace(0.1, 0.9, count), np.ones(count)), target, confidence)
    assert math.isnan(found.threshold)
    assert found.why == (
        f"{count} pictures drawn with equal chances were judged, and with fewer than {least}, all"
        f" of them right, nothing shows a precision of {100 * target:g} % with"
        f" {100 * confidence:g} % confidence"
    )
    assert found.more is not None
    assert 0 < found.more < 10 * least


def test_no_verdicts() -> None:
    found = certify(judged_of([], []))
    assert (found.judged, found.more) == (0, 59)
    assert found.why is not None
    assert found.why.startswith("0 pictures")


def test_errors_forgiven() -> None:
    verdicts = np.array(list(NEEDED.values()))
    assert errors_forgiven(verdicts, 0.95, 0.95).tolist() == list(NEEDED)
    assert errors_forgiven(verdicts - 1, 0.95, 0.95).tolist() == [errors - 1 for errors in NEEDED]
    assert errors_forgiven(np.array([0, 10**9]), 0.95, 0.95).tolist() == [-1, MOST_ERRORS]


def test_few_verdicts_that_are_all_wrong_promise_nothing() -> None:
    assert certify(judged_of(np.linspace(0.1, 0.9, 30), np.zeros(30))).more is None


def test_no_more_are_asked_for_than_are_left() -> None:
    pool = np.linspace(0, 1, 300)
    judged = judged_of(pool[::2], (np.arange(150) % 15 > 0).astype(float), pool=pool)
    endless = judged_of(pool[::2], (np.arange(150) % 15 > 0).astype(float))
    asked = certify(endless).more
    assert asked is None or asked > 150
    assert certify(judged).more is None


def test_how_many_more_are_likely_to_be_needed() -> None:
    rng = np.random.default_rng(6)
    scores = rng.random(300)
    hopeless = certify(judged_of(scores, rng.random(300) < 0.7))
    assert hopeless.why is not None
    assert hopeless.more is None

    # 5 of the best 150 are wrong, where 2 are forgiven: new ones have to outweigh them
    scores, right = np.linspace(1, 0.01, 300), np.ones(300)
    right[[5, 50, 90, 120, 140]] = 0
    near = certify(judged_of(scores, right))
    assert near.why is not None
    assert near.more is not None
    assert near.more >= 50


def test_with_so_many_more_it_passes_about_as_often_as_not() -> None:
    rng = np.random.default_rng(8)
    chance = np.linspace(1.0, 0.7, 10_000)
    pool = np.linspace(1.0, 0.1, 10_000)

    def round_of(count: int) -> Judged:
        ranks = rng.choice(10_000, count, replace=False)
        return judged_of(pool[ranks], rng.random(count) < chance[ranks], pool)

    told, passed = 0, 0
    while told < 80:
        found = certify(round_of(200))
        if found.why is not None and found.more is not None and found.more < 3000:
            told += 1
            passed += certify(round_of(200 + found.more)).why is None
    assert 0.3 <= passed / told <= 0.9


@pytest.mark.parametrize(("target", "confidence"), [(1.0, 0.95), (0.95, 0.0), (math.nan, 0.9)])
def test_what_is_refused(target: float, confidence: float) -> None:
    with pytest.raises(InputError, match="is out of range: choose over 0 and under 1"):
        certify(judged_of([0.5], [1]), target, confidence)
