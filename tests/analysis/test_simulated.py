"""Simulated runs are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.sampling import sample
from analysis.simulated import QUALITIES, corpus, judge
from db.verdicts import UNIFORM


@pytest.mark.parametrize(
    ("quality", "auroc"), list(zip(QUALITIES, (0.70, 0.87, 0.94), strict=True))
)
def test_qualities_are_what_they_are_called(quality, auroc: float) -> None:
    made = corpus(quality, 60_000, np.random.default_rng(0))
    assert quality.name == f"AUROC {auroc:.2f}".replace("0.", ".")
    assert roc_auc_score(made.top1, made.scores) == pytest.approx(auroc, abs=0.01)
    assert 0.78 < made.top1.mean() < 0.83
    assert (made.topk >= made.top1).all()
    assert 0 < made.scores.min() <= made.scores.max() <= 1


def test_near_duplicates_are_alike() -> None:
    made = corpus(QUALITIES[1], 10_000, np.random.default_rng(1), 3.0)
    sizes = np.bincount(made.cluster)
    assert 2 < sizes.mean() < 4
    assert sizes.max() > 10
    for values in (made.top1, made.topk, made.classes):
        assert (
            values == values[np.flatnonzero(np.diff(made.cluster, prepend=-1))][made.cluster]
        ).all()
    assert len(np.unique(made.scores)) > 9_000


def test_reviewers_make_no_mistake() -> None:
    rng = np.random.default_rng(2)
    made = corpus(QUALITIES[0], 1000, rng)
    drawn = sample(UNIFORM, 100, made.scores, made.cluster, rng)
    judged = judge(made, drawn, judged=40)
    assert judged.image_ids.tolist() == drawn.pictures[:40].tolist()
    assert judged.top1.tolist() == made.top1[judged.image_ids].tolist()
    said = [judged.reviews.answers[each] for each in judged.reviews.answer]
    wanted = np.where(judged.top1 == 1, "top1", np.where(judged.topk == 1, "topk", "none"))
    assert said == wanted.tolist()
