"""Areas under risk-coverage curves: means over the pool of an error's place in the order of scores.

Both areas are linear in the errors, so that weights apply to them as they are: an error counts by
its rank from the top.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.areas import UNSEEN
from analysis.intervals import Estimate
from analysis.judged import Floats, Judged
from analysis.totals import Tally, Totals

_EVERYTHING = np.array([-np.inf])


def area(judged: Judged, by_rank: Floats, alike: float, confidence: float) -> Estimate:
    """Estimate the mean over the pool of what each error counts; its interval is approximate.

    Parameters
    ----------
    judged : Judged
        Drawn from all of the pool.
    by_rank : array (N,) of float
        What an error counts, by ascending score.
    alike : float
        Near-duplicates of a picture in the mean, itself included, where the pool is a sample of
        future pictures; 0 for this pool.
    confidence : float
    """
    from scipy.special import expit, logit, stdtrit

    coefficient = _over_ties(judged.pool.ascending, by_rank)
    totals, value = _mean(judged, coefficient, UNSEEN)
    size = judged.pool.size
    variance = float(totals.variance[0]) / size**2
    if alike:
        _, second = _mean(judged, lambda scores: coefficient(scores) ** 2, 0.0)
        variance += max(second - value**2, 0.0) * alike / size
    n, free = int(totals.judged[0]), max(float(totals.judged[0] - totals.parts[0]), 1.0)
    if not 0 < value < 1:
        return Estimate(value, 0.0, 1.0, n, np.nan, confidence, approximate=True)
    odds = value * (1 - value)
    wide = stdtrit(free, (1 + confidence) / 2) * np.sqrt(variance) / odds
    low, high = float(expit(logit(value) - wide)), float(expit(logit(value) + wide))
    size_eff = odds / variance if variance else np.inf
    return Estimate(value, min(low, value), max(high, value), n, size_eff, confidence, True)


def _mean(
    judged: Judged, coefficient: Callable[[Floats], Floats], unseen: float
) -> tuple[Totals, float]:
    """Return the totals of right pictures, and the mean of what wrong ones count."""
    totals = Tally(judged, judged.top1, coefficient, unseen).above(_EVERYTHING)
    all_ = coefficient(judged.pool.ascending).sum()
    return totals, max(float(all_ - totals.total[0]) / judged.pool.size, 0.0)


def _over_ties(ascending: Floats, by_rank: Floats) -> Callable[[Floats], Floats]:
    """Return a function of the score: the mean of what its places in the order count."""
    values, first, count = np.unique(ascending, return_index=True, return_counts=True)
    means = np.add.reduceat(by_rank, first) / count if len(values) else by_rank

    def at(scores: Floats) -> Floats:
        return means[np.minimum(np.searchsorted(values, scores), len(values) - 1)]

    return at
