"""Cuts judged pictures into folds at random, so that nothing is judged by what it was fitted to."""

from __future__ import annotations

import numpy as np

from analysis.judged import Ints

FOLDS = 5


def folds(part: Ints, seed: int, count: int = FOLDS) -> Ints:
    """Return the fold of each judged picture, 0 to `count` - 1.

    Parameters
    ----------
    part : array (n,) of int
        `Judged.bin`: each part is spread evenly over the folds.
    seed : int
        The same seed cuts the same way.
    count : int
        Folds at most; with fewer pictures, each is a fold of its own.
    """
    order = np.random.default_rng(seed).permutation(len(part))
    order = order[np.argsort(part[order], kind="stable")]
    fold = np.empty(len(part), np.int64)
    fold[order] = np.arange(len(part)) % max(min(count, len(part)), 1)
    return fold
