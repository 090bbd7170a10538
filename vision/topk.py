"""From a network's numbers to predictions: probabilities, and the k best of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.errors import ModelError
from vision.records import Prediction


def top_k(
    scores: np.ndarray, classes: Sequence[str], k: int
) -> list[tuple[Prediction, ...] | None]:
    """Return the k best predictions of each picture.

    Parameters
    ----------
    scores : ndarray of float32, shape (N, C)
    classes : sequence of str
        The C class names by index.
    k : int
        From 1 to C.

    Returns
    -------
    list of N tuples of k `Prediction`, or None
        Scores in [0, 1], descending, equal scores by class index. None for a picture with a score
        that is not finite.

    Raises
    ------
    ModelError
        k is out of its range.
    """
    check_k(k, len(classes))
    # stable, so that equal scores stay in the order of the classes
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    finite = np.isfinite(scores).all(axis=1)
    # a softmax in float32 may end a hair above 1
    scores = np.clip(scores, 0.0, 1.0)
    return [
        tuple(Prediction(int(i), classes[i], float(row[i])) for i in best) if sound else None
        for row, best, sound in zip(scores, order, finite, strict=True)
    ]


def check_k(k: int, classes: int) -> None:
    """Raise `ModelError` unless k is from 1 to the number of classes."""
    if not 1 <= k <= classes:
        raise ModelError(f"k is {k}, but the model has {classes} classes: ask for 1 to {classes}")


def are_logits(scores: np.ndarray) -> bool:
    """Return whether scores (N, C) cannot be probabilities: some lie outside [0, 1]."""
    # float32 softmax may pass 1 by a rounding
    return bool((scores < 0).any() or (scores > 1 + 1e-3).any())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of (N, C), float32."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
