"""Operating points: apparent and held-out performance, and what is left undefined."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.criteria import CLOSEST, F1, YOUDEN, Criterion, least_coverage
from analysis.curves import counts
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, corpus, judge
from analysis.thresholds import operating_point, performance
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of


def round_of(design: str, size: int = 300, seed: int = 1) -> Judged:
    rng = np.random.default_rng(seed)
    made = corpus(FAIR, 5000, rng)
    return judge(made, sample(design, size, made.scores, made.cluster, rng))


@pytest.mark.parametrize("criterion", [CLOSEST, YOUDEN, F1], ids=lambda each: each.name)
def test_what_is_apparent_and_what_is_held_out(criterion: Criterion) -> None:
    judged = round_of(STRATIFIED)
    scores, right, weight = judged.scores, judged.top1, judged.weight
    found = operating_point(judged, criterion)
    assert found.why is None
    counted = counts(scores, right, weight)
    point = counted.thresholds.tolist().index(found.threshold)
    assert found.apparent.precision == pytest.approx(counted.precision[point])
    assert found.apparent.recall == pytest.approx(counted.tpr[point])
    assert found.apparent.fpr == pytest.approx(counted.fpr[point])
    assert found.apparent.coverage == pytest.approx(counted.coverage[point])

    accepted = found.accepted(scores)
    for number, threshold in enumerate(found.by_fold):
        rest = found.fold != number
        chosen = criterion.choose(counts(scores[rest], right[rest], weight[rest]))
        assert threshold == chosen
        assert (accepted[~rest] == (scores[~rest] >= chosen)).all()
    assert found.held_out == performance(judged, accepted)
    assert np.bincount(found.fold).tolist() == [60] * 5


def test_a_choice_among_noise_looks_better_than_it_is() -> None:
    rng = np.random.default_rng(4)
    apparent, held_out = [], []
    for _ in range(60):
        scores = rng.random(100)
        point = operating_point(judged_of(scores, rng.random(100) < 0.5), YOUDEN)
        apparent.append(point.apparent.recall - point.apparent.fpr)
        held_out.append(point.held_out.recall - point.held_out.fpr)
    assert np.mean(apparent) > 0.1
    assert abs(np.mean(held_out)) < 4 * np.std(held_out) / math.sqrt(60)


def test_a_coverage_is_that_of_the_pool_and_needs_no_verdicts() -> None:
    judged = round_of(UNIFORM)
    found = operating_point(judged, least_coverage(0.6, judged.pool))
    assert judged.pool.coverage(found.threshold) == 0.6
    assert (found.by_fold == found.threshold).all()
    assert found.held_out == found.apparent
    assert found.apparent.coverage == pytest.approx(0.6, abs=0.05)


def test_drawn_from_the_best_scored_alone() -> None:
    judged = round_of(CERTIFY)
    found = operating_point(judged, YOUDEN)
    assert math.isnan(found.threshold)
    assert found.why is not None
    assert "drawn only from scores of" in found.why
    found = operating_point(judged, least_coverage(0.6, judged.pool))
    assert judged.pool.coverage(found.threshold) == 0.6
    assert found.apparent.coverage == pytest.approx(0.6, abs=0.05)
    assert found.apparent.precision > 0.9
    assert math.isnan(found.apparent.recall)
    assert math.isnan(found.apparent.fpr)


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ([], "no picture was judged yet"),
        ([1], "1 right and 0 wrong pictures were judged, and 2 of each are needed: judge more"),
        ([1] * 9, "9 right and 0 wrong pictures were judged, and 2 of each are needed: judge more"),
    ],
)
def test_too_few_verdicts(right: list[int], told: str) -> None:
    judged = judged_of(np.linspace(0.1, 0.9, len(right)), right)
    found = operating_point(judged, CLOSEST)
    assert found.why == told
    assert math.isnan(found.threshold)
    assert all(math.isnan(value) for value in vars(found.held_out).values())
    assert np.isnan(found.by_fold).all()
    assert len(found.accepted(judged.scores)) == len(right)


def test_a_fold_that_holds_all_the_wrong_ones() -> None:
    judged = judged_of([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05], [1] * 10)
    fold = operating_point(replace(judged, top1=np.arange(10) % 2 * 1.0), CLOSEST).fold
    found = operating_point(replace(judged, top1=(fold != 2).astype(float)), CLOSEST)
    assert not math.isnan(found.threshold)
    assert math.isnan(found.held_out.precision)
    assert found.why == "right and wrong pictures are too few to hold some out: judge more"
