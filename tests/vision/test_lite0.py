"""EfficientNet-Lite0: its accuracy, and scores that do not depend on the company in a batch."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision import lite0, models
from vision.errors import ModelError

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT.parent / "shared" / "data" / "imagenet200"
BATCH = 32

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["keras", "openvino"])
def runtime(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def classifier(runtime: str) -> models.Classifier:
    return models.load("efficientnet_lite0", runtime=runtime)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Smooth random pictures: three batches, no two alike."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (3 * BATCH, 7, 7, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((224, 224))) for c in coarse])


def test_what_it_says_of_itself(classifier: models.Classifier, runtime: str) -> None:
    assert classifier.name == "efficientnet_lite0"
    assert (classifier.runtime, classifier.precision) == (runtime, "f32")
    assert classifier.preprocessing.describe() == "crop 224 of 256 bicubic, (x-127)/128"
    assert classifier.weights_sha256 == lite0.SHA256
    assert len(classifier.classes) == 1000


def test_shapes(classifier: models.Classifier, pictures: np.ndarray) -> None:
    scores, features = classifier.classify(pictures[:3]), classifier.features(pictures[:3])
    assert (scores.shape, scores.dtype) == ((3, 1000), np.float32)
    assert (features.shape, features.dtype) == ((3, 1280), np.float32)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)


def test_scores_and_features_of_one_pass_are_those_of_two(
    classifier: models.Classifier, pictures: np.ndarray
) -> None:
    scores, features = classifier.classify_with_features(pictures[:5])
    np.testing.assert_allclose(scores, classifier.classify(pictures[:5]), atol=1e-6)
    np.testing.assert_allclose(features, classifier.features(pictures[:5]), atol=1e-5)


def test_scores_do_not_depend_on_position_or_companions(
    classifier: models.Classifier, pictures: np.ndarray
) -> None:
    """Bit for bit, at one batch size: a resumed run composes its batches differently."""
    expected = in_batches(classifier, pictures)
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(pictures))
        np.testing.assert_array_equal(in_batches(classifier, pictures[order]), expected[order])
    for filled in (1, 2, 13, 31):
        batch = np.zeros_like(pictures[:BATCH])
        batch[:filled] = pictures[50 : 50 + filled]
        np.testing.assert_array_equal(
            classifier.classify(batch)[:filled], expected[50 : 50 + filled]
        )


def test_scores_are_the_same_in_another_process(
    classifier: models.Classifier, pictures: np.ndarray, runtime: str, tmp_path: Path
) -> None:
    reverse = np.ascontiguousarray(pictures[::-1])
    np.save(tmp_path / "in.npy", reverse[:BATCH])
    program = (
        "import sys, numpy; from vision import models;"
        "batch = numpy.load(sys.argv[1]);"
        "classifier = models.load('efficientnet_lite0', runtime=sys.argv[3]);"
        "numpy.save(sys.argv[2], classifier.classify(batch))"
    )
    files = [str(tmp_path / "in.npy"), str(tmp_path / "out.npy"), runtime]
    subprocess.run([sys.executable, "-c", program, *files], cwd=ROOT, check=True)
    expected = in_batches(classifier, pictures)[::-1][:BATCH]
    np.testing.assert_array_equal(np.load(files[1]), expected)


def in_batches(classifier: models.Classifier, pictures: np.ndarray) -> np.ndarray:
    starts = range(0, len(pictures), BATCH)
    return np.concatenate([classifier.classify(pictures[i : i + BATCH]) for i in starts])


@pytest.mark.skipif(not PHOTOS.exists(), reason="the 200 photographs are not here")
def test_accuracy(classifier: models.Classifier) -> None:
    with (PHOTOS / "truth.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    prepared = []
    for row in rows:
        with Image.open(PHOTOS / row["file"]) as picture:
            prepared.append(classifier.preprocessing.prepare(picture.convert("RGB")))
    best = np.argsort(-in_batches(classifier, np.stack(prepared)), axis=1)
    truth = np.array([[int(row["class_index"])] for row in rows])
    assert (best[:, :1] == truth).any(axis=1).mean() >= 0.88
    assert (best[:, :5] == truth).any(axis=1).mean() >= 0.98
    assert [classifier.classes[i] for i in truth[:, 0]] == [row["label"] for row in rows]


def test_a_copy_of_the_file(classifier: models.Classifier, runtime: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.bin"
    shutil.copy(lite0.packaged_weights(), copy)
    batch = np.full((1, 224, 224, 3), 90, np.uint8)
    of_copy = models.load("efficientnet_lite0", weights=copy, runtime=runtime)
    np.testing.assert_array_equal(of_copy.classify(batch), classifier.classify(batch))


def test_another_file(tmp_path: Path) -> None:
    changed = bytearray(lite0.packaged_weights().read_bytes())
    changed[-1] ^= 1
    (tmp_path / "changed.pth").write_bytes(changed)
    with pytest.raises(ModelError, match=r"changed\.pth is not efficientnet-lite0"):
        models.load("efficientnet_lite0", weights=tmp_path / "changed.pth")


def test_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite0, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(ModelError, match="install the package no-such-package-anywhere"):
        models.load("efficientnet_lite0")


def test_the_package_is_not_imported(classifier: models.Classifier) -> None:
    assert lite0.PACKAGE not in sys.modules
