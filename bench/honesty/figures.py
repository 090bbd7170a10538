"""Which intervals are looked at, and what the truth of each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.areas import auroc, average_precision
from analysis.bands import bands
from analysis.calibration import reliability
from analysis.compare import paired
from analysis.curve_grid import curves
from analysis.curves import counts
from analysis.estimates import FUTURE, Costs, Estimator
from analysis.intervals import Estimate
from analysis.judged import Floats, Judged
from analysis.simulated import Corpus
from analysis.summary import Asked, Summary
from bench.honesty.settings import THRESHOLD

OTHER = 7
"""Every so many pictures, another run is right where this one is wrong, and the other way round."""

COSTS = Costs(false_accept=1.0, false_reject=0.3, review=0.1)


@dataclass(frozen=True)
class Truth:
    """The true figures of a corpus, by the names of `looks`; NaN where there is none."""

    corpus: Corpus
    figures: dict[str, float]


def truth(made: Corpus) -> Truth:
    """Compute the figures of a corpus from all of its pictures."""
    right, accepted = made.top1, made.scores >= THRESHOLD
    counted = counts(made.scores, right)
    size = len(right)
    rank = np.argsort(np.argsort(-made.scores, kind="stable"), kind="stable")
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, size + 1))])
    wrong = 1 - right
    lost = COSTS.false_accept * wrong * accepted
    lost += (COSTS.review + COSTS.false_reject * right) * ~accepted
    return Truth(
        made,
        {
            "accuracy": right.mean(),
            "top-k accuracy": made.topk.mean(),
            "precision": right[accepted].mean(),
            "recall": right[accepted].sum() / right.sum(),
            "cost": lost.mean(),
            "AURC": float(wrong @ (harmonic[size] - harmonic[rank])) / size,
            "AUGRC": float(wrong @ (1 - rank / size)) / size,
            "AUROC": counted.auroc,
            "average precision": counted.average_precision,
            "difference of two runs": float((other(made) - right).mean()),
        },
    )


def other(made: Corpus) -> Floats:
    """Return which pictures another run is right on, (N,)."""
    turned = np.arange(len(made.top1)) % OTHER == 0
    return np.where(turned, 1 - made.top1, made.top1)


def estimates(judged: Judged, made_of: Corpus) -> dict[str, Estimate]:
    """Return every figure with a truth of its own, about this pool."""
    made = Estimator(judged)
    return {
        "accuracy": made.accuracy(),
        "top-k accuracy": made.topk_accuracy(),
        "precision": made.precision(THRESHOLD),
        "recall": made.recall(THRESHOLD),
        "cost": made.cost(THRESHOLD, COSTS),
        "AURC": made.aurc(),
        "AUGRC": made.augrc(),
        "AUROC": auroc(judged),
        "average precision": average_precision(judged),
        "difference of two runs": paired(judged, other(made_of)[judged.image_ids]).difference,
    }


def of_future(judged: Judged) -> dict[str, Estimate]:
    """Return the figures about future pictures."""
    made = Summary(judged, Asked(about=FUTURE, threshold=THRESHOLD, costs=COSTS))
    return {
        "accuracy": made.accuracy,
        "top-k accuracy": made.topk_accuracy,
        "precision": made.at.precision,
        "recall": made.at.recall,
        "cost": made.at.cost,
        "AURC": made.aurc,
        "AUGRC": made.augrc,
        "AUROC": made.auroc,
        "average precision": made.average_precision,
    }


def covered_bins(judged: Judged, true: Truth) -> list[bool]:
    """Return of each bin of the reliability diagram whether its interval holds the true share."""
    made = reliability(judged.scores, judged.top1, judged.weight)
    scores, right = true.corpus.scores, true.corpus.top1
    held = []
    for lower, upper, low, high in zip(made.lower, made.upper, made.low, made.high, strict=True):
        inside = (scores >= lower) & (scores <= upper)
        held.append(bool(low - 1e-9 <= right[inside].mean() <= high + 1e-9))
    return held


def covered_held_out(judged: Judged, true: Truth) -> bool | None:
    """Return whether the held-out interval holds the true precision of such thresholds."""
    point = Summary(judged).points[0]
    if np.isnan(point.held_out.value):
        return None
    scores, right = true.corpus.scores, true.corpus.top1
    # each fold's threshold counts for the pictures that it accepts
    accepted = np.array([scores >= each for each in point.chosen.by_fold])
    precision = float((accepted * right).sum() / accepted.sum())
    return bool(point.held_out.low <= precision <= point.held_out.high)


def covered_bands(judged: Judged, true: Truth) -> dict[str, bool | None]:
    """Return whether each band holds the whole true curve; None where there is no band."""
    made = bands(judged)
    exact = curves(counts(true.corpus.scores, true.corpus.top1), made.thresholds)
    pairs = {
        "band of precision": (made.precision, exact.precision),
        "band of recall": (made.recall, exact.recall),
        "band of ROC": (made.roc, exact.roc),
        "band of PR": (made.precision_recall, exact.precision_recall),
    }
    return {name: _inside(*pair) for name, pair in pairs.items()}


def _inside(band: object, exact: Floats) -> bool | None:
    known = ~np.isnan(band.low) & ~np.isnan(exact)
    if not known.any():
        return None
    low, high = band.low[known] - 1e-9, band.high[known] + 1e-9
    return bool(((low <= exact[known]) & (exact[known] <= high)).all())
