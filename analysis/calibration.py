"""Whether scores mean what they say: reliability diagram, and what recalibration makes of it.

Even perfectly calibrated scores show an error, because verdicts are few and right or wrong. Every
figure therefore stands beside what it would be if each picture were right with exactly the chance
that its score says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.intervals import CONFIDENCE, wilson
from analysis.judged import Bools, Floats, Ints, Judged
from analysis.logistic import NEAREST
from analysis.recalibration import Map, choose, cross_fitted
from analysis.smooth_ece import SmoothEce, smooth_ece

BINS = 15
PER_BIN = 25
FEW = 100
"""Fewer judged pictures are put into `FEW_BINS` bins of equal width."""
FEW_BINS = 5


@dataclass(frozen=True)
class Reliability:
    """Share of right predictions in bins of the score; only bins with judged pictures.

    Attributes
    ----------
    lower, upper : array (b,) of float
        Lowest and highest score of each bin.
    score, right : array (b,) of float
        Weighted mean of the scores, and weighted share of right predictions.
    low, high : array (b,) of float
        Wilson's interval of the share, by `n_eff`.
    null_low, null_high : array (b,) of float
        Where the share would be, with the same confidence, if scores were perfectly calibrated.
    n : array (b,) of int
    n_eff : array (b,) of float
    confidence : float
    """

    lower: Floats
    upper: Floats
    score: Floats
    right: Floats
    low: Floats
    high: Floats
    null_low: Floats
    null_high: Floats
    n: Ints
    n_eff: Floats
    confidence: float


@dataclass(frozen=True)
class Fit:
    """How well chances describe verdicts: weighted means, lower is better.

    Attributes
    ----------
    brier : float
        Mean squared distance to the verdict, 0 to 1.
    log_loss : float
        Mean negative log-likelihood, in nats.
    smooth_ece : SmoothEce
    reliability : Reliability
    """

    brier: float
    log_loss: float
    smooth_ece: SmoothEce
    reliability: Reliability


@dataclass(frozen=True)
class Recalibration:
    """Scores as they are, and recalibrated.

    Attributes
    ----------
    before : Fit
        Of the scores.
    after : Fit
        Of scores recalibrated by maps fitted to the other four fifths of the verdicts.
    fitted : Map
        Fitted to all verdicts; to be applied to pictures without one.
    """

    before: Fit
    after: Fit
    fitted: Map


def recalibrated(judged: Judged, seed: int = 0) -> Recalibration:
    """Return what recalibration makes of the scores; `seed` is that of folds and of chance."""
    given = judged.scores, judged.top1, judged.weight
    crossed, _ = cross_fitted(*given, judged.bin, seed)
    return Recalibration(
        before=fit_of(*given, seed),
        after=fit_of(crossed, judged.top1, judged.weight, seed),
        fitted=choose(*given),
    )


def fit_of(chance: Floats, right: Floats, weight: Floats, seed: int = 0) -> Fit:
    """Return how well chances (n,), 0 to 1, describe verdicts (n,), 0 to 1; NaN without any.

    Sources: G. W. Brier, Verification of forecasts expressed in terms of probability, 1950;
    I. J. Good, Rational decisions, 1952.
    """
    total = weight.sum() if len(weight) else np.nan
    kept = np.clip(chance, NEAREST, 1 - NEAREST)
    surprise = -right * np.log(kept) - (1 - right) * np.log1p(-kept)
    return Fit(
        brier=float(weight @ (chance - right) ** 2 / total),
        log_loss=float(weight @ surprise / total),
        smooth_ece=smooth_ece(chance, right, weight, seed),
        reliability=reliability(chance, right, weight),
    )


def reliability(
    scores: Floats, right: Floats, weight: Floats, confidence: float = CONFIDENCE
) -> Reliability:
    """Return the reliability diagram of scores.

    Bins have equal weight, equal scores together; with fewer than `FEW` pictures, equal width.

    Parameters
    ----------
    scores : array (n,) of float
        0 to 1.
    right : array (n,) of float
        0 to 1; fractions where reviewers disagree.
    weight : array (n,) of float
        Over 0.
    confidence : float

    Sources: A. H. Murphy, R. L. Winkler, Reliability of subjective probability forecasts of
    precipitation and temperature, 1977; J. Bröcker, L. A. Smith, Increasing the reliability of
    reliability diagrams, 2007 (the band).
    """
    order = np.argsort(scores, kind="stable")
    scores, right, weight = scores[order], right[order], weight[order]
    starts = np.flatnonzero(_first_of_bin(scores, weight))

    def sums(values: Floats) -> Floats:
        return np.add.reduceat(values, starts) if len(starts) else np.zeros(0)

    total = sums(weight)
    score, share = sums(weight * scores) / total, sums(weight * right) / total
    n_eff = total**2 / sums(weight**2)
    low, high = wilson(share, n_eff, confidence)
    ends = np.append(starts[1:], len(scores))
    whole, tail = np.maximum(np.rint(n_eff), 1), (1 - confidence) / 2
    return Reliability(
        lower=scores[starts],
        upper=scores[ends - 1] if len(starts) else np.zeros(0),
        score=score,
        right=share,
        low=low,
        high=high,
        null_low=_quantile(tail, whole, score) / whole,
        null_high=_quantile(1 - tail, whole, score) / whole,
        n=(ends - starts)[: len(starts)],
        n_eff=n_eff,
        confidence=confidence,
    )


def _quantile(level: float, n: Floats, chance: Floats) -> Floats:
    """Return quantiles of binomial distributions."""
    from scipy.special import bdtrik

    inside = np.clip(chance, NEAREST, 1 - NEAREST)
    # counts are whole; less than this above one is rounding
    return np.clip(np.ceil(bdtrik(level, n, inside) - 1e-9), 0, n)


def _first_of_bin(scores: Floats, weight: Floats) -> Bools:
    """Say of each of the ascending scores whether a bin begins with it."""
    if len(scores) < FEW:
        number = np.minimum(np.floor(scores * FEW_BINS), FEW_BINS - 1)
    else:
        bins = min(BINS, len(scores) // PER_BIN)
        number = np.floor((np.cumsum(weight) - weight / 2) / weight.sum() * bins)
        number = number[np.searchsorted(scores, scores, side="left")]
    return np.diff(number, prepend=-1) > 0
