"""Another run on the same verdicts: its accuracy, and the difference on the same pictures.

Where the right class is known, the other run's first prediction can be scored without new work.
Where it is not, it may be right or wrong; figures are then given for both extremes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.estimates import POOL, Estimator
from analysis.intervals import CONFIDENCE, Estimate
from analysis.judged import UNKNOWN, Floats, Ints, Judged


@dataclass(frozen=True)
class Predictions:
    """What two runs say of the judged pictures, in class numbers that mean the same for both.

    Attributes
    ----------
    judged : array (n, k) of int
        Classes that the judged run put on ranks 1 to k; all of them have been seen by reviewers.
    other : array (n,) of int
        The other run's top-1 class; `UNKNOWN` where it has not labeled the picture.
    right : array (n,) of int
        The right class; `UNKNOWN` where the verdict does not tell.
    """

    judged: Ints
    other: Ints
    right: Ints


@dataclass(frozen=True)
class Paired:
    """The other run against the judged one, on the same pictures.

    Attributes
    ----------
    difference : Estimate
        Accuracy of the other less that of the judged run, -1 to 1.
    better, worse : int
        Judged pictures that only the other, and only the judged run has right.
    p_value : float
        Of McNemar's exact test that neither is better; NaN unless each picture was drawn with the
        same chance.
    """

    difference: Estimate
    better: int
    worse: int
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """The other run if all its predictions that nobody can score were wrong, and were right.

    Attributes
    ----------
    unknown : float
        Share of the pictures, 0 to 1, on which verdicts do not tell whether the other run is right.
    accuracy_low, accuracy_high : Estimate
        Of the other run.
    low, high : Paired
        Its differences to the judged run.
    """

    unknown: float
    accuracy_low: Estimate
    accuracy_high: Estimate
    low: Paired
    high: Paired


def compare(
    judged: Judged, made: Predictions, about: str = POOL, confidence: float = CONFIDENCE
) -> Comparison:
    """Compare another run with the judged one; `about` is as for `Estimator`."""
    low, high = scored(judged, made)
    total = judged.weight.sum() if len(judged) else np.nan

    def accuracy(right: Floats) -> Estimate:
        return Estimator(replace(judged, top1=right), about, confidence).accuracy()

    return Comparison(
        unknown=float(judged.weight @ (low != high) / total),
        accuracy_low=accuracy(low),
        accuracy_high=accuracy(high),
        low=paired(judged, low, about, confidence),
        high=paired(judged, high, about, confidence),
    )


def scored(judged: Judged, made: Predictions) -> tuple[Floats, Floats]:
    """Return the least and the most (n,), 0 to 1, that the other run's top-1 may be right.

    The two are equal where the verdict tells: the right class is known; or both runs say the same;
    or no class that reviewers saw is right, and the other run's is one of them. A verdict "a later
    one is right" without its rank tells nothing of any other class.
    """
    known = made.right != UNKNOWN
    same = made.other == made.judged[:, 0]
    seen = (made.judged == made.other[:, None]).any(axis=1)
    cases = [made.other == UNKNOWN, known, same, seen & (judged.topk == 0)]
    right = (made.other == made.right).astype(float)
    nothing, all_ = np.zeros(len(judged)), np.ones(len(judged))
    low = np.select(cases, [nothing, right, judged.top1, nothing], nothing)
    high = np.select(cases, [all_, right, judged.top1, nothing], all_)
    return low, high


def paired(
    judged: Judged, other: Floats, about: str = POOL, confidence: float = CONFIDENCE
) -> Paired:
    """Return the difference that `other` (n,), 0 to 1, makes to `judged.top1`.

    The interval is Wald's with half a picture more in each of the four cells of right and wrong;
    the size of the sample is the effective one, from the variance within the parts of the scores,
    and not over that of the sample itself.

    Sources: A. Agresti, Y. Min, Simple improved confidence intervals for comparing matched
    proportions, 2005; Q. McNemar, Note on the sampling error of the difference between correlated
    proportions or percentages, 1947.
    """
    from scipy.special import bdtr, ndtri

    change = other - judged.top1
    n, better, worse = len(change), int((change == 1).sum()), int((change == -1).sum())
    estimator = Estimator(judged, about, confidence)
    if not n or not judged.whole:
        return Paired(estimator.accuracy(), better, worse, np.nan)
    share = judged.weight / judged.weight.sum()
    mean = float(share @ change)
    known = judged.drawn if estimator.about == POOL else np.zeros(n)
    infinite, finite = (_variance(judged.bin, share, change, left) for left in (1.0, 1 - known))
    up, down = share @ np.maximum(change, 0) ** 2, share @ np.minimum(change, 0) ** 2
    size = min((up + down - mean**2) / infinite, n) if infinite > 0 else 1 / (share @ share)
    middle = mean * size / (size + 2)
    spread = ((up + down) * size + 1) / (size + 2) - middle**2
    # of an error, only what was not drawn is left
    left = np.sqrt(finite / infinite if infinite > 0 else 1 - known.mean())
    middle = mean + left * (middle - mean)
    reach = left * ndtri((1 + confidence) / 2) * np.sqrt(spread / (size + 2))
    p_value = min(1.0, 2 * float(bdtr(min(better, worse), better + worse, 0.5)))
    low, high = max(min(middle - reach, mean), -1.0), min(max(middle + reach, mean), 1.0)
    return Paired(
        Estimate(mean, float(low), float(high), n, float(size), confidence),
        better,
        worse,
        p_value if judged.equal.all() else np.nan,
    )


def _variance(part: Ints, share: Floats, values: Floats, left: float | Floats) -> float:
    """Return the variance of a weighted mean, within parts; `left` is what was not drawn.

    Source: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 7.6.
    """
    n = np.bincount(part)
    total = np.maximum(np.bincount(part, weights=share), np.finfo(float).tiny)
    mean = np.bincount(part, weights=share * values) / total
    freedom = (n / np.maximum(n - 1, 1))[part]
    return float((freedom * left * (share * (values - mean[part])) ** 2).sum())
