"""Draws a sample of pictures of which every picture's inclusion probability is known.

The units are clusters of near-duplicates, of which one picture at most is drawn. A cluster's
probability is proportional to the number of its pictures: every picture then stands for the same
number of pictures, as in a simple random sample, only that nobody judges the same thing twice. A
cluster too large for that is drawn for certain. Where all pictures differ, it is a simple random
sample. (With equal probabilities of clusters, a picture posted a thousand times would by luck
either be missing or outweigh all others together.)

Source: C.-E. Särndal, B. Swensson, J. Wretman, Model Assisted Survey Sampling, 1992, 3.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.strata import allocate, cut, spread
from db.verdicts import CERTIFY, STRATIFIED
from vision.errors import InputError

COVERAGE = 0.8
"""Share of the pictures, those of the highest scores, that a certifying round is drawn from."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The drawn pictures, in random order, and what later estimates need of the frame.

    The first m of n items are such a sample too, each with m/n times its probability; of a
    stratified one the numbers by stratum are then random, its least number no longer sure.

    Attributes
    ----------
    pictures : array (n,) of int
        Indices into the frame.
    stratum : array (n,) of int
        From 0 on, by ascending score; all 0 in a design without strata.
    probability : array (n,) of float
        Inclusion probability of this very picture, over 0 and at most 1.
    cluster_size : array (n,) of int
        Pictures that were in the draw with it as its near-duplicates, itself included.
    frame : dict
        Plain JSON: `pictures` and `clusters` of the frame; for each of `strata` the `lower` and
        `upper` bound of its scores (mean scores of clusters), its `pictures` and `clusters`, and
        how many were `drawn`; where only scores from some score on were drawn, that score as
        `t_min` and the `coverage` that it has.
    """

    pictures: Ints
    stratum: Ints
    probability: Floats
    cluster_size: Ints
    frame: dict[str, Any]


def sample(
    design: str, size: int, scores: Floats, cluster: Ints, rng: np.random.Generator
) -> Sample:
    """Draw `size` pictures, none two of one cluster.

    Parameters
    ----------
    design : str
        One of `db.verdicts.DESIGNS`.
    size : int
    scores : array (N,) of float
        Top-1 scores, 0 to 1.
    cluster : array (N,) of int
        Number of the cluster that each picture is in.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If there are fewer clusters to draw from than `size`.
    """
    frame: dict[str, Any] = {"pictures": len(scores), "clusters": len(np.unique(cluster))}
    inside, domain = np.arange(len(scores)), "this run has"
    if design == CERTIFY:
        t_min = np.sort(scores)[-math.ceil(COVERAGE * len(scores))]
        inside = np.flatnonzero(scores >= t_min)
        domain = f"the best-scored {100 * COVERAGE:.0f} % of this run are"
        frame |= {"t_min": float(t_min), "coverage": len(inside) / len(scores)}

    units = Units.of(scores, cluster, inside)
    if size > units.count:
        raise too_few(domain, units.count)
    probability = proportional(size, units.sizes)
    stratum = np.zeros(units.count, np.int64)
    if design == STRATIFIED:
        stratum = cut(units.means, probability * spread(units.means), size)
    shares = allocate(size, np.bincount(stratum, weights=probability), np.bincount(stratum))
    return draw(units, stratum, shares, frame, rng)


@dataclass(frozen=True)
class Units:
    """What is drawn: clusters of near-duplicates.

    Attributes
    ----------
    inside : array (M,) of int
        Indices into the frame of the pictures that may be drawn.
    unit : array (M,) of int
        The unit that each of them is in, from 0 on, without gaps.
    sizes, means : array (U,) of int, of float
        Pictures and mean score of each unit.
    """

    inside: Ints
    unit: Ints
    sizes: Ints
    means: Floats

    @classmethod
    def of(cls, scores: Floats, cluster: Ints, inside: Ints) -> Units:
        """Make units of some pictures of a frame."""
        _, unit, sizes = np.unique(cluster[inside], return_inverse=True, return_counts=True)
        return cls(inside, unit, sizes, np.bincount(unit, weights=scores[inside]) / sizes)

    @property
    def count(self) -> int:
        return len(self.sizes)


def too_few(domain: str, count: int) -> InputError:
    """Return the error of a round that is larger than what there is; `domain` ends in a verb."""
    return InputError(
        f"{domain} {count:,} pictures without near-duplicates: choose a size up to {count:,}"
    )


def draw(
    units: Units, stratum: Ints, shares: Ints, frame: dict[str, Any], rng: np.random.Generator
) -> Sample:
    """Draw a number of units from each stratum.

    Parameters
    ----------
    units : Units
    stratum : array (U,) of int
        Of each unit, from 0 on, without gaps, by ascending score.
    shares : array (H,) of int
        How many to draw from each stratum.
    frame : dict
        What is told of the frame; the strata are added to it.
    rng : numpy.random.Generator
    """
    probability = np.zeros(units.count)
    drawn = []
    told = []
    for number, share in enumerate(shares.tolist()):
        members = np.flatnonzero(stratum == number)
        probability[members] = proportional(share, units.sizes[members])
        drawn.append(members[systematic(probability[members], rng)])
        told.append(
            {
                "lower": float(units.means[members].min()),
                "upper": float(units.means[members].max()),
                "pictures": int(units.sizes[members].sum()),
                "clusters": len(members),
                "drawn": share,
            }
        )
    picked = rng.permutation(np.concatenate(drawn))
    return Sample(
        pictures=units.inside[_representatives(units, rng)[picked]],
        stratum=stratum[picked],
        probability=probability[picked] / units.sizes[picked],
        cluster_size=units.sizes[picked],
        frame=frame | {"strata": told},
    )


def proportional(size: int, sizes: Ints) -> Floats:
    """Return inclusion probabilities proportional to `sizes`, none over 1, their sum `size`."""
    certain = np.zeros(len(sizes), bool)
    while True:
        count, total = size - certain.sum(), sizes[~certain].sum()
        more = ~certain & (sizes * count >= total)
        if not more.any():
            return np.where(certain, 1.0, count * sizes / max(total, 1))
        certain |= more


def systematic(probability: Floats, rng: np.random.Generator) -> Ints:
    """Draw units with given inclusion probabilities; return their indices, exactly their sum many.

    The units are laid out in random order, each as long as its probability, and picked at steps of
    1 from a random start: for equal probabilities this is a simple random sample.

    Source: W. G. Madow, On the theory of systematic sampling II, 1949.
    """
    order = rng.permutation(len(probability))
    # the certain ones first, where rounding can neither miss one nor pick it twice
    order = order[np.argsort(probability[order] < 1, kind="stable")]
    ends = np.cumsum(probability[order])
    size = round(float(ends[-1]))
    ends[-1] = size
    # 24 bits: start + step stays exact, and below the end
    start = float(rng.random(dtype=np.float32))
    return order[np.searchsorted(ends, np.arange(size) + start, side="right")]


def _representatives(units: Units, rng: np.random.Generator) -> Ints:
    """Return for each unit the place in `inside` of one of its pictures, all equally likely."""
    shuffled = rng.permutation(len(units.unit))
    members = shuffled[np.argsort(units.unit[shuffled], kind="stable")]
    return members[np.cumsum(units.sizes) - units.sizes]
