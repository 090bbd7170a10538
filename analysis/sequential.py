"""When to stop judging: an estimate that is narrow enough, or a question that is decided.

Looking again and again at an ordinary interval until it says what one hopes for makes it say so
by chance. The e-process may be looked at after every verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.intervals import Estimate
from analysis.judged import Judged
from vision.errors import InputError

Floats = NDArray[np.float64]

LEAST, BATCH = 200, 25
"""An interval is looked at from `LEAST` verdicts on, and again every `BATCH`."""

_STAKES = np.array([0.8, 0.6, 0.4, 0.2, 0.02])
"""What is bet on: odds of an error that are so much smaller (or, as 1 / x, larger) than the
target's. For a target of .95 these are precisions of .96, .97, .98, .99 and .999."""


@dataclass(frozen=True)
class Decision:
    """Whether precision at a threshold reaches its target, as far as verdicts tell.

    Attributes
    ----------
    threshold, target : float
    confidence : float
        Of either decision, however often one looks.
    reached : bool or None
        True: precision is at least the target. False: it is at most the target. None: open.
    decided_at : int or None
        Verdicts on accepted pictures until then.
    for_it, against : array (m,) of float
        Natural logarithms of the two e-processes after each of the m verdicts on accepted
        pictures; log(1 / (1 - confidence)) decides.
    share : float
        Of these verdicts, how many are right, 0 to 1; NaN of none.
    why : str or None
        Why nothing can be decided, where that is so.
    """

    threshold: float
    target: float
    confidence: float
    reached: bool | None
    decided_at: int | None
    for_it: Floats
    against: Floats
    share: float
    why: str | None = None

    @property
    def likely(self) -> int | None:
        """About how many verdicts on accepted pictures decide, if `share` is the precision.

        None where they do not tell: of too few, or where it is just the target.
        """
        n = len(self.for_it)
        if n < BATCH:
            return None
        # neither 0 nor 1, of which so few verdicts tell nothing
        share = min(max(self.share, 1 / (n + 2)), (n + 1) / (n + 2))
        return verdicts_to_decide(share, self.target, self.confidence)


def log_e_process(right: ArrayLike, target: float, above: bool) -> Floats:
    """Return the logarithm of a mixture e-process against a target, after each verdict.

    If precision is at most the target (at least, where not `above`), it ever reaches log(1 / a)
    with a chance of a at most.

    Parameters
    ----------
    right : array (..., m) of float
        1 right, 0 wrong, in the order of drawing. Fractions keep the promise too, as the wealth
        is convex in them.
    target : float
        Precision, over 0 and under 1.
    above : bool
        Whether the evidence is for a precision above the target, or below.

    Returns
    -------
    array (..., m) of float

    Sources: J. Ville, Étude critique de la notion de collectif, 1939; A. Ramdas et al.,
    Game-theoretic statistics and safe anytime-valid inference, 2023, 3.
    """
    right = np.asarray(right, float)
    odds = (1 - target) / target * (_STAKES if above else 1 / _STAKES)
    bets = 1 / (1 + odds)
    wins, losses = np.cumsum(right, axis=-1), np.cumsum(1 - right, axis=-1)
    won = np.log(bets / target) * wins[..., None]
    lost = np.log((1 - bets) / (1 - target)) * losses[..., None]
    return np.logaddexp.reduce(won + lost, axis=-1) - math.log(len(bets))


def verdicts_to_decide(precision: float, target: float, confidence: float) -> int | None:
    """Return about how many verdicts an e-process takes to tell a precision from its target.

    The evidence of the best bet grows by the divergence of the two with each verdict; the nearer
    they are, the more it takes. None if they are the same.

    Source: J. L. Kelly, A new interpretation of information rate, 1956.
    """
    growth = precision * math.log(precision / target)
    growth += (1 - precision) * math.log((1 - precision) / (1 - target))
    if growth <= 1e-9:
        return None
    return rounded_up(math.log(1 / (1 - confidence)) / growth)


def decide(
    judged: Judged, threshold: float, target: float = 0.95, confidence: float = 0.95
) -> Decision:
    """Return whether precision at a threshold reaches its target; may be asked at any time.

    It looks at pictures that were drawn with equal chances alone, in the order of drawing.

    Parameters
    ----------
    judged : Judged
    threshold : float
        Chosen without regard to the verdicts.
    target, confidence : float
        Over 0 and under 1.

    Raises
    ------
    InputError
        If target or confidence are out of range.
    """
    check(target, confidence)
    if threshold >= judged.equal_from:
        right, why = judged.top1[judged.equal & (judged.scores >= threshold)], None
    elif math.isnan(threshold):
        right, why = np.empty(0), "there is no threshold to decide about"
    else:
        right = np.empty(0)
        why = (
            f"no pictures were drawn with equal chances from all that score {threshold:.2f} or"
            " more: draw a uniform or a certifying round"
        )
    for_it, against = (log_e_process(right, target, above) for above in (True, False))
    needed = math.log(1 / (1 - confidence))
    first = {
        reached: int(np.argmax(path >= needed)) + 1
        for reached, path in ((True, for_it), (False, against))
        if (path >= needed).any()
    }
    reached = min(first, key=first.__getitem__) if first else None
    return Decision(
        threshold=threshold,
        target=target,
        confidence=confidence,
        reached=reached,
        decided_at=None if reached is None else first[reached],
        for_it=for_it,
        against=against,
        share=float(right.mean()) if len(right) else math.nan,
        why=why,
    )


def check(target: float, confidence: float) -> None:
    """Refuse a target precision or a confidence that nothing can be said about.

    Raises
    ------
    InputError
        If one is not over 0 and under 1.
    """
    for what, value in (("target precision", target), ("confidence", confidence)):
        if not 0 < value < 1:
            raise InputError(f"a {what} of {value:g} is out of range: choose over 0 and under 1")


def last_look(n: int) -> int:
    """Return how many of `n` verdicts an interval may be made of to ask whether to stop.

    The first so many in the order of drawing; 0 while there are too few. Asked in steps, an
    interval keeps its confidence almost.
    """
    return n // BATCH * BATCH if n >= LEAST else 0


def narrow_enough(estimate: Estimate, half_width: float) -> bool:
    """Return whether judging may stop, of an estimate made of the first `last_look` verdicts."""
    return estimate.n >= LEAST and estimate.half_width <= half_width


def more_needed(estimate: Estimate, half_width: float, pool: int | None = None) -> int | None:
    """Return about how many more verdicts make an interval as narrow as wished.

    From the variance so far: widths go with one over the root of the number, and in a pool of
    known size to 0 when everything is judged.

    Parameters
    ----------
    estimate : Estimate
    half_width : float
        Over 0.
    pool : int, optional
        Number of pictures, where the estimate is about these and no others.

    Returns
    -------
    int or None
        Rounded up to two digits, 0 if it is narrow enough; None if the estimate is undefined.
    """
    if not estimate.half_width > 0:
        return 0 if estimate.half_width == 0 else None
    if estimate.half_width <= half_width:
        return 0
    left = 0.0 if pool is None else 1 / pool
    ratio = (half_width / estimate.half_width) ** 2
    total = 1 / (ratio * max(1 / estimate.n - left, 0.0) + left)
    more = rounded_up(total - estimate.n)
    return more if pool is None else min(more, pool - estimate.n)


def rounded_up(number: float) -> int:
    """Return a whole number at least as large, with two digits that are not 0 at most."""
    whole = math.ceil(number)
    step = 10 ** max(len(str(whole)) - 2, 0)
    return -(-whole // step) * step
