"""Second phases: rounds that aim at what is still open about a question.

What a verdict tells depends on the question and on the score: of a picture that is surely right
it tells nothing. The chance to be drawn is proportional to |c| sqrt(p (1 - p)), where p is the
chance of "right" at that score as the first phase told it, and c is how much a picture counts for
the question: 1 for the accuracy, A for the precision at a threshold, A - recall for the recall (A
is 1 where the score passes the threshold). A share is spread evenly all the same, so that a wrong
guess of p cannot spoil the figures.

Scores alone decide, so that within strata of the score a second phase is as random as the first.

Source: J. Neyman, Contribution to the theory of sampling human populations, 1938 (double
sampling); W. G. Cochran, Sampling Techniques, 3rd ed., 1977, 5.5 and 12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.judged import Bools, Floats, Ints, Judged
from analysis.recalibration import cross_fitted
from analysis.sampling import Sample, Units, draw, too_few
from analysis.strata import LEAST, allocate, cut, spread
from vision.errors import InputError

ACCURACY, PRECISION, RECALL = QUESTIONS = ("accuracy", "precision", "recall")

EVEN = 0.2
"""Share of all phases together that is spread evenly."""

SURE = 0.02
"""Scores are taken for chances no nearer to 0 and 1 than this while nobody has judged anything."""

Chance = Callable[[Floats], Floats]

_SEED = 20_170_304
_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Question:
    """What is to be known: one of `QUESTIONS`, for all but the accuracy at a threshold.

    Raises
    ------
    InputError
        If a threshold is missing, not asked for or not a score.
    """

    about: str
    at: float | None = None

    def __post_init__(self) -> None:
        if self.about not in QUESTIONS:
            raise InputError(f"{self.about!r} is no question: choose one of {', '.join(QUESTIONS)}")
        if self.about == ACCURACY and self.at is not None:
            raise InputError("the accuracy is that of all pictures: leave the threshold out")
        if self.about != ACCURACY and self.at is None:
            raise InputError(f"the {self.about} depends on the threshold: name one")
        if self.at is not None and not 0 <= self.at <= 1:
            raise InputError(f"{self.at:g} is no threshold: choose a score from 0 to 1")

    def told(self) -> dict[str, Any]:
        """Return the question as plain JSON."""
        return {"for": self.about, "at": self.at}

    def concerns(self, scores: Floats) -> Bools:
        """Say of which pictures a verdict can tell anything."""
        if self.about == PRECISION and self.at is not None:
            return scores >= self.at
        return np.ones(len(scores), bool)

    def counts(self, scores: Floats, chance: Floats) -> Floats:
        """Return |c|, how much each picture counts."""
        if self.about != RECALL or self.at is None:
            return np.ones(len(scores))
        accepted = scores >= self.at
        recall = chance[accepted].sum() / max(chance.sum(), np.finfo(float).tiny)
        return np.abs(accepted - recall)


@dataclass(frozen=True)
class Remaining:
    """The frame of a second phase.

    Attributes
    ----------
    scores : array (N,) of float
        Top-1 scores of all pictures.
    cluster : array (N,) of int
        Number of the cluster that each picture is in.
    left : array (N,) of bool
        Which pictures may be drawn: those of clusters that no earlier phase has drawn.
    """

    scores: Floats
    cluster: Ints
    left: Bools


def sample_for(
    question: Question, size: int, frame: Remaining, chance: Chance, rng: np.random.Generator
) -> Sample:
    """Draw `size` pictures for a question, none two of one cluster.

    Parameters
    ----------
    question : Question
    size : int
    frame : Remaining
    chance : callable
        Scores (N,) -> the chance, 0 to 1, that the top-1 prediction is right.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If there are fewer clusters to draw from than `size`.
    """
    scores, concerned = frame.scores, question.concerns(frame.scores)
    told: dict[str, Any] = {
        "pictures": len(scores),
        "clusters": len(np.unique(frame.cluster)),
        "question": question.told(),
    }
    domain = "this run has"
    if question.about == PRECISION:
        told |= {"t_min": question.at, "coverage": float(concerned.mean())}
        domain = f"with a score of {question.at:g} or more this run has"
    units = Units.of(scores, frame.cluster, np.flatnonzero(concerned))
    left = np.zeros(units.count, bool)
    left[units.unit] = frame.left[units.inside]
    if size > left.sum():
        raise too_few(f"{domain} still", int(left.sum()))
    chances = chance(scores)
    weight = (question.counts(scores, chances) * spread(chances))[units.inside]
    open_ = np.bincount(units.unit, weights=weight)
    open_ = EVEN * units.sizes / units.sizes.sum() + (1 - EVEN) * open_ / max(open_.sum(), _TINY)
    at = question.at if size >= 2 * LEAST else None
    stratum = cut(units.means, open_, size if at is None else size // 2)
    if at is not None:
        stratum = 2 * stratum + (units.means >= at)
    # those that have pictures left
    _, kept = np.unique(stratum[left], return_inverse=True)
    place = np.searchsorted(np.unique(stratum[left]), stratum)
    # this phase brings what the earlier ones lack
    both = (size + (~left).sum()) * np.bincount(place, weights=open_, minlength=kept.max() + 1)
    lacking = np.maximum(both - np.bincount(place[~left], minlength=len(both)), 0)[: kept.max() + 1]
    shares = allocate(size, lacking, np.bincount(kept))
    rest = Units.of(scores, frame.cluster, np.flatnonzero(concerned & frame.left))
    return draw(rest, kept, shares, told, rng)


def aimed(
    question: Question, size: int, left: Remaining, judged: Judged | None, rng: np.random.Generator
) -> Sample:
    """Draw a round for a question by what is known so far.

    Parameters
    ----------
    question : Question
    size : int
    left : Remaining
    judged : Judged or None
        What tells the chance of "right" at each score; None: the score itself does.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If too few pictures are left.
    """

    def by_score(scores: Floats) -> Floats:
        return np.clip(scores, SURE, 1 - SURE)

    chance = by_score
    if judged is not None:
        _, fitted = cross_fitted(judged.scores, judged.top1, judged.weight, judged.bin, _SEED)
        chance = fitted.predict
    return sample_for(question, size, left, chance, rng)
