"""Thresholds tested one after the other, each for the precision that it is at least sure of.

From the strictest down, in an order that no verdict had a part in, each at the full level; the
walk ends at the first that fails, and the last that passed may be trusted (fixed-sequence
testing). That needs pictures drawn with equal chances: the accepted ones are then a simple random
sample of all accepted, and right ones among them binomial. Precision need not rise with the
threshold. Verdicts that reviewers disagree about count as wrong.

Sources: A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, Learn then test, 2021
(arXiv 2110.01052); C. J. Clopper, E. S. Pearson, 1934 (the bound).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from analysis.criteria import at_coverage
from analysis.estimates import FUTURE, Estimator
from analysis.intervals import clopper_pearson
from analysis.judged import Floats, Ints, Judged

START, START_SHARE, STEP = 150, 0.1, 0.02
"""The first threshold expects `START` judged pictures, and at least this share of them; each
further one accepts `STEP` more of the pictures that were drawn from."""

MOST_ERRORS = 1000

UNEQUAL = "as pictures were not drawn with equal chances"
LOOKED_AT = "as several rounds were put together, and there was a look after each"
"""Why bounds are approximate. Whoever draws another round each time that none passes, and tests all
verdicts anew at the full level, is wrong about 8 times in 100 instead of 5."""


def fewest(target: float, confidence: float) -> int:
    """Return how many verdicts, all of them "right", show that precision is at least `target`."""
    # a hair less: log(.25) / log(.5) is to be 2
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


def sequence(ascending: Floats, judged: int) -> Floats:
    """Return the thresholds to test, falling.

    Parameters
    ----------
    ascending : array (N,) of float
        Scores of the pictures that were drawn from, sorted; at least one.
    judged : int
        Pictures drawn of these with equal chances and judged.
    """
    coverages = np.append(np.arange(float(start_share(judged)), 1.0, STEP), 1.0)
    return np.unique(at_coverage(ascending, coverages))[::-1]


def start_share(judged: int | Ints) -> Floats:
    """Return the share of the pictures drawn from that the first threshold accepts."""
    return np.clip(START / np.maximum(judged, 1), START_SHARE, 1.0)


def errors_forgiven(verdicts: Ints, target: float, confidence: float) -> Ints:
    """Return how many errors among verdicts still show that precision reaches a target.

    Parameters
    ----------
    verdicts : array (v,) of int
    target, confidence : float
        Over 0 and under 1.

    Returns
    -------
    array (v,) of int
        -1 where even none would be too many; `MOST_ERRORS` at most.
    """
    from scipy.special import btdtria

    errors = np.arange(MOST_ERRORS + 1.0)
    needed = np.ceil(errors + btdtria(1 - confidence, errors + 1, target) - 1e-9)
    return np.searchsorted(needed, verdicts, side="right") - 1


@dataclass(frozen=True)
class Walk:
    """What is tested, and what comes of it.

    Attributes
    ----------
    pictures : array (m,) of int
        Indices of the judged pictures it rests on.
    ascending : array (d,) of float
        Sorted scores of the pictures of the pool that they were drawn from.
    thresholds : array (t,) of float
        Falling.
    judged, right : array (t,) of int
        Judged pictures that each accepts, and the right ones of them.
    bound : array (t,) of float
        That precision is at least this (one-sided).
    doubt : str or None
        Why bounds are approximate; None if they are exact.
    """

    pictures: Ints
    ascending: Floats
    thresholds: Floats
    judged: Ints
    right: Ints
    bound: Floats
    doubt: str | None

    def passed(self, target: float) -> int:
        """Return how many thresholds pass before the first that fails."""
        return int(np.argmin(np.append(self.bound >= target, False)))


def walk(judged: Judged, target: float, confidence: float) -> Walk:
    """Return the sequence of thresholds with its bounds; the parameters are those of `certify`."""
    equal = np.flatnonzero(judged.equal)
    even = len(equal) >= min(fewest(target, confidence), len(judged))
    pictures = equal if even else np.arange(len(judged))
    reach = judged.equal_from if even else judged.reaches
    ascending = judged.pool.ascending
    ascending = ascending[np.searchsorted(ascending, reach) :]
    thresholds = sequence(ascending, len(pictures)) if len(ascending) else np.empty(0)
    scores, right = judged.scores[pictures], judged.top1[pictures] == 1
    both = 2 * confidence - 1
    number, good = _above(scores, thresholds), _above(scores[right], thresholds)
    doubt = UNEQUAL if not even else LOOKED_AT if judged.looks > 1 else None
    if even:
        bound, _ = clopper_pearson(good / np.maximum(number, 1), number, both)
    else:
        strict = replace(judged, top1=(judged.top1 == 1).astype(float))
        estimates = Estimator(strict, FUTURE).precisions(thresholds)
        bound, _ = clopper_pearson(estimates.value, estimates.n_eff, both)
        tested = number >= min(START, len(pictures))
        thresholds, bound = thresholds[tested], bound[tested]
        number, good = number[tested], good[tested]
    return Walk(pictures, ascending, thresholds, number, good, bound, doubt)


def _above(scores: Floats, thresholds: Floats) -> Ints:
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="left")
