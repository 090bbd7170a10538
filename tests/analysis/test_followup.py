"""Second phases: drawn where a question is open, and no more often than the first phase lacked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.followup import (
    ACCURACY,
    PRECISION,
    QUESTIONS,
    RECALL,
    Question,
    Remaining,
    sample_for,
)
from analysis.simulated import FAIR, GOOD, Corpus, corpus
from vision.errors import InputError


def by_score(scores: np.ndarray) -> np.ndarray:
    return np.clip(scores, 0.02, 0.98)


def whole(made: Corpus) -> Remaining:
    return Remaining(made.scores, made.cluster, np.ones(len(made.scores), bool))


@pytest.mark.parametrize(
    ("about", "at", "told"),
    [
        ("rank", None, "'rank' is no question: choose one of accuracy, precision, recall"),
        (PRECISION, None, "the precision depends on the threshold: name one"),
        (RECALL, 1.5, "1.5 is no threshold: choose a score from 0 to 1"),
        (ACCURACY, 0.5, "the accuracy is that of all pictures: leave the threshold out"),
    ],
)
def test_a_question_is_checked(about: str, at: float | None, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Question(about, at)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(QUESTIONS),
    st.floats(0.1, 0.9),
    st.integers(1, 150),
    st.integers(0, 99),
    st.sampled_from([1.0, 3.0]),
    st.floats(0, 0.7),
)
def test_what_is_drawn_was_left_and_concerned(
    about: str, at: float, size: int, seed: int, near: float, gone: float
) -> None:
    rng = np.random.default_rng(seed)
    made = corpus(FAIR, 1500, rng, near)
    left = ~np.isin(made.cluster, np.flatnonzero(rng.random(made.cluster[-1] + 1) < gone))
    question = Question(about, None if about == ACCURACY else at)
    frame = Remaining(made.scores, made.cluster, left)
    able = left & question.concerns(made.scores)
    if size > len(np.unique(made.cluster[able])):
        with pytest.raises(InputError, match="choose a size up to"):
            sample_for(question, size, frame, by_score, rng)
        return
    drawn = sample_for(question, size, frame, by_score, rng)
    assert len(drawn.pictures) == size
    assert able[drawn.pictures].all()
    assert len(np.unique(made.cluster[drawn.pictures])) == size
    assert ((drawn.probability > 0) & (drawn.probability * drawn.cluster_size <= 1 + 1e-9)).all()
    assert drawn.frame["question"] == {"for": about, "at": question.at}
    told = drawn.frame["strata"]
    assert sum(each["drawn"] for each in told) == size
    assert sum(each["pictures"] for each in told) == able.sum()
    lower = [each["lower"] for each in told]
    assert lower == sorted(lower)


def test_the_open_scores_are_drawn_more_often() -> None:
    made = corpus(GOOD, 20_000, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    drawn = sample_for(Question(ACCURACY), 1000, whole(made), by_score, rng)
    scores = made.scores[drawn.pictures]
    weight = 1 / drawn.probability
    middle, sure = (scores > 0.3) & (scores < 0.7), scores > 0.98
    assert weight[sure].mean() > 2 * weight[middle].mean()
    # a fifth is spread evenly all the same
    even = 20_000 / 1000
    assert weight.max() < even / 0.2 * 1.5


def test_recall_is_asked_where_it_turns() -> None:
    made = corpus(FAIR, 20_000, np.random.default_rng(2))
    rng = np.random.default_rng(3)
    question = Question(RECALL, 0.9)
    drawn = sample_for(question, 1000, whole(made), by_score, rng)
    told = drawn.frame["strata"]
    # no stratum lies on both sides of the threshold
    assert all((each["lower"] >= 0.9) == (each["upper"] >= 0.9) for each in told)
    counts = question.counts(made.scores, by_score(made.scores))
    recall = by_score(made.scores)[made.scores >= 0.9].sum() / by_score(made.scores).sum()
    assert np.unique(counts.round(9)).tolist() == pytest.approx(sorted([recall, 1 - recall]))


def test_the_second_phase_brings_what_the_first_lacks() -> None:
    """Together, both are spread as one round aimed at the question from the start."""
    made = corpus(FAIR, 20_000, np.random.default_rng(4))
    rng = np.random.default_rng(5)
    first = rng.choice(20_000, 400, replace=False)
    left = np.ones(20_000, bool)
    left[first] = False
    frame = Remaining(made.scores, made.cluster, left)
    second = sample_for(Question(ACCURACY), 600, frame, by_score, rng)
    both = np.concatenate([first, second.pictures])
    once = sample_for(Question(ACCURACY), 1000, whole(made), by_score, rng)
    edges = [0, 0.5, 0.8, 0.95, 1.01]
    got, wanted = (
        np.histogram(made.scores[pictures], edges)[0] for pictures in (both, once.pictures)
    )
    assert got == pytest.approx(wanted, abs=60)


def test_the_chances_are_what_they_say() -> None:
    made = corpus(FAIR, 600, np.random.default_rng(6), 2.0)
    question = Question(PRECISION, 0.8)
    total = np.zeros(600)
    said = np.zeros(600)
    rng = np.random.default_rng(7)
    for _ in range(1500):
        drawn = sample_for(question, 40, whole(made), by_score, rng)
        total[drawn.pictures] += 1
        said[drawn.pictures] = drawn.probability
    seen = said > 0
    z = (total[seen] - 1500 * said[seen]) / np.sqrt(1500 * said[seen] * (1 - said[seen]) + 1e-9)
    assert np.sqrt(np.mean(z**2)) == pytest.approx(1, abs=0.15)
