"""From what each judged picture contributes to an estimate to its interval: a score interval.

The variance is that of the contributions within the parts of the scores. Few pictures carry most of
it, errors among high scores above all, and estimate and variance then err together: an estimate
that saw too few of them has too short an interval besides. So the interval asks of each value how
far the estimate would vary if that value were true: as Wilson's does,
which is this interval for a share in a simple random sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.intervals import Estimate
from analysis.judged import Floats, Ints

UNSEEN = 0.015
"""Errors that each part of the scores may hide: where single errors count for much, none among few
pictures must not pass for certainty."""

SMOOTHING = 5.0
"""Pictures that each part gets on top of its judged ones, which vary as is expected."""

MOST_SKEWED = 0.7
"""Skewness counts up to this: beyond it, assumed hidden errors would decide, and the interval would
lie on one side of the estimate only."""


@dataclass(frozen=True)
class Contributions:
    """What an estimate is made of; arrays (n,) run along the judged pictures.

    Attributes
    ----------
    influence : array (n,) of float
        What one more picture like this one would change of the estimate.
    of_error : array (n,) of float
        What it would change more if it were wrong than if it were right; 0 where no error of that
        kind can hide.
    expected : array (n,) of float
        The variance that `influence` is expected to have among pictures like it.
    weight, part, drawn : array (n,)
        `Judged.weight`, `Judged.bin`, `Judged.drawn`.
    """

    influence: Floats
    of_error: Floats
    expected: Floats
    weight: Floats
    part: Ints
    drawn: Floats

    def moments(self, future: bool = False) -> tuple[float, float]:
        """Return the variance of the estimate, and its covariance with that variance.

        The second is the third central moment where little of the pool is known; what is known of
        it counts twice there, as it binds both. With `future` it is that of an estimate about
        pictures to come, of which nothing is known yet; what the pool itself varies by is left for
        the caller to add to the variance.

        Source: J.-C. Deville, Variance estimation for complex statistics and estimators, 1999
        (linearisation within post-strata).
        """
        weight = self.weight
        off, inside = self._off()
        error = weight * self.of_error
        left = 1 - self.drawn
        expected = SMOOTHING * weight**2 * self.expected
        squares = (off**2 * inside + expected) / (inside - 1 + SMOOTHING)
        cubes = off**3 * inside / np.maximum(inside - 1, 1)
        hidden = UNSEEN / inside
        variance = float(left @ (squares + hidden * error**2))
        unknown = np.ones_like(left) if future else left
        return variance, float(unknown**2 @ cubes + unknown @ (hidden * error**3))

    def free(self) -> float:
        """Return the degrees of freedom of the variance.

        As many as the normal distribution needs for a variance in as much doubt: where a few
        contributions make up most of it, they are few.

        Source: F. E. Satterthwaite, An approximate distribution of estimates of variance
        components, 1946.
        """
        off, _ = self._off()
        fourth = float((off**4).sum())
        return max(2 * float((off**2).sum()) ** 2 / fourth, 1.0) if fourth else np.inf

    def _off(self) -> tuple[Floats, Floats]:
        """Return how far contributions are off the mean of their part, and how many are in it."""
        weight, part = self.weight, self.part
        count = np.maximum(np.bincount(part), 1)
        total = np.maximum(np.bincount(part, weights=weight), np.finfo(float).tiny)
        mean = np.bincount(part, weights=weight * self.influence) / total
        return weight * (self.influence - mean[part]), count[part]


def score_interval(
    value: float, variance: float, third: float, confidence: float, free: float = np.inf
) -> tuple[float, float]:
    """Return the values from which the estimate is no further than chance would have it.

    Near the estimate the variance falls or rises with the true value: by their covariance over the
    variance, as the two err together by that much. For a share p of n this is (1 - 2p) / n, and the
    interval Wilson's but for terms of 1 / n^2; skewness counts up to `MOST_SKEWED`.

    Parameters
    ----------
    value : float
    variance, third : float
        As `Contributions.moments` returns them; the first over 0.
    confidence : float
    free : float
        Degrees of freedom of the variance, 1 or more.

    Sources: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    1927; N. J. Johnson, Modified t tests and confidence intervals for asymmetrical populations,
    1978 (the covariance of a mean and its variance).
    """
    from scipy.special import stdtrit

    z2 = stdtrit(free, (1 + confidence) / 2) ** 2
    spread = np.sqrt(variance)
    shift = z2 / 2 * spread * np.clip(third / spread**3, -MOST_SKEWED, MOST_SKEWED)
    reach = np.sqrt(shift**2 + z2 * variance)
    return float(value + shift - reach), float(value + shift + reach)


def estimate(
    value: float, moments: tuple[float, float], of_one: float, n: int, confidence: float
) -> Estimate:
    """Return an estimate from 0 to 1 with its approximate interval.

    Parameters
    ----------
    value : float
    moments : tuple of float
        As `Contributions.moments` returns them; without any variance, the value is certain.
    of_one : float
        What the estimate from a simple random sample of n pictures would vary by, times n.
    n : int
        Judged pictures.
    confidence : float
    """
    variance, third = moments
    if variance <= 0:
        return Estimate(value, value, value, n, np.inf, confidence, approximate=True)
    low, high = score_interval(value, variance, third, confidence)
    return Estimate(
        value, max(low, 0.0), min(high, 1.0), n, of_one / variance, confidence, approximate=True
    )
