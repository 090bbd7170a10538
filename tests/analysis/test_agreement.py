"""Agreement: equal to the reference libraries, and honest about what few pictures tell."""

from __future__ import annotations

from dataclasses import replace

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.agreement import NOTHING_TWICE, ONE_ANSWER, agreement, alpha, disputed, noise
from analysis.intervals import wilson
from analysis.judged import Floats, Ints, Judged, Reviews
from analysis.sampling import sample
from analysis.simulated import FAIR, corpus, judge
from db.verdicts import STRATIFIED

ANSWERS = ["top1", "topk", "none"]
PEOPLE = ["Ada", "Ben", "Cem"]

# one row a picture: what each of three people said, -1 for nothing
tables = st.lists(
    st.tuples(*[st.sampled_from([-1, 0, 0, 1, 2])] * len(PEOPLE)), min_size=1, max_size=40
)


def reviews(rows: list[tuple[int, ...]], settled: dict[int, int] | None = None) -> Reviews:
    """Return the answers of a table, and those that settle, as {item: answer}."""
    given = [
        (item, reviewer, answer, False)
        for item, row in enumerate(rows)
        for reviewer, answer in enumerate(row)
        if answer >= 0
    ]
    given += [(item, 0, answer, True) for item, answer in (settled or {}).items()]
    columns = list(zip(*given, strict=True)) or [()] * 4
    item, reviewer, answer = (np.array(column, np.int64) for column in columns[:3])
    return Reviews(item, reviewer, answer, np.array(columns[3], bool), PEOPLE, ANSWERS)


@given(tables)
def test_alpha_is_that_of_krippendorff(rows: list[tuple[int, ...]]) -> None:
    kept = [row for row in rows if sum(answer >= 0 for answer in row) > 1]
    assume(len({answer for row in kept for answer in row if answer >= 0}) > 1)
    told = np.array(rows, float).T
    expected = krippendorff.alpha(np.where(told < 0, np.nan, told), level_of_measurement="nominal")
    found = agreement(reviews(rows)).alpha
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low <= found.value <= found.high
    assert found.n == len(kept)


@given(tables)
def test_kappa_is_that_of_scikit_learn_and_statsmodels(rows: list[tuple[int, ...]]) -> None:
    found = agreement(reviews(rows))
    table = np.array(rows)
    for one in range(len(PEOPLE)):
        assert np.isnan(found.kappa[one, one])
        for other in set(range(len(PEOPLE))) - {one}:
            both = table[(table[:, one] >= 0) & (table[:, other] >= 0)][:, [one, other]]
            assert found.pairs[one, other] == len(both)
            if not len(both) or len(np.unique(both)) < 2:
                assert np.isnan(found.kappa[one, other])
                continue
            same = both[:, 0] == both[:, 1]
            assert found.same[one, other] == pytest.approx(same.mean())
            expected = cohen_kappa_score(both[:, 0], both[:, 1], labels=[0, 1, 2])
            assert found.kappa[one, other] == pytest.approx(expected, abs=1e-9)
            counts = np.bincount(3 * both[:, 0] + both[:, 1], minlength=9).reshape(3, 3)
            theirs = cohens_kappa(counts, return_results=False)
            assert found.kappa[one, other] == pytest.approx(theirs, abs=1e-9)


@given(tables)
def test_raw_agreement_is_of_first_and_second_answers(rows: list[tuple[int, ...]]) -> None:
    pairs = [told[:2] for row in rows if len(told := [answer for answer in row if answer >= 0]) > 1]
    found = agreement(reviews(rows)).raw
    assert found.n == len(pairs)
    if pairs:
        share = np.mean([first == second for first, second in pairs])
        assert found.value == pytest.approx(share)
        assert (found.low, found.high) == pytest.approx(wilson(share, len(pairs)))


@given(tables, st.dictionaries(st.integers(0, 39), st.integers(0, 2)))
def test_disputes_are_different_answers_that_nobody_settled(
    rows: list[tuple[int, ...]], settled: dict[int, int]
) -> None:
    settled = {item: answer for item, answer in settled.items() if item < len(rows)}
    expected = [
        item for item, row in enumerate(rows) if len(set(row) - {-1}) > 1 and item not in settled
    ]
    assert disputed(reviews(rows, settled)).tolist() == expected


def test_settling_answers_are_no_agreement() -> None:
    rows = [(0, 1, -1), (0, 0, -1), (1, -1, -1)]
    with_settled = agreement(reviews(rows, {0: 1, 2: 1}))
    without = agreement(reviews(rows))
    assert with_settled.raw == without.raw
    assert with_settled.alpha == without.alpha
    assert with_settled.pairs.tolist() == without.pairs.tolist()


def test_a_reviewer_who_answers_again_is_compared_with_themselves() -> None:
    twice = replace(reviews([(0, 0, -1), (0, 1, -1)]), reviewer=np.zeros(4, np.int64))
    found = agreement(twice)
    assert found.pairs.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert found.same[0, 0] == 0.5


