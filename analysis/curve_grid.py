"""The values that curves have at given thresholds and rates, of one sample or of many draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.criteria import at_coverage
from analysis.curves import Counts
from analysis.judged import Floats, Ints, Judged

RATES = np.arange(1, 201) / 200
"""Where curves are looked at: coverages, false-positive rates, recalls."""


@dataclass(frozen=True)
class Curves:
    """Values of curves, arrays (..., g).

    `precision` and `recall` at each threshold; `roc` at the false-positive rates and
    `precision_recall` at the recalls of `RATES`.

    Source of the interpolation: J. Davis, M. Goadrich, The relationship between precision-recall
    and ROC curves, 2006.
    """

    precision: Floats
    recall: Floats
    roc: Floats
    precision_recall: Floats


def grid(judged: Judged) -> Floats:
    """Return thresholds at equal steps of coverage of the pictures drawn from, falling."""
    ascending = judged.pool.ascending
    inside = ascending[np.searchsorted(ascending, judged.reaches) :]
    if not len(inside):
        return np.empty(0)
    return np.unique(at_coverage(inside, RATES))[::-1]


def curves(counted: Counts, thresholds: Floats) -> Curves:
    """Return the values that curves have on the grid of bands.

    Parameters
    ----------
    counted : Counts
        Of judged pictures, or of a whole pool whose truth is known.
    thresholds : array (g,) of float
    """
    at = np.searchsorted(-counted.thresholds, -thresholds, side="right") - 1
    made = curves_at(counted.right[None], counted.wrong[None], at)
    return Curves(**{name: values[0] for name, values in vars(made).items()})


def curves_at(right: Floats, wrong: Floats, at: Ints) -> Curves:
    """Return curves from cumulative counts, arrays (B, points), thresholds at the points `at`."""
    with np.errstate(invalid="ignore"):
        tpr, fpr = right / right[:, -1:], wrong / wrong[:, -1:]
        precision = right[:, at] / (right[:, at] + wrong[:, at])
        roc = np.array([np.interp(RATES, *each) for each in zip(fpr, tpr, strict=True)])
        # of the points of the same recall, the one of the highest threshold
        lost = np.array(
            [np.interp(-RATES, -up[::-1], out[::-1]) for up, out in zip(tpr, fpr, strict=True)]
        )
        kept = RATES * right[:, -1:]
        return Curves(precision, tpr[:, at], roc, kept / (kept + lost * wrong[:, -1:]))
