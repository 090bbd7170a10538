"""How far each label is off what its scores say, drawn towards all labels where little is known.

A label shifts the logit of the chance of being right by an amount of its own, normally distributed
over labels around a common one: a logistic model with a random intercept for each label and the
logit of the recalibrated score as offset. It is what the residuals y - f of a label say, in units
in which a shift can lead to no chance below 0 or over 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.judged import Floats, Ints
from analysis.logistic import PRIOR_SD, expit, logit

SPREADS = np.geomspace(0.05, 3.0, 12)
"""Standard deviations over labels that are weighed against each other."""

WIDTH = 0.2
"""Of logits, within which pictures of a label are taken together."""

_STEPS = 8
_STRIDE = 2.0


@dataclass(frozen=True)
class Shifts:
    """Shifts of logits.

    Attributes
    ----------
    common : float
        Mean over labels.
    mean, sd : array (L,) of float
        Posterior mean and standard deviation of each label's shift, the common one included.
    """

    common: float
    mean: Floats
    sd: Floats


def shifts(offset: Floats, right: Floats, weight: Floats, label: Ints, count: int) -> Shifts:
    """Return how far each label shifts logits.

    The posterior is the normal one around each label's mode, averaged over how far labels may be
    spread. The prior of that spread is proportional to it, which keeps it from 0: with a uniform
    one, intervals are too short where the truth is a spread of some size (coverage .92 instead of
    .95, in simulations of 100 labels).

    Parameters
    ----------
    offset : array (n,) of float
        Logits of the chances of being right, label apart.
    right : array (n,) of float
        0 to 1.
    weight : array (n,) of float
        Over 0; within a label only ratios matter.
    label : array (n,) of int
        0 to `count` - 1.
    count : int
        Labels; those without verdicts get the distribution over labels.

    Sources: N. E. Breslow, D. G. Clayton, Approximate inference in generalized linear mixed
    models, 1993; Y. Chung, S. Rabe-Hesketh, V. Dorie, A. Gelman, J. Liu, A nondegenerate penalized
    likelihood estimator for variance parameters in multilevel models, 2013; C. N. Morris,
    Parametric empirical Bayes inference, 1983.
    """
    total = np.bincount(label, weights=weight, minlength=count)
    squares = np.bincount(label, weights=weight**2, minlength=count)
    # a label's verdicts count for as many as an equally weighted sample as precise
    weight = weight * (total / np.maximum(squares, np.finfo(float).tiny))[label]
    label, weight, (offset, right) = condensed(label, offset, weight, right)

    shift, found = np.zeros(count), []
    for spread in SPREADS:
        precision = spread**-2
        for _ in range(_STEPS):
            slope, known = _derivatives(offset + shift[label], right, weight, label, count)
            trust = 1 / (1 + spread**2 * known)
            # a weak prior, for where all verdicts are alike
            common = trust @ (known * shift + slope) / (trust @ known + PRIOR_SD**-2)
            step = (slope + precision * (common - shift)) / (known + precision)
            shift = shift + np.clip(step, -_STRIDE, _STRIDE)
            if np.abs(step).max(initial=0) < 1e-3:
                break
        logits = offset + shift[label]
        of_common = 1 / (trust @ known + PRIOR_SD**-2)
        evidence = (
            weight @ (right * logits - np.logaddexp(0, logits))
            - precision / 2 * ((shift - common) @ (shift - common))
            + (np.log(trust).sum() + np.log(of_common)) / 2
            # once for the prior, once as spreads stand in equal proportions, not at equal distances
            + 2 * np.log(spread)
        )
        found.append((evidence, common, shift, 1 / (known + precision) + trust**2 * of_common))
    evidence, common, mode, variance = (np.array(each) for each in zip(*found, strict=True))
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    mean = share @ mode
    return Shifts(float(share @ common), mean, np.sqrt(share @ (variance + (mode - mean) ** 2)))


def condensed(
    label: Ints, logits: Floats, weight: Floats, *values: Floats
) -> tuple[Ints, Floats, list[Floats]]:
    """Join what has the same label and nearly the same logit.

    Parameters
    ----------
    label : array (n,) of int
        From 0 on.
    logits : array (n,) of float
        As `analysis.recalibration.logit` bounds them.
    weight : array (n,) of float
        Over 0.
    *values : array (n,) of float

    Returns
    -------
    label : array (m,) of int
    weight : array (m,) of float
        Summed.
    means : list of array (m,) of float
        Weighted means, first of the logits, then of each of the values.
    """
    cell = np.floor((logits - logit(np.zeros(1))) / WIDTH).astype(np.int64)
    cells = int(cell.max(initial=0)) + 1
    key = label * cells + cell
    total = np.bincount(key, weights=weight).astype(float)
    found = np.flatnonzero(total)
    total = total[found]
    means = [np.bincount(key, weights=weight * each)[found] / total for each in (logits, *values)]
    return found // cells, total, means


def _derivatives(
    logits: Floats, right: Floats, weight: Floats, label: Ints, count: int
) -> tuple[Floats, Floats]:
    """Return each label's first derivative of the log-likelihood, and the second with its sign."""
    chance = expit(logits)
    slope = np.bincount(label, weights=weight * (right - chance), minlength=count)
    known = np.bincount(label, weights=weight * chance * (1 - chance), minlength=count)
    return slope.astype(float), known.astype(float)
