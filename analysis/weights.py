"""How many pictures of the pool each judged picture stands for, whatever rounds it came from.

Scores are known of the whole pool, so the pool is cut into parts by score, at the bounds of the
strata that were drawn from. Within a part, every round is a random sample of the same pictures,
and rounds are put together in proportion to what was judged of each: a second phase may aim at
what is open without a bias. Weights are then scaled so that those of a part sum to its number of
pictures (post-stratification), which also mends what chance did and what nobody answered for.

Sources: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 7.6;
D. Holt, T. M. F. Smith, Post stratification, 1979.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

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
    lower : array of float
        Lower bounds of the scores of its strata; the first is where its reach begins, 0 if it was
        drawn from all pictures.
    equal : bool
        Whether each picture within its reach had the same chance.
    """

    scores: Floats
    weight: Floats
    lower: Floats
    equal: bool

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


def weigh(ascending: Floats, phases: Sequence[Phase], cluster_size: Ints, known: bool) -> Weights:
    """Put phases together.

    Parameters
    ----------
    ascending : array (N,) of float
        Scores of the pool, sorted.
    phases : sequence of Phase
        With at least one judged picture in all; each with one at least.
    cluster_size : array (n,) of int
        Of the judged pictures, the phases one after the other.
    known : bool
        Whether `ascending` is the whole pool.
    """
    scores = np.concatenate([phase.scores for phase in phases])
    edges = _edges(ascending, phases, scores) if known else np.array([0.0, np.inf])
    part = np.searchsorted(edges, scores, side="right") - 1
    count = len(edges) - 1
    weight = np.concatenate([phase.weight for phase in phases])
    number = np.repeat(np.arange(len(phases)), [len(phase.scores) for phase in phases])
    key = number * count + part
    judged = np.bincount(key, minlength=len(phases) * count)
    total = np.bincount(key, weights=weight, minlength=len(phases) * count)
    # each phase by itself says how many pictures there are; together each counts for its share
    weight = weight * judged[key] / total[key]
    pictures = np.diff(np.searchsorted(ascending, edges, side="left"))
    weight *= (pictures / np.maximum(np.bincount(part, minlength=count), 1))[part]
    equal, equal_from = _equal(phases)
    drawn = np.minimum(cluster_size / weight, 1.0) if known else np.zeros(len(scores))
    return Weights(weight, part, edges, drawn, equal, equal_from)


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
    judged = np.sort(scores)
    edges = [reaches]
    for bound in bounds[bounds > reaches]:
        below, above = np.searchsorted(judged, [edges[-1], bound])
        if above - below >= LEAST and len(judged) - above >= LEAST:
            edges.append(float(bound))
    return np.array([*edges, np.inf])


def _equal(phases: Sequence[Phase]) -> tuple[Bools, float]:
    """Return which pictures had equal chances, and from which score on all of these had."""
    reaches = [phase.reaches for phase in phases if phase.equal]
    equal_from = max(reaches, default=np.nan)
    inside = [phase.equal & (phase.scores >= equal_from) for phase in phases]
    return np.concatenate(inside), equal_from


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
