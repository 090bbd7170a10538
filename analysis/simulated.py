"""Runs whose truth is known: to see whether figures keep what they promise.

Top-1 predictions as a classifier gives them that is too sure of itself: most scores are high, and
right and wrong ones overlap. How far they do is the quality, told as the AUROC. Pictures come in
clusters of near-duplicates where asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.followup import Question, Remaining, aimed
from analysis.judged import UNKNOWN, Floats, Ints, Judged, Pool, Reviews, Source
from analysis.sampling import Sample
from analysis.weights import Phase, lower_bounds, weigh

LABELS = 200

_SPREAD = 0.8
"""Spread of the wrong ones' logits over that of the right ones': chances are then no straight
line in the logit of the score, as the usual recalibration has it."""

_NOISE = 0.05


@dataclass(frozen=True)
class Quality:
    """A kind of classifier.

    `accuracy` is its share of right top-1 predictions; `distance` is how far the logits of right
    and wrong ones are apart, in units of their spread; scores are expit(offset + slope * logit).
    """

    name: str
    accuracy: float
    distance: float
    offset: float
    slope: float


POOR = Quality("AUROC .70", 0.793, 0.672, 1.77, 1.35)
FAIR = Quality("AUROC .87", 0.812, 1.442, 2.02, 1.75)
GOOD = Quality("AUROC .94", 0.803, 1.991, 1.95, 2.0)
QUALITIES = (POOR, FAIR, GOOD)


@dataclass(frozen=True)
class Corpus:
    """A labeled run with its truth.

    Attributes
    ----------
    scores : array (N,) of float
        Top-1 scores.
    top1, topk : array (N,) of float
        1 where the first, or any prediction is right, else 0.
    classes : array (N,) of int
        Top-1 classes.
    cluster : array (N,) of int
        Number of the cluster of near-duplicates that each picture is in.
    """

    scores: Floats
    top1: Floats
    topk: Floats
    classes: Ints
    cluster: Ints

    @property
    def pool(self) -> Pool:
        return Pool(self.scores, self.classes, [f"class {n}" for n in range(LABELS)])


def corpus(
    quality: Quality, size: int, rng: np.random.Generator, mean_cluster: float = 1.0
) -> Corpus:
    """Make a run of `size` pictures.

    Parameters
    ----------
    quality : Quality
    size : int
    rng : numpy.random.Generator
    mean_cluster : float
        Pictures of a cluster in the mean, at least 1; sizes are geometric with a heavy tail.
    """
    cluster = _clusters(size, mean_cluster, rng)
    units = cluster[-1] + 1
    popularity = 1 / np.arange(1, LABELS + 1)
    classes = rng.choice(LABELS, units, p=popularity / popularity.sum())
    chance = quality.accuracy + 0.06 * np.sin(np.arange(LABELS))[classes]
    right = rng.random(units) < chance
    logit = np.where(
        right,
        quality.distance / 2 + rng.standard_normal(units),
        -quality.distance / 2 + _SPREAD * rng.standard_normal(units),
    )
    later = rng.random(units) < 0.6 + 0.1 * np.tanh(logit)
    wobble = _NOISE * rng.standard_normal(size) if mean_cluster > 1 else 0.0
    scores = 1 / (1 + np.exp(-quality.offset - quality.slope * (logit[cluster] + wobble)))
    top1 = right.astype(float)
    return Corpus(
        scores=np.clip(scores, 0.01, 1.0),
        top1=top1[cluster],
        topk=np.maximum(top1, later)[cluster],
        classes=classes[cluster],
        cluster=cluster,
    )


def _clusters(size: int, mean: float, rng: np.random.Generator) -> Ints:
    if mean <= 1:
        return np.arange(size)
    sizes = 1 + np.floor((mean - 1) * rng.pareto(2.5, size) * 1.5).astype(np.int64)
    return np.repeat(np.arange(size), np.minimum(sizes, size // 20))[:size]


def judge(made: Corpus, *samples: Sample, judged: int | None = None) -> Judged:
    """Return what reviewers who make no mistake say of drawn pictures.

    Parameters
    ----------
    made : Corpus
    *samples : analysis.sampling.Sample
        Rounds drawn one after the other, the later ones as second phases.
    judged : int, optional
        How many of the last round are judged; all if None.
    """
    phases, taken, sizes = [], [], []
    for number, drawn in enumerate(samples):
        end = judged if number == len(samples) - 1 else None
        pictures, stratum = drawn.pictures[:end], drawn.stratum[:end]
        told = drawn.frame["strata"]
        share = np.bincount(stratum, minlength=len(told)) / [each["drawn"] for each in told]
        phases.append(
            Phase(
                scores=made.scores[pictures],
                weight=1 / (drawn.probability[:end] * share[stratum]),
                cluster_size=drawn.cluster_size[:end],
                share=share[stratum],
                lower=lower_bounds(drawn.frame),
                equal=len(told) == 1,
                follows=number > 0,
            )
        )
        taken.append(pictures)
        sizes.append(drawn.cluster_size[:end])
    pictures = np.concatenate(taken)
    pool = made.pool
    weights = weigh(pool.ascending, phases, known=True)
    count = len(pictures)
    answers = np.where(made.top1[pictures] == 1, 0, np.where(made.topk[pictures] == 1, 1, 2))
    return Judged(
        scores=made.scores[pictures],
        top1=made.top1[pictures],
        topk=made.topk[pictures],
        classes=made.classes[pictures],
        right=np.where(made.top1[pictures] == 1, made.classes[pictures], UNKNOWN),
        image_ids=pictures,
        cluster_size=np.concatenate(sizes),
        pool=pool,
        reviews=Reviews(
            item=np.arange(count),
            reviewer=np.zeros(count, np.int64),
            answer=answers,
            settles=np.zeros(count, bool),
            reviewers=["nobody"],
            answers=["top1", "topk", "none"],
        ),
        source=Source("a simulated run", "simulated"),
        **vars(weights),
    )


def follow(
    made: Corpus, pilot: Sample, question: Question, size: int, rng: np.random.Generator
) -> Sample:
    """Draw a second phase that aims at a question, by what the judged `pilot` has told.

    Parameters
    ----------
    made : Corpus
    pilot : analysis.sampling.Sample
    question : analysis.followup.Question
    size : int
        Pictures of the second phase.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If there are fewer clusters left than `size`.
    """
    left = ~np.isin(made.cluster, made.cluster[pilot.pictures])
    frame = Remaining(made.scores, made.cluster, left)
    return aimed(question, size, frame, judge(made, pilot), rng)
