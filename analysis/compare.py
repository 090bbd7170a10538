"""Another run on the same verdicts: its accuracy, and the difference on the same pictures.

Where the right class is known, the other run's first prediction can be scored without new work.
Where it is not, it may be right or wrong; figures are then given for both extremes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.estimates import FUTURE, POOL, Estimator
from analysis.influence import Contributions, score_interval
from analysis.intervals import CONFIDENCE, Estimate
from analysis.judged import UNKNOWN, Floats, Ints, Judged
from analysis.logistic import effective_size


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

    The interval is a score interval from the changes within the parts of the scores, by Student's
    quantiles, with half a picture more in each of the four cells of right and wrong. Another run
    need not say the same of all near-duplicates: of those, only what was judged itself is known.

    Sources: A. Agresti, Y. Min, Simple improved confidence intervals for comparing matched
    proportions, 2005; Q. McNemar, Note on the sampling error of the difference between correlated
    proportions or percentages, 1947.
    """
    from scipy.special import bdtr

    change = other - judged.top1
    n, better, worse = len(change), int((change == 1).sum()), int((change == -1).sum())
    estimator = Estimator(judged, about, confidence)
    if not n or not judged.whole:
        return Paired(estimator.accuracy(), better, worse, np.nan)
    total = float(judged.weight.sum())
    mean = float(judged.weight @ change) / total
    alone = effective_size(judged.weight)
    up, down = (
        (float(judged.weight @ np.maximum(sign * change, 0) ** 2) / total * alone + 0.5)
        / (alone + 2)
        for sign in (1, -1)
    )
    middle = up - down
    of_one = up + down - middle**2
    pool = judged.pool
    known = judged.drawn / judged.cluster_size
    changes = Contributions(
        influence=change / total,
        of_error=np.zeros(n),
        expected=np.full(n, of_one / total**2),
        weight=judged.weight,
        part=judged.bin,
        # of a pool that is not known, what was judged is all there is
        drawn=known if pool.known else np.ones(n),
    )
    future = estimator.about == FUTURE
    variance, third = changes.moments(future)
    if future:
        variance += of_one * estimator.alike / pool.size
    low = high = mean
    if variance:
        low, high = score_interval(mean, variance, third, confidence, changes.free())
    size = of_one / variance if variance else np.inf
    p_value = min(1.0, 2 * float(bdtr(min(better, worse), better + worse, 0.5)))
    return Paired(
        Estimate(mean, max(low, -1.0), min(high, 1.0), n, size, confidence),
        better,
        worse,
        p_value if judged.equal.all() else np.nan,
    )