@pytest.mark.parametrize("rows", [[(-1, -1, -1)], [(0, -1, -1), (-1, 2, -1)]])
def test_nothing_answered_twice_is_undefined(rows: list[tuple[int, ...]]) -> None:
    found = agreement(reviews(rows))
    for each in (found.raw, found.alpha):
        assert np.isnan([each.value, each.low, each.high]).all()
        assert each.why == NOTHING_TWICE
    assert np.isnan(found.kappa).all()


def test_always_one_answer_has_no_alpha() -> None:
    found = agreement(reviews([(0, 0, -1), (0, 0, 0), (1, -1, -1)]))
    assert found.raw.value == 1
    assert np.isnan(found.alpha.value)
    assert found.alpha.why == ONE_ANSWER
    assert np.isnan(found.kappa).all()


def test_agreement_without_exception_is_not_certain() -> None:
    found = agreement(reviews([(0, 0, -1)] * 20 + [(1, 1, -1)] * 10))
    assert found.alpha.value == found.alpha.high == 1
    assert found.alpha.low < 0.95


def answered_twice(n: int, slip: float, rng: np.random.Generator) -> Ints:
    """Return the counts (n, 3) of two answers each, of people who guess with chance `slip`."""
    shares = [0.8, 0.12, 0.08]
    right = rng.choice(3, n, p=shares)
    counts = np.zeros((n, 3), np.int64)
    for _ in range(2):
        guess = rng.choice(3, n, p=shares)
        counts[np.arange(n), np.where(rng.random(n) < slip, guess, right)] += 1
    return counts


@pytest.mark.parametrize(("slip", "n"), [(0.2, 75), (0.1, 75), (0.05, 150), (0.02, 200)])
def test_the_interval_of_alpha_covers(slip: float, n: int) -> None:
    rng = np.random.default_rng(n)
    truth = alpha(answered_twice(500_000, slip, rng)).value
    found = [alpha(answered_twice(n, slip, rng), seed=seed) for seed in range(200)]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.915 <= covered <= 0.985


def reviewed(judged: Judged, first: Floats, second: Floats, twice: Ints) -> Judged:
    """Return pictures with first answers, and second ones of some, which settle differences."""
    n = len(judged)
    told = np.where(np.concatenate([first, second[twice]]) == 1, 0, 2)
    top1 = first.copy()
    top1[twice] = second[twice]
    return replace(
        judged,
        top1=top1,
        reviews=Reviews(
            item=np.concatenate([np.arange(n), twice]),
            reviewer=np.repeat([0, 1], [n, len(twice)]),
            answer=told,
            settles=np.zeros(len(told), bool),
            reviewers=PEOPLE,
            answers=ANSWERS,
        ),
    )


@pytest.fixture(scope="module")
def judged() -> Judged:
    made = corpus(FAIR, 20_000, np.random.default_rng(1))
    drawn = sample(STRATIFIED, 600, made.scores, np.arange(20_000), np.random.default_rng(2))
    return judge(made, drawn)


@pytest.mark.parametrize(("number", "hurry"), [(60, 0.3), (120, 0.3), (120, 0.1)])
def test_second_looks_tell_what_the_others_lack(judged: Judged, number: int, hurry: float) -> None:
    rng = np.random.default_rng(number)
    n, weight = len(judged), judged.weight
    missed, covered = [], []
    for _ in range(300):
        # who is hurried says "right" of some that are not; who looks again is not hurried
        first = np.where(rng.random(n) < hurry, 1.0, judged.top1)
        twice = rng.choice(n, number, replace=False)
        found = noise(reviewed(judged, first, judged.top1, twice))
        all_twice = weight @ judged.top1 / weight.sum()
        mean = weight @ reviewed(judged, first, judged.top1, twice).top1 / weight.sum()
        missed.append(mean + found.difference - all_twice)
        covered.append(abs(missed[-1]) <= 1.96 * np.sqrt(found.variance))
        assert found.n == number
    assert abs(np.mean(missed)) < 4 * np.std(missed) / np.sqrt(len(missed))
    assert 0.91 <= np.mean(covered) <= 0.98


def test_no_difference_among_few_is_not_certain(judged: Judged) -> None:
    found = noise(reviewed(judged, judged.top1, judged.top1, np.arange(0, 600, 20)))
    assert found.difference == 0
    # one in 32 of 30 pictures
    assert found.variance == pytest.approx(1 / 32 / 30, rel=0.5)


def test_all_looked_at_again_lack_nothing(judged: Judged) -> None:
    found = noise(reviewed(judged, judged.top1, judged.top1, np.arange(600)))
    assert (found.difference, found.variance, found.n) == (0, 0, 600)


def test_nothing_looked_at_again_tells_nothing(judged: Judged) -> None:
    found = noise(judged)
    assert np.isnan([found.difference, found.variance]).all()
    assert found.n == 0


def test_one_picture_looked_at_again(judged: Judged) -> None:
    found = noise(reviewed(judged, judged.top1, 1 - judged.top1, np.array([7])))
    assert abs(found.difference) == pytest.approx(1, rel=0.01)
    assert found.variance == pytest.approx(1 / 3, rel=0.02)
