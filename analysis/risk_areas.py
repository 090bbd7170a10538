"""Areas under risk-coverage curves: means over the pool of an error's place in the order of scores.

Both areas are linear in the errors, so that weights apply to them as they are: an error counts by
its rank from the top.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis import influence
from analysis.influence import Contributions
from analysis.intervals import Estimate
from analysis.judged import Floats, Judged
from analysis.recalibration import cross_fitted
from analysis.strata import spread

_SEED = 20_170_305


def area(judged: Judged, by_rank: Floats, alike: float, confidence: float) -> Estimate:
    """Estimate the mean over the pool of what each error counts; its interval is approximate.

    The difference estimator of `analysis.totals`: what errors the recalibrated score expects, and
    how far that is off where pictures were judged.

    Parameters
    ----------
    judged : Judged
        Drawn from all of the pool; one picture at least.
    by_rank : array (N,) of float
        What an error counts, by ascending score.
    alike : float
        Near-duplicates of a picture in the mean, itself included, where the pool is a sample of
        future pictures; 0 for this pool.
    confidence : float
    """
    pool, weight, size = judged.pool.ascending, judged.weight, judged.pool.size
    coefficient = _over_ties(pool, by_rank)
    counts, of_pool, wrong = coefficient(judged.scores), coefficient(pool), 1 - judged.top1
    chance, recalibrated = cross_fitted(judged.scores, judged.top1, weight, judged.bin, _SEED)
    off = weight * (recalibrated.predict(judged.scores) - judged.top1)
    expected = 1 - recalibrated.predict(pool)

    def mean(of_pool: Floats, of_judged: Floats) -> float:
        return max(float(of_pool @ expected + of_judged @ off) / size, 0.0)

    value, second = mean(of_pool, counts), mean(of_pool * of_pool, counts * counts)
    made = Contributions(
        influence=counts * (wrong - (1 - chance)) / size,
        of_error=counts / size,
        expected=(spread(chance) * counts / size) ** 2,
        weight=weight,
        part=judged.bin,
        # of a pool that is not known, what was judged is all there is
        drawn=judged.drawn if judged.pool.known else np.ones(len(judged)),
    )
    variance, third = made.moments(future=alike > 0)
    of_one = max(second - value**2, 0.0)
    variance += of_one * alike / size
    return influence.estimate(value, (variance, third), of_one, len(judged), confidence)


def _over_ties(ascending: Floats, by_rank: Floats) -> Callable[[Floats], Floats]:
    """Return a function of the score: the mean of what its places in the order count."""
    values, first, count = np.unique(ascending, return_index=True, return_counts=True)
    means = np.add.reduceat(by_rank, first) / count if len(values) else by_rank

    def at(scores: Floats) -> Floats:
        return means[np.minimum(np.searchsorted(values, scores), len(values) - 1)]

    return at
