"""Which labels to trust: a table by top-1 class, the pairs most often confused, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.intervals import CONFIDENCE, wilson
from analysis.judged import UNKNOWN, Bools, Floats, Ints, Judged
from analysis.logistic import expit, logit
from analysis.recalibration import cross_fitted, fit_beta
from analysis.shrinkage import condensed, shifts

ENOUGH = 10
"""Judged pictures below which nothing is said of a label by itself."""

FALSE_DISCOVERIES = 0.1
"""Share of the labels called worse that may be so by chance."""

NO_GUARANTEE = (
    "Thresholds by label rest on few verdicts each and carry no guarantee, not even where the one"
    " for all labels does."
)

_FINEST = np.linspace(-14.0, 14.0, 2801)
"""Logits of scores between which thresholds are interpolated."""


@dataclass(frozen=True)
class Labels:
    """Top-1 classes of the pool, one an element: the worse ones first, then by accuracy.

    Those with too few verdicts come last, the more frequent ones first.

    Attributes
    ----------
    classes : array (l,) of int
        Indices into `Pool.names`.
    names : sequence of str
    pool : array (l,) of int
        Pictures of the pool that got the label, of those with scores that verdicts reach.
    n : array (l,) of int
        Judged ones among them.
    share, low, high : array (l,) of float
        Weighted share of these that are right, and Wilson's interval by their effective number.
        NaN without any.
    shrunk, shrunk_low, shrunk_high : array (l,) of float
        The share right expected of the label's pictures in the pool, from their scores and from
        how far verdicts on the label and on all labels are off what scores say.
    shift : array (l,) of float
        How far the label is off beside all others, on the scale of logits.
    enough : array (l,) of bool
        Whether there are `ENOUGH` verdicts.
    p_value : array (l,) of float
        Chance of as many wrong ones or more, were the label like the others with the same scores.
        NaN where there are not enough.
    worse : array (l,) of bool
        Called more often wrong than others with the same scores; of the labels called so, a share
        of `FALSE_DISCOVERIES` may be expected not to be.
    """

    classes: Ints
    names: Sequence[str]
    pool: Ints
    n: Ints
    share: Floats
    low: Floats
    high: Floats
    shrunk: Floats
    shrunk_low: Floats
    shrunk_high: Floats
    shift: Floats
    enough: Bools
    p_value: Floats
    worse: Bools


@dataclass(frozen=True)
class Confusions:
    """Pairs of classes, the most frequent first, of pictures whose right class has been told.

    Attributes
    ----------
    predicted, right : array (c,) of int
        Indices into `Pool.names`.
    n : array (c,) of int
        Judged pictures.
    weight : array (c,) of float
        Pictures of the pool that these stand for.
    """

    predicted: Ints
    right: Ints
    n: Ints
    weight: Floats


def labels(judged: Judged, confidence: float = CONFIDENCE, seed: int = 0) -> Labels:
    """Return the table of labels; `seed` is that of the folds that scores are recalibrated in.

    Sources: `analysis.shrinkage`; W. Hoeffding, On the distribution of the number of successes in
    independent trials, 1956 (a binomial tail bounds the test's); Y. Benjamini, Y. Hochberg,
    Controlling the false discovery rate, 1995.
    """
    from scipy.special import ndtri

    pool = judged.pool
    inside = pool.scores >= judged.reaches
    count = len(pool.names)
    number = np.bincount(pool.classes[inside], minlength=count)
    present = np.flatnonzero(number)
    place = np.full(count, UNKNOWN)
    place[present] = np.arange(len(present))
    number, label, of_pool = number[present], place[judged.classes], place[pool.classes[inside]]

    def sums(values: Floats) -> Floats:
        return np.bincount(label, weights=values, minlength=len(present)).astype(float)

    crossed, fitted = cross_fitted(judged.scores, judged.top1, judged.weight, judged.bin, seed)
    n = np.bincount(label, minlength=len(present))
    total, squares = sums(judged.weight), sums(judged.weight**2)
    with np.errstate(invalid="ignore"):
        share, n_eff = sums(judged.weight * judged.top1) / total, total**2 / squares
    low, high = wilson(share, n_eff, confidence)

    off = shifts(logit(crossed), judged.top1, judged.weight, label, len(present))
    logits = logit(fitted.predict(pool.scores[inside]))
    of_pool, pictures, (logits,) = condensed(of_pool, logits, np.ones(len(logits)))

    def expected(shift: Floats) -> Floats:
        right = pictures * expit(logits + shift[of_pool])
        return np.bincount(of_pool, weights=right, minlength=len(present)) / number

    reach = ndtri((1 + confidence) / 2) * off.sd
    enough = n >= ENOUGH
    p_value = _p_values(crossed, judged.top1, label, len(present))
    shrunk, worse = expected(off.mean), _discovered(p_value)
    order = np.lexsort((np.where(enough, shrunk, -number), ~enough, ~worse))
    return Labels(
        classes=present[order],
        names=[pool.names[each] for each in present[order]],
        pool=number[order],
        n=n[order],
        share=share[order],
        low=low[order],
        high=high[order],
        shrunk=shrunk[order],
        shrunk_low=expected(off.mean - reach)[order],
        shrunk_high=expected(off.mean + reach)[order],
        shift=off.mean[order] - off.common,
        enough=enough[order],
        p_value=p_value[order],
        worse=worse[order],
    )


def confusions(judged: Judged) -> Confusions:
    """Return which classes are taken for which others, where reviewers have told the right one."""
    told = (judged.right != UNKNOWN) & (judged.right != judged.classes)
    count = len(judged.pool.names)
    pair = judged.classes[told] * count + judged.right[told]
    pairs, place, n = np.unique(pair, return_inverse=True, return_counts=True)
    weight = np.bincount(place, weights=judged.weight[told]).astype(float)
    order = np.lexsort((-weight, -n))
    return Confusions(pairs[order] // count, pairs[order] % count, n[order], weight[order])


def thresholds(judged: Judged, table: Labels, threshold: float) -> Floats:
    """Return for each label the score at which it is as likely right as all are at `threshold`.

    The shifts of the table move the threshold along a smooth recalibration of the score; labels
    that little is known of stay near `threshold`. See `NO_GUARANTEE`.

    Parameters
    ----------
    judged : Judged
    table : Labels
        Of these.
    threshold : float
        For all labels, 0 to 1; without it (NaN), or where it accepts nothing (inf), no label has
        another.

    Returns
    -------
    array (l,) of float
        Infinite where no score is enough, 0 where every score is.
    """
    fitted = fit_beta(judged.scores, judged.top1, judged.weight)
    # where a and b are 0, scores tell nothing
    if not np.isfinite(threshold) or fitted.a + fitted.b == 0:
        return np.full(len(table.shift), threshold)
    course = logit(fitted.predict(expit(_FINEST)))
    wanted = logit(fitted.predict(np.array([threshold]))) - table.shift
    found = expit(np.interp(wanted, course, _FINEST, left=-np.inf))
    return np.where(wanted > course[-1], np.inf, found)


def _p_values(chance: Floats, right: Floats, label: Ints, count: int) -> Floats:
    """Return for each label the chance of as many wrong ones; verdicts halfway are not wrong."""
    from scipy.special import bdtrc

    n = np.bincount(label, minlength=count)
    wrong = np.bincount(label, weights=right == 0, minlength=count)
    mean = np.bincount(label, weights=1 - chance, minlength=count) / np.maximum(n, 1)
    # of all labels together, as many are expected to be wrong as are
    mean *= wrong.sum() / max(mean @ n, np.finfo(float).tiny)
    return np.where(n >= ENOUGH, bdtrc(wrong - 1, n, np.minimum(mean, 1.0)), np.nan)


def _discovered(p_value: Floats) -> Bools:
    """Say which p-values, of those that are some, are discoveries (Benjamini and Hochberg)."""
    ascending = np.sort(p_value[~np.isnan(p_value)])
    limits = FALSE_DISCOVERIES * np.arange(1, len(ascending) + 1) / max(len(ascending), 1)
    return p_value <= ascending[ascending <= limits].max(initial=-1.0)
