"""Whether reviewers say the same: agreement, alpha, kappa, disputes, and what a second look mends.

All of it rests on pictures that were answered for more than once, each answer given without the
others in view. Answers that settle a disagreement are no evidence of agreement and stay out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.intervals import CONFIDENCE, Estimate, undefined, wilson
from analysis.judged import Floats, Ints, Judged, Reviews

RESAMPLES = 2000

NOTHING_TWICE = (
    "No picture has been answered for by two reviewers: draw a round with an overlap to see"
    " whether they agree."
)
ONE_ANSWER = "Everybody always gives the same answer: there is nothing to agree on beyond chance."


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree.

    Attributes
    ----------
    raw : Estimate
        Share of the pictures answered for twice or more whose first two answers are the same.
    alpha : Estimate
        Krippendorff's alpha of all answers.
    reviewers : sequence of str
        What rows and columns of the following are.
    pairs : array (v, v) of int
        Pairs of answers that two reviewers have given on the same picture; symmetric.
    same : array (v, v) of float
        Share of these that are the same answer; NaN where there are none.
    kappa : array (v, v) of float
        Cohen's kappa of these; NaN where there are none, or all are one answer.
    disputed : array of int
        Indices of the judged pictures with different answers that nobody has settled.
    """

    raw: Estimate
    alpha: Estimate
    reviewers: Sequence[str]
    pairs: Ints
    same: Floats
    kappa: Floats
    disputed: Ints


@dataclass(frozen=True)
class Noise:
    """What the mean of `Judged.top1` lacks because most pictures were looked at only once.

    Attributes
    ----------
    difference : float
        To be added to the weighted mean of `Judged.top1`; NaN where unknown.
    variance : float
        Of `difference`; to be added to that of the mean.
    n : int
        Pictures answered for more than once.
    """

    difference: float
    variance: float
    n: int


def agreement(reviews: Reviews, confidence: float = CONFIDENCE, seed: int = 0) -> Agreement:
    """Return how far reviewers agree; `seed` is that of alpha's interval."""
    item, reviewer, answer = _blind(reviews)
    pairs, same, kappa = _matrices(item, reviewer, answer, len(reviews.reviewers))
    return Agreement(
        raw=_raw(item, answer, confidence),
        alpha=alpha(_counts(item, answer), confidence, seed),
        reviewers=reviews.reviewers,
        pairs=pairs,
        same=same,
        kappa=kappa,
        disputed=disputed(reviews),
    )


def disputed(reviews: Reviews) -> Ints:
    """Return the indices of the judged pictures with different answers that nobody has settled."""
    item, _, answer = _blind(reviews)
    differ = item[1:][(item[1:] == item[:-1]) & (answer[1:] != answer[:-1])]
    return np.setdiff1d(differ, reviews.item[reviews.settles])


def noise(judged: Judged) -> Noise:
    """Return what second looks say of the pictures that got none (double sampling).

    On pictures answered for more than once, the first answer is compared with the verdict that
    stands after all of them (half of it where they disagree and nobody has settled it). Their mean
    difference within each part of the scores is carried over to the other pictures of the part.
    Parts with fewer than two take the mean of all. The variance reckons with one difference more
    than was seen, spread over all: none among few pictures does not mean that there is none.

    Pictures that are looked at again have to be a random share of the judged ones.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed., 1977, 12.2 and 13.
    """
    item, _, answer = _blind(judged.reviews)
    again = _first_of_several(item)
    twice = item[again]
    n = len(twice)
    if not n:
        return Noise(np.nan, np.nan, 0)
    if n == len(judged):
        return Noise(0.0, 0.0, n)
    right = np.array([name == "top1" for name in judged.reviews.answers], float)
    change = judged.top1[twice] - right[answer[again]]
    weight = judged.weight[twice]

    parts = len(judged.edges) - 1
    part = judged.bin[twice]
    number = np.bincount(part, minlength=parts)
    whole = np.bincount(judged.bin, weights=judged.weight, minlength=parts)
    looked = np.bincount(part, weights=weight, minlength=parts)
    own = number > 1
    once = (whole - looked) / whole.sum()
    share, rest = np.where(own, once, 0.0), once[~own].sum()
    mean = np.bincount(part, weights=weight * change, minlength=parts) / np.where(own, looked, 1.0)
    overall = weight @ change / weight.sum()
    difference = float(share @ mean + rest * overall)

    # how much each of them moves the result, through its own part and through those without any;
    # what chance did to the pictures looked at once comes on top
    on_top = np.sqrt(whole.sum() / (whole.sum() - weight.sum()))
    pull = weight * (share / np.where(own, looked, 1.0))[part] * on_top
    pull_rest = weight * rest / weight.sum() * on_top
    spread = pull * np.sqrt(number / np.maximum(number - 1, 1))[part] * (change - mean[part])
    spread += pull_rest * np.sqrt(n / max(n - 1, 1)) * (change - overall)
    unseen = ((pull + pull_rest) ** 2).sum() / (n + 2)
    return Noise(difference, float(spread @ spread + unseen), n)


