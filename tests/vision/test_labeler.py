"""Predictions and features out of one pass, and numbers that cannot be kept."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests import tiny_model
from vision import models
from vision.errors import ModelError
from vision.labeler import Labeler, as_halves
from vision.networks import FEATURES, SCORES, Network
from vision.prepare import Outcome


@given(arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=2)))
def test_halves_hold_what_float16_can(features: np.ndarray) -> None:
    for row, half in zip(features, as_halves(features), strict=True):
        with np.errstate(over="ignore"):
            wanted = row.astype(np.float16)
        if half is None:
            assert not np.isfinite(wanted).all()
        else:
            assert np.array_equal(np.frombuffer(half, "<f2"), wanted)


@given(st.floats(-65504, 65504, width=32))
def test_halves_are_near(number: float) -> None:
    (half,) = as_halves(np.array([[number]], np.float32))
    assert np.frombuffer(half or b"", "<f2")[0] == pytest.approx(number, rel=2**-11, abs=2**-24)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> models.Classifier:
    path, labels = tiny_model.write(tmp_path_factory.mktemp("model"))
    return models.load(str(path), labels=labels)


def test_a_model_without_features_says_so(tiny: models.Classifier) -> None:
    batch = np.zeros((2, tiny_model.SIDE, tiny_model.SIDE, 3), np.uint8)
    with pytest.raises(ModelError, match=r"features cannot be had of this model: use a named one"):
        Labeler(tiny, 3, features=True).label(batch, [Outcome()])


def test_what_cannot_be_kept_fails_alone(tiny: models.Classifier) -> None:
    """Scores and features as a network might give them: sound, no numbers, beyond float16."""
    scores = np.array([[0.7, 0.1, 0.2], [np.nan, 0, 0], [0.7, 0.1, 0.2]], np.float32)
    features = np.array([[1, 2], [1, 2], [1, 1e6]], np.float32)
    outputs = {SCORES: scores, FEATURES: features}
    network = Network(
        "numpy", "f32", 8, {SCORES: 3, FEATURES: 2}, lambda _, names: [outputs[n] for n in names]
    )
    classifier = dataclasses.replace(tiny, network=network, classes=("a", "b", "c"))
    outcomes = [Outcome() for _ in scores]
    Labeler(classifier, 2, features=True).label(np.zeros((3, 8, 8, 3), np.uint8), outcomes)
    good, bad, large = outcomes
    assert [p.label for p in good.predictions] == ["a", "c"]
    assert np.frombuffer(good.features, "<f2").tolist() == [1, 2]
    assert (bad.error and bad.error.reason) == "no scores"
    assert (large.error and large.error.reason) == "no features"
    assert not large.predictions
