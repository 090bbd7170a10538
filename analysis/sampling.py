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

from analysis.strata import allocate, cut
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
        how many were `drawn`; for a certifying round `t_min` and the `coverage` that it has.
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

    _, unit, sizes = np.unique(cluster[inside], return_inverse=True, return_counts=True)
    if size > len(sizes):
        raise InputError(
            f"{domain} {len(sizes):,} pictures without near-duplicates:"
            f" choose a size up to {len(sizes):,}"
        )
    means = np.bincount(unit, weights=scores[inside]) / sizes
    probability = proportional(size, sizes)
    stratum = np.zeros(len(sizes), np.int64)
    if design == STRATIFIED:
        stratum = cut(means, probability, size)
    shares = allocate(size, np.bincount(stratum, weights=probability), np.bincount(stratum))

    drawn = []
    frame["strata"] = []
    for number, share in enumerate(shares.tolist()):
        units = np.flatnonzero(stratum == number)
        probability[units] = proportional(share, sizes[units])
        drawn.append(units[systematic(probability[units], rng)])
        frame["strata"].append(
            {
                "lower": float(means[units].min()),
                "upper": float(means[units].max()),
                "pictures": int(sizes[units].sum()),
                "clusters": len(units),
                "drawn": share,
            }
        )
    units = rng.permutation(np.concatenate(drawn))
    return Sample(
        pictures=inside[_representatives(unit, sizes, rng)[units]],
        stratum=stratum[units],
        probability=probability[units] / sizes[units],
        cluster_size=sizes[units],
        frame=frame,
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


def _representatives(unit: Ints, sizes: Ints, rng: np.random.Generator) -> Ints:
    """Return for each cluster the index of one of its pictures, each with the same chance."""
    shuffled = rng.permutation(len(unit))
    members = shuffled[np.argsort(unit[shuffled], kind="stable")]
    return members[np.cumsum(sizes) - sizes]