def alpha(counts: Ints, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """Return Krippendorff's alpha for answers without an order, with a bootstrap interval.

    The interval comes of drawing pictures anew, from half a picture more than there are, on which
    the two most frequent answers differ: from a few disagreements alone, it would end too high
    (at a true alpha of .96 and 75 pictures, 64 % of such intervals hold it, not 95), and from none,
    alpha would seem to be 1 for certain.

    Parameters
    ----------
    counts : array (m, a) of int
        How often each picture got each answer; pictures with fewer than two answers tell nothing.
    confidence : float
    seed : int

    Source: K. Krippendorff, Content Analysis, 4th ed., 2018, 12.
    """
    counts = counts[counts.sum(axis=1) > 1]
    n = len(counts)
    if not n:
        return undefined(NOTHING_TWICE, confidence=confidence)
    if (counts.sum(axis=0) > 0).sum() < 2:
        return undefined(ONE_ANSWER, n, confidence)
    # pictures with the same counts are as good as one that is drawn as often
    patterns, number = np.unique(counts, axis=0, return_counts=True)
    value = float(_alpha(patterns, number[None])[0])
    unlike = np.zeros_like(patterns[:1])
    unlike[0, np.argsort(counts.sum(axis=0))[-2:]] = 1
    chance = np.append(number, 0.5) / (n + 0.5)
    times = np.random.default_rng(seed).multinomial(n, chance, RESAMPLES)
    drawn = _alpha(np.concatenate([patterns, unlike]), times)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Estimate(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        n=n,
        n_eff=float(n),
        confidence=confidence,
        approximate=True,
    )


def _alpha(patterns: Ints, times: Ints) -> Floats:
    """Return alpha for each row of `times` (m, patterns): how often there is each pattern."""
    size = patterns.sum(axis=1)
    unlike = (size**2 - (patterns**2).sum(axis=1)) / (size - 1)
    answers = times @ patterns
    total = answers.sum(axis=1)
    observed = times @ unlike / total
    expected = (total**2 - (answers**2).sum(axis=1)) / (total * (total - 1.0))
    return 1 - observed / np.where(expected > 0, expected, np.nan)


def _blind(reviews: Reviews) -> tuple[Ints, Ints, Ints]:
    """Return item, reviewer and answer of those given blind, by item and in the order of time."""
    blind = np.flatnonzero(~reviews.settles)
    order = blind[np.argsort(reviews.item[blind], kind="stable")]
    return reviews.item[order], reviews.reviewer[order], reviews.answer[order]


def _counts(item: Ints, answer: Ints) -> Ints:
    _, unit = np.unique(item, return_inverse=True)
    kinds = int(answer.max(initial=0)) + 1
    units = int(unit.max(initial=-1)) + 1
    return np.bincount(unit * kinds + answer, minlength=units * kinds).reshape(units, kinds)


def _first_of_several(item: Ints) -> Ints:
    """Return where the answers on an item begin, of those items that have two or more."""
    starts = np.flatnonzero(np.diff(item, prepend=-1))
    return starts[np.diff(np.append(starts, len(item))) > 1]


def _raw(item: Ints, answer: Ints, confidence: float) -> Estimate:
    first = _first_of_several(item)
    n = len(first)
    if not n:
        return undefined(NOTHING_TWICE, confidence=confidence)
    share = float(np.mean(answer[first] == answer[first + 1]))
    low, high = wilson(share, n, confidence)
    return Estimate(share, float(low), float(high), n, float(n), confidence)


def _matrices(item: Ints, reviewer: Ints, answer: Ints, people: int) -> tuple[Ints, Floats, Floats]:
    """Return for each two reviewers the number of pairs, the share of the same, and kappa.

    Source: J. Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    kinds = int(answer.max(initial=0)) + 1
    table = np.zeros((people, people, kinds, kinds), np.int64)
    for apart in range(1, int(np.unique(item, return_counts=True)[1].max(initial=1))):
        one = np.flatnonzero(item[apart:] == item[:-apart])
        other = one + apart
        np.add.at(table, (reviewer[one], reviewer[other], answer[one], answer[other]), 1)
    table += table.transpose(1, 0, 3, 2) * (1 - np.eye(people, dtype=np.int64))[..., None, None]
    pairs = table.sum(axis=(2, 3))
    with np.errstate(invalid="ignore"):
        same = np.trace(table, axis1=2, axis2=3) / pairs
        chance = (table.sum(axis=3) * table.sum(axis=2)).sum(axis=2) / pairs.astype(float) ** 2
        kappa = (same - chance) / np.where(chance < 1, 1 - chance, np.nan)
    return pairs, same, kappa
