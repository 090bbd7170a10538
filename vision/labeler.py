"""Pixels -> what becomes of pictures: predictions, and features where these are kept."""

from __future__ import annotations

import numpy as np

from vision.classifiers import Classifier
from vision.errors import PictureError
from vision.prepare import Outcome
from vision.topk import top_k


class Labeler:
    """A classifier that settles outcomes; safe to share between threads if the classifier is.

    Parameters
    ----------
    classifier : Classifier
    k : int
        Predictions a picture.
    features : bool
        Give outcomes the features too.
    """

    def __init__(self, classifier: Classifier, k: int, *, features: bool) -> None:
        self._classifier = classifier
        self._k = k
        self._features = features

    def label(self, batch: np.ndarray, outcomes: list[Outcome]) -> None:
        """Settle the outcomes of the first pictures of a batch, uint8 (N, H, W, 3)."""
        count = len(outcomes)
        halves: list[bytes | None] = [b""] * count
        if self._features:
            scores, features = self._classifier.classify_with_features(batch)
            halves = as_halves(features[:count])
        else:
            scores = self._classifier.classify(batch)
        found = top_k(scores[:count], self._classifier.classes, self._k)
        for outcome, predictions, half in zip(outcomes, found, halves, strict=True):
            if predictions is None:
                told = "the model gave scores that are no numbers"
                outcome.fail(PictureError("classify", "no scores", told))
            elif half is None:
                told = "the model gave features that are no numbers or beyond float16 (65,504)"
                outcome.fail(PictureError("classify", "no features", told))
            else:
                outcome.succeed(predictions, half)


def as_halves(features: np.ndarray) -> list[bytes | None]:
    """Return rows of (N, D) numbers as float16, little-endian; None for what it cannot hold."""
    with np.errstate(over="ignore"):
        halves = features.astype("<f2")
    sound = np.isfinite(halves).all(axis=1)
    return [row.tobytes() if fits else None for row, fits in zip(halves, sound, strict=True)]
