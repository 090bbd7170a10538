"""How good the classifier is on the pool: each figure with its interval.

Thresholds accept the pictures with score >= t. Coverage is known, all else is estimated from
`analysis.totals`. "Recall" is that of right predictions: how many of them the threshold keeps; a
verdict "none right" hides the true class, so that recall by class cannot be known.

Figures are about this pool of pictures, or about future ones like them: then the pool itself is a
sample, which adds its share to the variance.

Sources: Y. Geifman, R. El-Yaniv, Selective classification for deep neural networks, 2017 (risk and
coverage); Y. Geifman, G. Uziel, R. El-Yaniv, Bias-reduced uncertainty estimation, 2019 (AURC);
J. Traub et al., Overcoming common flaws in the evaluation of selective classification systems,
2024 (AUGRC); G. Y. Zou, A. Donner, Construction of confidence limits about effect measures, 2008
(costs: limits put together from those of the two sides).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.doubt import Doubt, Estimates, inner_share, interval, only
from analysis.intervals import CONFIDENCE, Estimate, undefined, wilson
from analysis.judged import Bools, Floats, Judged
from analysis.risk_areas import area
from analysis.totals import Tally, Totals

POOL, FUTURE = ABOUT = ("pool", "future")

_LEAST_RIGHT = 1e-9


@dataclass(frozen=True)
class Costs:
    """What mistakes cost, in any unit: an accepted picture that is wrong, one not accepted that is
    right, and each picture that is not accepted and has to be looked at."""

    false_accept: float = 1.0
    false_reject: float = 0.0
    review: float = 0.1


class Estimator:
    """Estimates from judged pictures.

    Parameters
    ----------
    judged : Judged
    about : str
        One of `ABOUT`. Where the pool is not known, all is about future pictures.
    confidence : float
        Of each interval by itself, 0 to 1.
    """

    def __init__(self, judged: Judged, about: str = POOL, confidence: float = CONFIDENCE) -> None:
        self.judged = judged
        self.about = about if judged.pool.known else FUTURE
        self.confidence = confidence
        self._top1: Tally | None = None
        count = max(float(judged.weight.sum()), 1.0)
        # near-duplicates come and go together: a pool of them is worth fewer pictures
        self.alike = float(judged.weight @ judged.cluster_size) / count

    def accuracy(self) -> Estimate:
        """Return the share of right top-1 predictions."""
        return self._share_of_all(self.judged.top1)

    def topk_accuracy(self) -> Estimate:
        """Return the share of pictures of which one of the k predictions is right."""
        return self._share_of_all(self.judged.topk)

    def precision(self, threshold: float) -> Estimate:
        """Return the share of right ones among the accepted."""
        if not self._within(threshold):
            return undefined(self.judged.why_not_whole, confidence=self.confidence)
        if self.judged.pool.accepted(threshold) == 0:
            return undefined("no picture scores that high", confidence=self.confidence)
        return self._one(
            self.precisions(np.array([threshold])), "no accepted picture was judged yet"
        )

    def recall(self, threshold: float) -> Estimate:
        """Return the share of accepted ones among the right."""
        if not self.judged.whole:
            return undefined(self.judged.why_not_whole, confidence=self.confidence)
        return self._one(self.recalls(np.array([threshold])), "no right picture was judged yet")

    def coverage(self, threshold: float) -> Estimate:
        """Return the share of accepted pictures: known of a pool, estimated of future pictures."""
        pool = self.judged.pool
        share, count = pool.coverage(threshold), pool.size
        if self.about == POOL or not count:
            return Estimate(share, share, share, count, np.inf, self.confidence)
        size = count / self.alike
        low, high = wilson(share, size, self.confidence)
        return Estimate(share, float(low), float(high), count, size, self.confidence)

    def cost(self, threshold: float, costs: Costs) -> Estimate:
        """Return the expected cost a picture; no share, it has no effective size."""
        if not self.judged.whole:
            return undefined(self.judged.why_not_whole, confidence=self.confidence)
        return self._one(
            self.costs(np.array([threshold]), costs), "too few verdicts on either side"
        )

    def precisions(self, thresholds: Floats) -> Estimates:
        """Return `precision` at each of some thresholds, NaN where it is undefined."""
        above = self.tally().above(thresholds)
        made = self._shares(above, above.right, above.judged - above.right)
        return only(made, (above.judged > 0) & self._within(thresholds))

    def recalls(self, thresholds: Floats, confidence: float | None = None) -> Estimates:
        """Return `recall` at each of some thresholds, NaN where it is undefined.

        `confidence` is that of the estimator if None.
        """
        above, below = self.tally().above(thresholds), self.tally().below(thresholds)
        all_right = np.maximum(above.total + below.total, _LEAST_RIGHT)
        recall = np.clip(above.total / all_right, 0, 1)

        def variance(up: Floats, down: Floats) -> Floats:
            return ((1 - recall) ** 2 * up + recall**2 * down) / all_right**2

        finite = variance(above.variance, below.variance)
        infinite = variance(above.infinite, below.infinite)
        judged_right = above.right + below.right
        doubt = Doubt(
            finite,
            infinite,
            self.as_sample(recall, all_right),
            judged_right,
            above.judged + below.judged - above.parts - below.parts,
            np.minimum(above.right, below.right),
        )
        made = interval(recall, doubt, confidence or self.confidence)
        return only(made, (judged_right > 0) & self.judged.whole)

    def costs(self, thresholds: Floats, costs: Costs) -> Estimates:
        """Return `cost` at each of some thresholds, NaN where it is undefined."""
        above, below = self.tally().above(thresholds), self.tally().below(thresholds)
        count = np.maximum(above.pictures + below.pictures, 1)
        sides = (
            (above, -costs.false_accept, costs.false_accept),
            (below, costs.false_reject, costs.review),
        )
        value, apart, down, up = (np.zeros(len(thresholds)) for _ in range(4))
        known = np.ones(len(thresholds), bool)
        for side, slope, base in sides:
            share = side.pictures / count
            made = self._shares(side, side.right, side.judged - side.right)
            # a side without pictures costs nothing, whatever nobody knows of it
            there = side.pictures > 0
            known &= ~there | (side.judged > 0)
            mean = np.where(there, base + slope * made.value, 0)
            value, apart = value + share * mean, mean - apart
            ends = (made.low - made.value, made.high - made.value)
            less, more = ends if slope >= 0 else ends[::-1]
            down += np.where(there, (share * slope * less) ** 2, 0)
            up += np.where(there, (share * slope * more) ** 2, 0)
        # how many are accepted varies too, where the pool is a sample
        from scipy.special import ndtri

        between = apart * ndtri((1 + self.confidence) / 2)
        between = between**2 * self.as_sample(above.pictures / count, count)
        judged = above.judged + below.judged
        low, high = value - np.sqrt(down + between), value + np.sqrt(up + between)
        made = Estimates(value, low, high, judged, np.full(len(judged), np.nan))
        return only(made, known & self.judged.whole)

    def aurc(self) -> Estimate:
        """Return the area under the risk-coverage curve: the mean risk over all coverages."""
        size = self.judged.pool.size
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, size + 1))])
        # an error at rank r from the top is among the accepted of the coverages r/N ... 1
        by_rank = (harmonic[size] - harmonic[:size])[::-1]
        return self._area(by_rank)

    def augrc(self) -> Estimate:
        """Return the area under the generalised risk-coverage curve: the mean over all coverages
        of the share of all pictures that are accepted and wrong."""
        size = self.judged.pool.size
        by_rank = 1 - np.arange(size)[::-1] / max(size, 1)
        return self._area(by_rank)

    def tally(self) -> Tally:
        """Return the right top-1 predictions, counted."""
        if self._top1 is None:
            self._top1 = Tally(self.judged, self.judged.top1)
        return self._top1

    def _share_of_all(self, right: Floats) -> Estimate:
        if not self.judged.whole:
            return undefined(self.judged.why_not_whole, confidence=self.confidence)
        tally = self.tally() if right is self.judged.top1 else Tally(self.judged, right)
        totals = tally.above(np.array([-np.inf]))
        made = self._shares(totals, totals.right, totals.judged - totals.right)
        return self._one(only(made, totals.judged > 0), "no picture was judged yet")

    def _area(self, by_rank: Floats) -> Estimate:
        if not self.judged.whole or not len(self.judged):
            return undefined(self.judged.why_not_whole, confidence=self.confidence)
        return area(
            self.judged, by_rank, self.alike if self.about == FUTURE else 0, self.confidence
        )

    def _shares(self, totals: Totals, right: Floats, wrong: Floats) -> Estimates:
        pictures = np.maximum(totals.pictures, 1)
        share = np.clip(totals.total / pictures, 0, 1)
        doubt = Doubt(
            totals.variance / pictures**2,
            totals.infinite / pictures**2,
            self.as_sample(share, pictures),
            totals.judged,
            totals.judged - totals.parts,
            np.minimum(right, wrong),
        )
        return interval(share, doubt, self.confidence)

    def as_sample(self, share: Floats, pictures: Floats) -> Floats:
        """Return the variance of a share of pictures of the pool as a sample of what is to come."""
        if self.about == POOL:
            return np.zeros_like(share)
        inner = inner_share(share, pictures)
        return inner * (1 - inner) * self.alike / pictures

    def _within(self, thresholds: float | Floats) -> Bools:
        return (
            np.asarray(thresholds) >= self.judged.reaches
            if not self.judged.whole
            else np.asarray(np.ones_like(thresholds, bool))
        )

    def _one(self, made: Estimates, why: str) -> Estimate:
        value, low, high, n, n_eff = made[0]
        if np.isnan(value):
            return undefined(why, n, self.confidence)
        return Estimate(value, low, high, n, n_eff, self.confidence)
