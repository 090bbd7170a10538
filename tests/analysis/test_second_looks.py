"""Reviewers' errors carried into the accuracy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.agreement import Noise, noise
from analysis.estimates import FUTURE, Estimator
from analysis.intervals import Estimate
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.second_looks import corrected
from analysis.simulated import FAIR, Corpus, corpus, judge
from db.verdicts import UNIFORM

ACCURACY = Estimate(0.8, 0.75, 0.85, 240, 250.0)


def test_a_difference_moves_it_and_widens_it() -> None:
    made = corrected(ACCURACY, Noise(-0.05, 0.0004, 30))
    assert made.value == pytest.approx(0.75)
    assert made.n_eff < 200
    assert made.low < 0.70 < 0.79 < made.high
    same = corrected(ACCURACY, Noise(0.0, 0.0, 240))
    assert (same.value, same.n_eff) == (0.8, pytest.approx(250))


def test_without_second_looks_it_is_undefined() -> None:
    made = corrected(ACCURACY, Noise(np.nan, np.nan, 0))
    assert np.isnan(made.value)
    assert "two reviewers" in str(made.why)
    nothing = replace(ACCURACY, value=np.nan, why="nothing was judged")
    assert corrected(nothing, Noise(0.0, 0.0, 3)) is nothing


def hasty(made: Corpus, size: int, rng: np.random.Generator) -> Judged:
    """Judge with a first reviewer who takes one wrong prediction in five for right; a fifth of the
    pictures is looked at again by two who make no mistake."""
    judged = judge(made, sample(UNIFORM, size, made.scores, made.cluster, rng))
    slip = (judged.top1 == 0) & (rng.random(size) < 0.2)
    first = np.where(slip, 0, judged.reviews.answer)
    again = np.flatnonzero(rng.random(size) < 0.2)
    reviews = replace(
        judged.reviews,
        item=np.concatenate([np.arange(size), again, again]),
        reviewer=np.concatenate([np.zeros(size, int), again * 0 + 1, again * 0 + 2]),
        answer=np.concatenate([first, judged.reviews.answer[again], judged.reviews.answer[again]]),
        settles=np.zeros(size + 2 * len(again), bool),
        reviewers=["hasty", "careful", "careful too"],
    )
    stands = np.where(slip, 1.0, judged.top1)
    stands[again] = judged.top1[again]
    return replace(judged, top1=stands, reviews=reviews)


def test_the_corrected_interval_holds_the_truth() -> None:
    rng = np.random.default_rng(1)
    plain, mended = [], []
    for _ in range(150):
        made = corpus(FAIR, 3000, rng)
        judged = hasty(made, 500, rng)
        accuracy = Estimator(judged, FUTURE).accuracy()
        for kept, each in ((plain, accuracy), (mended, corrected(accuracy, noise(judged)))):
            kept.append(each.low <= 0.812 <= each.high)
    assert np.mean(plain) < 0.75
    assert 0.88 < np.mean(mended) <= 1
