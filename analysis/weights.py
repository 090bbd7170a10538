"""How many pictures of the pool each judged picture stands for, whatever rounds it came from.

Scores are known of the whole pool, so the pool is cut into parts by score, at the bounds of the
strata that were drawn from. Within a part, a round is a random sample of its pictures, and rounds
are put together in proportion to what was judged of each. A second phase is a sample of what the
earlier ones had left, and stands for that alone: what they drew stands for itself besides. So a
second phase may aim at what is open, and clusters that were sure to be drawn keep their weight. The
weights of a part sum to its number of pictures (post-stratification), which also mends what chance
did and what nobody answered for.

Sources: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 7.6;
D. Holt, T. M. F. Smith, Post stratification, 1979.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judged import Bools, Floats, Ints, Judged
from analysis.strata import STRATA, cut, spread

LEAST = 8
"""Judged pictures of a part at least; one with fewer is joined to its neighbour."""


@dataclass(frozen=True)
class Phase:
    """The judged pictures of one round, and how it was drawn.

    Attributes
    ----------
    scores : array (m,) of float
    weight : array (m,) of float
        How many pictures each stands for by the design of this round alone, up to a factor.
    cluster_size : array (m,) of int
        Near-duplicates that each was drawn for, itself included.
    share : array (m,) of float
        Of what was drawn like it, the share that was judged; over 0, at most 1.
    lower : array of float
        Lower bounds of the scores of its strata; the first is where its reach begins, 0 if it was
        drawn from all pictures.
    equal : bool
        Whether each picture within its reach had the same chance.
    follows : bool
        Whether it was drawn from what the phases before it had left.
    """

    scores: Floats
    weight: Floats
    cluster_size: Ints
    share: Floats
    lower: Floats
    equal: bool
    follows: bool = False

    @property
    def reaches(self) -> float:
        return float(self.lower[0])


@dataclass(frozen=True)
class Weights:
    """The fields of a `Judged` of the same names, the phases one after the other."""

    weight: Floats
    bin: Ints
    edges: Floats
    drawn: Floats
    equal: Bools
    equal_from: float
    looks: int

    def in_order(self, order: Ints) -> Weights:
        """Return the weights of the pictures in another order."""
        return replace(
            self,
            weight=self.weight[order],
            bin=self.bin[order],
            drawn=self.drawn[order],
            equal=self.equal[order],
        )


def weigh(ascending: Floats, phases: Sequence[Phase], known: bool) -> Weights:
    """Put phases together.

    Parameters
    ----------
    ascending : array (N,) of float
        Scores of the pool, sorted.
    phases : sequence of Phase
        In the order in which they were drawn; with one judged picture each at least.
    known : bool
        Whether `ascending` is the whole pool.
    """
    scores = np.concatenate([phase.scores for phase in phases])
    edges = _edges(ascending, phases, scores) if known else np.array([0.0, np.inf])
    pictures = np.diff(np.searchsorted(ascending, edges, side="left")).astype(float)
    together = _Together.of(phases[0], edges, pictures)
    for phase in phases[1:]:
        together = together.joined(_Together.of(phase, edges, pictures), phase.follows)
    equal, equal_from = _equal(phases)
    weight = together.weight
    drawn = np.minimum(together.cluster_size / weight, 1.0) if known else np.zeros(len(scores))
    looks = sum(phase.equal for phase in phases)
    return Weights(weight, together.part, edges, drawn, equal, equal_from, looks)


@dataclass(frozen=True)
class _Together:
    """Judged pictures whose weights sum to `pictures` in every part that has any of them."""

    weight: Floats
    part: Ints
    cluster_size: Ints
    share: Floats
    pictures: Floats

    @classmethod
    def of(cls, phase: Phase, edges: Floats, pictures: Floats) -> _Together:
        part = np.searchsorted(edges, phase.scores, side="right") - 1
        total = np.bincount(part, weights=phase.weight, minlength=len(pictures)).astype(float)
        weight = phase.weight * (pictures / _or_one(total))[part]
        return cls(weight, part, phase.cluster_size, phase.share, pictures)

    def sums(self, values: NDArray[np.number] | None = None) -> Floats:
        """Return the number of judged pictures in each part, or the sum of some values of them."""
        return np.bincount(self.part, weights=values, minlength=len(self.pictures)).astype(float)

    def joined(self, other: _Together, follows: bool) -> _Together:
        """Return both together; with `follows` the other is a sample of what these left."""
        old, new = self.sums(), other.sums()
        if follows:
            # what these drew, and with it all of its near-duplicates
            itself = self.cluster_size / self.share
            # (at least what was judged of it, where the others' near-duplicates lie in other parts)
            most = np.maximum(self.pictures - other.sums(other.cluster_size), old)
            drawn = np.minimum(self.sums(itself), most)
            itself = itself * (drawn / _or_one(self.sums(itself)))[self.part]
            units = self.sums(self.weight / self.cluster_size)
            left = np.maximum(units - old - new, 0)
            # for clusters of one, all that were judged then count the same
            kept = old * left / _or_one((units - old) * (old + new))
        else:
            itself, drawn = np.zeros(len(self.weight)), np.zeros(len(self.pictures))
            kept = old / _or_one(old + new)
        kept = np.where(new > 0, np.minimum(kept, 1), 1)
        rest = (1 - kept) * (1 - drawn / _or_one(self.pictures))
        weight = [
            kept[self.part] * self.weight + (1 - kept)[self.part] * itself,
            rest[other.part] * other.weight,
        ]
        return _Together(
            np.concatenate(weight),
            np.concatenate([self.part, other.part]),
            np.concatenate([self.cluster_size, other.cluster_size]),
            np.concatenate([self.share, other.share]),
            self.pictures,
        )


def _edges(ascending: Floats, phases: Sequence[Phase], scores: Floats) -> Floats:
    """Return where the pool is cut: bounds of strata, none that would leave a part too thin."""
    reaches = min(phase.reaches for phase in phases)
    bounds = np.unique(np.concatenate([phase.lower for phase in phases]))
    if len(bounds) == len({phase.reaches for phase in phases}):
        # nobody drew strata: the pool has some all the same
        inside = ascending[np.searchsorted(ascending, reaches) :]
        part = cut(inside, spread(inside), len(scores))
        bounds = np.union1d(
            bounds, inside[np.searchsorted(part, np.arange(min(STRATA, part[-1] + 1)))]
        )
    judged, begins = np.sort(scores), {phase.reaches for phase in phases}
    edges = [reaches]
    for bound in bounds[bounds > reaches].tolist():
        below, above = np.searchsorted(judged, [edges[-1], bound])
        # below the reach of a phase, pictures are no part of what it was drawn from
        least = 1 if bound in begins else LEAST
        if above - below >= least and len(judged) - above >= least:
            edges.append(bound)
    return np.array([*edges, np.inf])


def _equal(phases: Sequence[Phase]) -> tuple[Bools, float]:
    """Return which pictures had equal chances, and from which score on all of these had."""
    reaches = [phase.reaches for phase in phases if phase.equal]
    equal_from = max(reaches, default=np.nan)
    inside = [phase.equal & (phase.scores >= equal_from) for phase in phases]
    return np.concatenate(inside), equal_from


def _or_one(values: Floats) -> Floats:
    """Return values to divide by, where nothing is divided if they are 0."""
    return np.where(values > 0, values, 1.0)


def lower_bounds(frame: Mapping[str, Any]) -> Floats:
    """Return the lower bounds of a drawn round's strata, as a `Phase` has them.

    Parameters
    ----------
    frame : mapping
        What `Sample.frame` says, and the column `strata` of a round.
    """
    bounds = [float(each["lower"]) for each in frame["strata"]]
    return np.array([frame.get("t_min", 0.0), *sorted(bounds)[1:]])


def part_of(judged: Judged, which: Bools) -> Judged:
    """Return some of the judged pictures as if only they had been judged.

    Where the pool is not known, only they are known of it.

    Parameters
    ----------
    judged : Judged
    which : array (n,) of bool
        Chosen without regard to the verdicts, such as the folds of a cross-fit.
    """
    kept = {
        field.name: getattr(judged, field.name)[which]
        for field in fields(judged)
        if isinstance(getattr(judged, field.name), np.ndarray) and field.name != "edges"
    }
    pool = judged.pool
    if not pool.known:
        pool = replace(pool, scores=kept["scores"], classes=kept["classes"])
    else:
        parts = len(judged.edges) - 1
        before = np.bincount(judged.bin, weights=judged.weight, minlength=parts)
        after = np.bincount(kept["bin"], weights=kept["weight"], minlength=parts)
        kept["weight"] = kept["weight"] * (before / np.where(after > 0, after, 1))[kept["bin"]]
        kept["drawn"] = np.minimum(kept["cluster_size"] / kept["weight"], 1.0)
    place = np.cumsum(which) - 1
    reviews = judged.reviews
    answers = which[reviews.item]
    return replace(
        judged,
        **kept,
        pool=pool,
        reviews=replace(
            reviews,
            item=place[reviews.item[answers]],
            reviewer=reviews.reviewer[answers],
            answer=reviews.answer[answers],
            settles=reviews.settles[answers],
        ),
    )
