"""How many pictures of the pool are right, above or below a threshold, and how sure that is.

A recalibrated score f says of every picture of the pool how likely it is right; the judged ones
say how far that is off. The estimate of a total is the sum of f, plus the weighted mean residual
y - f of each part of the scores times the pictures of that part (difference estimator, within
post-strata). Its variance is that of cross-fitted residuals: how well f fits is asked of verdicts
that it has not seen. A bad f costs precision, never validity.

Sources: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 6.3, 7.6;
W. G. Cochran, Sampling Techniques, 3rd ed., 1977, 5A.9 (variance within strata); Y. G. Berger,
Rate of convergence for asymptotic variance of the Horvitz-Thompson estimator, 1998 (the
finite-population correction picture by picture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.judged import Bools, Floats, Ints, Judged
from analysis.recalibration import cross_fitted

SMOOTHING = 2.0
"""Pictures that each part gets on top of its judged ones, with the variance f (1 - f) that the
recalibrated score expects: a part where nobody has seen an error yet is not free of doubt."""

LEAST = 5
"""Judged pictures of what a threshold cuts off a part, else it is joined to the next part."""

_SEED = 20_170_301


@dataclass(frozen=True)
class Totals:
    """Estimated totals, one for each of some thresholds.

    Attributes
    ----------
    total : array (T,) of float
        Right pictures of the pool.
    variance, infinite : array (T,) of float
        Variance of `total` for this pool, and what it would be of an infinite one of the same
        kind.
    pictures : array (T,) of float
        Pictures of the pool.
    judged, right : array (T,) of float
        Judged pictures, and the right ones of them.
    parts : array (T,) of float
        Parts with judged pictures.
    """

    total: Floats
    variance: Floats
    infinite: Floats
    pictures: Floats
    judged: Floats
    right: Floats
    parts: Floats


class Tally:
    """Cumulated judged pictures and pool, from which totals come at once.

    Parameters
    ----------
    judged : Judged
    right : array (n,) of float
        Which of the judged pictures are right in the sense that matters: `judged.top1` or
        `judged.topk`.
    """

    def __init__(self, judged: Judged, right: Floats) -> None:
        order = np.argsort(judged.scores, kind="stable")
        self._scores, self._pool = judged.scores[order], judged.pool.ascending
        self._edges = judged.edges
        expected, chance = cross_fitted(judged.scores, right, judged.weight, judged.bin, _SEED)
        off, new = (right - chance.predict(judged.scores))[order], (right - expected)[order]
        pool = chance.predict(self._pool)
        spread = pool * (1 - pool)
        weight = judged.weight[order]
        self._right = _cumulated(right[order])
        self._weight = _cumulated(weight)
        self._off, self._new = (_cumulated(weight * each) for each in (off, new))
        self._infinite = _moments(weight**2, new)
        # of a pool that is not known, what was judged is all there is
        drawn = judged.drawn[order] if judged.pool.known else np.ones(len(order))
        self._finite = _moments(weight**2 * (1 - drawn), new)
        alone = drawn / judged.cluster_size[order] if judged.pool.known else drawn
        self._alone = _moments(weight**2 * (1 - alone), new)
        self._expected, self._spread = _cumulated(pool), _cumulated(spread)

    def spread(self) -> Floats:
        """Return of each part the variance that the recalibrated score expects of a picture."""
        in_pool = np.searchsorted(self._pool, self._edges, side="left")
        return np.diff(self._spread[in_pool]) / np.maximum(np.diff(in_pool), 1)

    def above(self, thresholds: Floats) -> Totals:
        """Return totals over the pictures with score >= t for each threshold t."""
        edges = np.maximum(self._edges, thresholds[:, None])
        first = (edges <= thresholds[:, None]).sum(axis=1) - 1
        edges = self._joined(edges, np.clip(first, 0, edges.shape[1] - 2), up=True)
        return self._sum(edges, edges[:, :-1] == thresholds[:, None])

    def below(self, thresholds: Floats) -> Totals:
        """Return totals over the pictures with score < t, of those that were drawn from."""
        edges = np.minimum(self._edges, thresholds[:, None])
        last = (edges < thresholds[:, None]).sum(axis=1) - 1
        edges = self._joined(edges, np.clip(last, 0, edges.shape[1] - 2), up=False)
        return self._sum(edges, edges[:, 1:] == thresholds[:, None])

    def _joined(self, edges: Floats, cut: Ints, up: bool) -> Floats:
        """Join the part that the threshold cuts to the next one where little of it is judged."""
        rows = np.arange(len(edges))
        low, high = edges[rows, cut], edges[rows, cut + 1]
        count = self._place(high) - self._place(low)
        thin = (count < LEAST) & ((cut + 2 < edges.shape[1]) if up else (cut > 0))
        if up:
            edges[rows[thin], cut[thin] + 1] = low[thin]
        else:
            edges[rows[thin], cut[thin]] = high[thin]
        return edges

    def _place(self, edges: Floats) -> Ints:
        return np.searchsorted(self._scores, edges, side="left")

    def _sum(self, edges: Floats, cut: Bools) -> Totals:
        """Return the sums over parts; those `cut` by a threshold, (T, parts), may have
        near-duplicates of what was judged beyond it, so that only that itself is known of them."""
        place = self._place(edges)
        in_pool = np.searchsorted(self._pool, edges, side="left")
        judged = np.diff(place, axis=1).astype(float)
        pictures = np.diff(in_pool, axis=1).astype(float)
        weight = np.diff(self._weight[place], axis=1)
        some = judged > 0

        def mean_of(sums: Floats) -> Floats:
            total = np.diff(sums[place], axis=1)
            return np.divide(total, weight, out=np.zeros_like(weight), where=some)

        mean = mean_of(self._new)
        # of one picture of the part, as the recalibrated score expects it
        guess = np.diff(self._spread[in_pool], axis=1) / np.maximum(pictures, 1)

        def variance(moments: tuple[Floats, Floats, Floats]) -> Floats:
            ones, first, second = (np.diff(each[place], axis=1) for each in moments)
            squares = second - 2 * mean * first + mean**2 * ones
            count = np.maximum(judged, 1)
            smoothed = (np.maximum(squares, 0) + SMOOTHING * ones / count * guess) / (
                count - 1 + SMOOTHING
            )
            known = np.divide(smoothed * count, weight**2, out=guess.copy(), where=some)
            return pictures**2 * known

        finite = np.where(cut, variance(self._alone), variance(self._finite))
        return Totals(
            total=np.diff(self._expected[in_pool], axis=1).sum(axis=1)
            + (pictures * mean_of(self._off)).sum(axis=1),
            variance=finite.sum(axis=1),
            infinite=variance(self._infinite).sum(axis=1),
            pictures=pictures.sum(axis=1),
            judged=judged.sum(axis=1),
            right=np.diff(self._right[place], axis=1).sum(axis=1),
            parts=some.sum(axis=1).astype(float),
        )


def _cumulated(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _moments(weight: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    return _cumulated(weight), _cumulated(weight * values), _cumulated(weight * values**2)
