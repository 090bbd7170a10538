"""Two runs on the same verdicts: what verdicts tell of the other run, and how sure that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from analysis.compare import Predictions, compare, paired, scored
from analysis.estimates import FUTURE
from analysis.judged import UNKNOWN, Floats, Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, Corpus, corpus, judge
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM

SIZE = 8_000


@pytest.fixture(scope="module")
def made() -> Corpus:
    return corpus(FAIR, SIZE, np.random.default_rng(1))


def drawn(made: Corpus, design: str, n: int, seed: int = 0) -> Judged:
    return judge(made, sample(design, n, made.scores, made.cluster, np.random.default_rng(seed)))


def other_run(made: Corpus, change: float, seed: int = 2) -> Floats:
    """Return verdicts on a run that differs on a share `change`, and is then right by 70 %."""
    rng = np.random.default_rng(seed)
    anew = (rng.random(SIZE) < 0.7).astype(float)
    return np.where(rng.random(SIZE) < change, anew, made.top1)


# what reviewers saw (ranks 1 to 3), what the other run says, the verdict, and what that tells
CASES = [
    ("top1", 4, (1, 1), 4, (1, 1)),
    ("top1", 5, (1, 1), 4, (0, 0)),
    ("top1", 9, (1, 1), 4, (0, 0)),
    ("rank told, same as the judged run", 4, (0, 1), 5, (0, 0)),
    ("rank told, the right one", 5, (0, 1), 5, (1, 1)),
    ("rank told, unseen", 9, (0, 1), 5, (0, 0)),
    ("topk, same as the judged run", 4, (0, 1), UNKNOWN, (0, 0)),
    ("topk, a later rank", 5, (0, 1), UNKNOWN, (0, 1)),
    ("topk, unseen", 9, (0, 1), UNKNOWN, (0, 1)),
    ("none, same as the judged run", 4, (0, 0), UNKNOWN, (0, 0)),
    ("none, a later rank", 6, (0, 0), UNKNOWN, (0, 0)),
    ("none, unseen", 9, (0, 0), UNKNOWN, (0, 1)),
    ("right class told that was not seen", 9, (0, 0), 9, (1, 1)),
    ("in dispute, same as the judged run", 4, (0.5, 0.5), UNKNOWN, (0.5, 0.5)),
    ("in dispute, a later rank", 5, (0.5, 0.5), UNKNOWN, (0, 1)),
    ("not labeled by the other run", UNKNOWN, (0, 0), UNKNOWN, (0, 1)),
    ("not labeled by the other run", UNKNOWN, (1, 1), 4, (0, 1)),
]


@pytest.mark.parametrize(("what", "other", "verdict", "right", "told"), CASES)
def test_what_a_verdict_tells(
    made: Corpus,
    what: str,
    other: int,
    verdict: tuple[float, float],
    right: int,
    told: tuple[float, float],
) -> None:
    judged = drawn(made, UNIFORM, 20)
    judged = replace(judged, top1=np.full(20, verdict[0]), topk=np.full(20, verdict[1]))
    seen = np.tile([4, 5, 6], (20, 1))
    low, high = scored(judged, Predictions(seen, np.full(20, other), np.full(20, right)))
    assert set(low) == {told[0]}, what
    assert set(high) == {told[1]}, what


def test_bounds_hold_what_is_true(made: Corpus) -> None:
    rng = np.random.default_rng(3)
    judged = drawn(made, STRATIFIED, 400)
    seen = rng.permuted(np.tile(np.arange(8), (400, 1)), axis=1)[:, :3]
    truth = np.where(judged.top1 == 1, seen[:, 0], np.where(judged.topk == 1, seen[:, 1], 8))
    told = np.where((judged.top1 == 1) | (rng.random(400) < 0.3), truth, UNKNOWN)
    other = np.where(rng.random(400) < 0.7, truth, rng.integers(0, 10, 400))
    low, high = scored(judged, Predictions(seen, other, told))
    right = (other == truth).astype(float)
    assert ((low <= right) & (right <= high)).all()

    found = compare(judged, Predictions(seen, other, told))
    weight = judged.weight / judged.weight.sum()
    assert 0 < found.unknown < 1
    assert found.unknown == pytest.approx(weight @ (low < high))
    assert found.high.difference.value - found.low.difference.value == pytest.approx(found.unknown)
    difference = weight @ (right - judged.top1)
    assert found.low.difference.value <= difference <= found.high.difference.value
    assert found.accuracy_low.value < weight @ right < found.accuracy_high.value


def test_a_run_compared_with_itself(made: Corpus) -> None:
    judged = drawn(made, UNIFORM, 300)
    seen = np.stack([judged.classes, judged.classes + 1], axis=1)
    found = compare(judged, Predictions(seen, judged.classes, judged.right))
    assert found.unknown == 0
    assert found.low == found.high
    assert found.low.difference.value == 0
    assert (found.low.better, found.low.worse, found.low.p_value) == (0, 0, 1)
    # one picture in four cells of a half each: not certain
    assert 0 < found.low.difference.high < 0.02
    assert found.low.difference.low == -found.low.difference.high


@pytest.mark.parametrize("design", [UNIFORM, STRATIFIED])
@pytest.mark.parametrize(("n", "change"), [(150, 0.3), (600, 0.1)])
def test_the_interval_of_the_difference_covers(
    made: Corpus, design: str, n: int, change: float
) -> None:
    other = other_run(made, change)
    truth = other.mean() - made.top1.mean()
    covered, error = [], []
    for seed in range(250):
        judged = drawn(made, design, n, seed)
        found = paired(judged, other[judged.image_ids]).difference
        covered.append(found.low <= truth <= found.high)
        error.append(found.value - truth)
    assert 0.92 <= np.mean(covered) <= 0.985
    assert abs(np.mean(error)) < 4 * np.std(error) / np.sqrt(250)


def test_pairs_tell_more_than_two_intervals(made: Corpus) -> None:
    judged = drawn(made, STRATIFIED, 500)
    other = other_run(made, 0.1)[judged.image_ids]
    found = paired(judged, other).difference
    apart = paired(judged, np.roll(other, 250)).difference
    assert found.half_width < 0.6 * apart.half_width


def test_all_drawn_leave_no_doubt() -> None:
    small = corpus(FAIR, 300, np.random.default_rng(4))
    judged = drawn(small, UNIFORM, 300)
    other = 1 - judged.top1
    found = paired(judged, other).difference
    assert found.value == pytest.approx(1 - 2 * small.top1.mean())
    assert found.half_width == pytest.approx(0, abs=1e-9)
    of_future = paired(judged, other, about=FUTURE).difference
    assert of_future.half_width > 0.05


@settings(max_examples=40)
@given(st.integers(0, 99), st.floats(0, 1))
def test_the_p_value_is_that_of_mcnemar(seed: int, change: float) -> None:
    rng = np.random.default_rng(seed)
    small = corpus(FAIR, 200, rng)
    judged = drawn(small, UNIFORM, 60)
    other = np.where(rng.random(60) < change, rng.integers(0, 2, 60), judged.top1)
    found = paired(judged, other)
    table = [[((judged.top1 == a) & (other == b)).sum() for b in (0, 1)] for a in (0, 1)]
    assert (found.better, found.worse) == (table[0][1], table[1][0])
    if found.better + found.worse:
        assert found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
        expected = binomtest(found.better, found.better + found.worse).pvalue
        assert found.p_value == pytest.approx(expected)


def test_unequal_chances_have_no_exact_test(made: Corpus) -> None:
    judged = drawn(made, STRATIFIED, 300)
    assert np.isnan(paired(judged, 1 - judged.top1).p_value)


def test_a_round_of_the_best_scored_says_nothing_of_all(made: Corpus) -> None:
    judged = drawn(made, CERTIFY, 300)
    found = paired(judged, 1 - judged.top1)
    assert np.isnan(found.difference.value)
    assert found.difference.why is not None
    assert "draw a round of all pictures" in found.difference.why


def test_nothing_judged(made: Corpus) -> None:
    judged = drawn(made, UNIFORM, 20)
    columns = [name for name, each in vars(judged).items() if isinstance(each, np.ndarray)]
    none = replace(
        judged, **{name: getattr(judged, name)[:0] for name in columns if name != "edges"}
    )
    nothing = np.zeros(0, np.int64)
    found = compare(none, Predictions(np.zeros((0, 3), np.int64), nothing, nothing))
    assert np.isnan([found.unknown, found.low.difference.value, found.low.p_value]).all()
    assert found.low.difference.why is not None
