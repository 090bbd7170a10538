"""Judged pictures of given scores and verdicts, as a uniform round gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.judged import UNKNOWN, Judged, Pool, Reviews


def judged_of(
    scores: ArrayLike, right: ArrayLike, pool: ArrayLike | None = None, equal: bool = True
) -> Judged:
    """Return judged pictures of one part, which stand for `pool`, or for an unknown one."""
    scores, right = np.asarray(scores, float), np.asarray(right, float)
    pool_scores = scores if pool is None else np.asarray(pool, float)
    count = len(scores)
    weight = np.full(count, len(pool_scores) / max(count, 1))
    return Judged(
        scores=scores,
        top1=right,
        topk=right,
        classes=np.zeros(count, np.int64),
        right=np.where(right == 1, 0, UNKNOWN),
        image_ids=np.arange(count),
        weight=weight,
        bin=np.zeros(count, np.int64),
        edges=np.array([0.0, np.inf]),
        drawn=np.zeros(count) if pool is None else 1 / weight,
        equal=np.full(count, equal),
        equal_from=0.0 if equal else np.nan,
        cluster_size=np.ones(count, np.int64),
        pool=Pool(
            pool_scores, np.zeros(len(pool_scores), np.int64), ["a class"], known=pool is not None
        ),
        reviews=Reviews(
            item=np.arange(count),
            reviewer=np.zeros(count, np.int64),
            answer=np.zeros(count, np.int64),
            settles=np.zeros(count, bool),
            reviewers=["nobody"],
            answers=["top1"],
        ),
    )
