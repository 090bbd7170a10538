"""From scores to predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vision.errors import ModelError
from vision.records import Prediction
from vision.topk import are_logits, softmax, top_k


def test_best_first_and_equal_scores_by_class() -> None:
    scores = np.array([[0.1, 0.4, 0.1, 0.4]], np.float32)
    found = top_k(scores, ["crane", "tench", "crane", "cock"], 3)
    best = float(np.float32(0.4))
    assert found == [
        (
            Prediction(1, "tench", best),
            Prediction(3, "cock", best),
            Prediction(0, "crane", float(np.float32(0.1))),
        )
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_picture_without_finite_scores_gives_none(bad: float) -> None:
    scores = np.array([[0.5, 0.5], [bad, 0.5], [0.9, 0.1]], np.float32)
    first, second, third = top_k(scores, ["a", "b"], 1)
    assert second is None
    assert (first[0].label, third[0].label) == ("a", "a")


@pytest.mark.parametrize("k", [-1, 0, 3, 1000])
def test_k_out_of_range_is_named(k: int) -> None:
    with pytest.raises(ModelError, match=f"k is {k}, but the model has 2 classes"):
        top_k(np.zeros((1, 2), np.float32), ["a", "b"], k)


def test_no_pictures() -> None:
    assert top_k(np.zeros((0, 2), np.float32), ["a", "b"], 1) == []


@given(
    arrays(np.float32, (3, 6), elements=st.floats(0, 1, width=32)),
    st.integers(1, 6),
)
def test_agrees_with_sorting_by_hand(scores: np.ndarray, k: int) -> None:
    found = top_k(scores, "abcdef", k)
    for row, predictions in zip(scores, found, strict=True):
        expected = sorted(range(6), key=lambda i: (-row[i], i))[:k]
        assert [p.class_id for p in predictions] == expected
        assert [p.score for p in predictions] == [float(row[i]) for i in expected]
        assert [p.label for p in predictions] == ["abcdef"[i] for i in expected]


@given(arrays(np.float32, (2, 5), elements=st.floats(-1000, 1000, width=32)))
def test_softmax_gives_probabilities_in_the_same_order(logits: np.ndarray) -> None:
    scores = softmax(logits)
    assert scores.dtype == np.float32
    assert not are_logits(scores)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    best = logits.argmax(axis=1)
    assert (scores[[0, 1], best] == scores.max(axis=1)).all()


def test_logits_are_told_from_probabilities() -> None:
    assert are_logits(np.array([[0.2, -3.0]]))
    assert are_logits(np.array([[0.2, 3.0]]))
    assert not are_logits(np.array([[0.2, 0.8], [0.9, 0.9]]))


def test_a_score_a_hair_above_one_is_one():
    scores = np.array([[1.0000001, -1e-9, 0.0]], np.float32)
    (found,) = top_k(scores, ("a", "b", "c"), 3)
    assert [prediction.score for prediction in found] == [1.0, 0.0, 0.0]
