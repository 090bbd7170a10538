"""ROC, precision-recall, risk-coverage and what is read off them, from one cumulative count.

A threshold t accepts the pictures with score >= t, so equal scores are accepted together. All
arrays run along the same points: the first accepts nothing (threshold inf), then thresholds fall.
"Right" takes fractions: a picture of 0.5 counts as half a right and half a wrong one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vision.errors import InputError

Floats = NDArray[np.float64]


class UndefinedWarning(RuntimeWarning):
    """A figure is NaN as its data do not define it; the message says why."""


@dataclass(frozen=True)
class Counts:
    """What each threshold accepts.

    Attributes
    ----------
    thresholds : array (m + 1,) of float
        inf, then the m distinct scores, falling.
    right, wrong : array (m + 1,) of float
        Weight of the right and of the wrong pictures accepted; 0 first, the totals last.
    """

    thresholds: Floats
    right: Floats
    wrong: Floats

    @property
    def accepted(self) -> Floats:
        """Weight of the pictures accepted, array (m + 1,)."""
        return self.right + self.wrong

    @cached_property
    def tpr(self) -> Floats:
        """Share of the right pictures that is accepted (recall); NaN without any."""
        return _share(self.right, self.right[-1], "right")

    @cached_property
    def fpr(self) -> Floats:
        """Share of the wrong pictures that is accepted; NaN without any."""
        return _share(self.wrong, self.wrong[-1], "wrong")

    @property
    def coverage(self) -> Floats:
        """Share of all pictures that is accepted; NaN without any."""
        return _share(self.accepted, self.accepted[-1], "judged")

    @property
    def precision(self) -> Floats:
        """Share of the accepted pictures that is right; NaN where nothing is accepted."""
        with np.errstate(invalid="ignore"):
            return self.right / self.accepted

    @property
    def risk(self) -> Floats:
        """Share of the accepted pictures that is wrong; NaN where nothing is accepted."""
        return 1 - self.precision

    @property
    def f1(self) -> Floats:
        """Harmonic mean of precision and recall, 0 where nothing right is accepted.

        Source: C. J. van Rijsbergen, Information Retrieval, 1979, chapter 7.
        """
        return _share(2 * self.right, self.accepted + self.right[-1], "judged")

    @property
    def youden(self) -> Floats:
        """tpr - fpr, -1 to 1.

        Source: W. J. Youden, Index for rating diagnostic tests, 1950.
        """
        return self.tpr - self.fpr

    @property
    def distance(self) -> Floats:
        """Distance of the point (fpr, tpr) from (0, 1), where nothing is wrong, 0 to sqrt(2)."""
        return np.hypot(self.fpr, 1 - self.tpr)

    @property
    def auroc(self) -> float:
        """Chance that a right picture scores more than a wrong one, ties for half; NaN if none.

        Source: J. A. Hanley, B. J. McNeil, The meaning and use of the area under a receiver
        operating characteristic (ROC) curve, 1982.
        """
        return float(np.trapezoid(self.tpr, self.fpr))

    @property
    def average_precision(self) -> float:
        """Mean over the right pictures of the precision at their scores; NaN without any.

        Source: C. Buckley, E. M. Voorhees, Evaluating evaluation measure stability, 2000.
        """
        return float(np.sum(np.diff(self.tpr) * self.precision[1:]))


def counts(scores: ArrayLike, right: ArrayLike, weight: ArrayLike | None = None) -> Counts:
    """Count what each threshold accepts.

    Parameters
    ----------
    scores : array (n,) of float
        0 to 1, in any order.
    right : array (n,) of float
        1 where the prediction is right, 0 where not, or in between.
    weight : array (n,) of float, optional
        Pictures that each stands for, 0 or more; 1 each if None.

    Raises
    ------
    InputError
        If lengths differ, a score or a share is missing or not from 0 to 1, or a weight is
        missing, negative or infinite.
    """
    scores = _checked(scores, "score")
    right = _checked(right, "share of right", len(scores))
    if weight is None:
        weight = np.ones_like(scores)
    else:
        weight = _checked(weight, "weight", len(scores), most=np.inf)
        if not weight.all():
            # they would make thresholds that nobody stands for
            scores, right, weight = (each[weight > 0] for each in (scores, right, weight))
    order = np.argsort(scores)[::-1]
    falling = scores[order]
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)[: len(falling)]
    weight = weight[order]
    accepted_right = np.cumsum(weight * right[order])[last]
    accepted_wrong = np.cumsum(weight * (1 - right[order]))[last]
    return Counts(
        thresholds=np.concatenate([[np.inf], falling[last]]),
        right=np.concatenate([[0.0], accepted_right]),
        wrong=np.concatenate([[0.0], accepted_wrong]),
    )


def _checked(given: ArrayLike, what: str, length: int | None = None, most: float = 1.0) -> Floats:
    values = np.asarray(given, float)
    if values.ndim != 1 or (length is not None and len(values) != length):
        raise InputError(
            f"the {what} of each picture comes as an array of shape {values.shape}:"
            f" give one number a picture, as many as there are scores"
        )
    bad = ~((values >= 0) & (values <= most) & (values < np.inf))
    if bad.any():
        place = int(np.argmax(bad))
        upper = "or more" if most == np.inf else f"to {most:g}"
        raise InputError(
            f"the {what} of picture {place} is {values[place]:g}: give numbers of 0 {upper}"
        )
    return values


def _share(part: Floats, whole: Floats | float, of: str) -> Floats:
    if np.any(whole == 0):
        warnings.warn(f"undefined: no {of} pictures to take a share of", UndefinedWarning, 2)
    with np.errstate(invalid="ignore"):
        return part / whole
