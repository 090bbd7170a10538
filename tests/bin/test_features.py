"""`--features` with the real model: an array that numpy reads, its rows those of the CSV."""

import csv
import json
import shutil
import signal
import sys

import numpy as np
import pytest

from tests import pictures
from tests.bin.test_resume import kill_and_resume
from tests.door import DOOR

pytestmark = pytest.mark.slow

LITE0 = ["-m", "efficientnet_lite0", "--precision", "f32"]


def test_predictions_are_the_same_and_features_are_the_models(label, photos, tmp_path):
    shutil.copy(photos / "p03.jpg", photos / "twin.jpg")
    (photos / "broken.jpg").write_bytes(b"<html>")
    label("--input", photos, "--output", "alone.csv", model=LITE0)
    label("--input", photos, "--output", "p.csv", "--features", "f.npy", model=LITE0)
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()

    features = np.load(tmp_path / "f.npy")
    assert (features.shape, features.dtype) == ((13, 1280), np.float16)
    with (tmp_path / "f.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "p.csv").open() as file:
        assert [row["link"] for row in rows] == [row[1] for row in csv.reader(file)]
    of = {row["link"].rpartition("/")[2]: n for n, row in enumerate(rows)}
    assert np.array_equal(features[of["twin.jpg"]], features[of["p03.jpg"]])
    assert not np.array_equal(features[of["p06.jpg"]], features[of["p03.jpg"]])
    about = json.loads((tmp_path / "f.json").read_text())
    assert (about["model"], about["precision"]) == ("efficientnet_lite0", "f32")

    from vision import models
    from vision.decode import DecodeOptions, open_picture

    model = models.load("efficientnet_lite0")
    enough = DecodeOptions(enough=2 * model.preprocessing.resize_target)
    picture = open_picture((photos / "p03.jpg").read_bytes(), enough).original
    batch = model.preprocessing.prepare(picture)[np.newaxis]
    wanted = model.features(batch)[0]
    np.testing.assert_allclose(features[of["p03.jpg"]], wanted, rtol=2**-10, atol=1e-6)


def test_features_alone_go_to_no_stdout(label, photos, tmp_path):
    rows, _ = label("--input", photos, "--features", "f.npy", model=LITE0)
    assert rows == []
    assert np.load(tmp_path / "f.npy").shape == (12, 1280)
    label("--input", photos, "--features", "f.npy", "--resume", model=LITE0)
    assert np.load(tmp_path / "f.npy").shape == (12, 1280)


def test_killed_and_resumed_the_array_is_the_same(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(300):
        (folder / f"p{n:04}.jpg").write_bytes(pictures.jpeg(900, 700, n % 140))

    def command(name):
        return [
            sys.executable, str(DOOR), *LITE0, "--input", str(folder), "--features", f"{name}.npy",
            "--database", f"sqlite:///{name}.db", "--resume", "--quiet",
        ]  # fmt: skip

    kill_and_resume(command("whole"), tmp_path, [], [])
    kill_and_resume(command("pieces"), tmp_path, [signal.SIGKILL, signal.SIGINT], [1.4, 1.8])
    for end in ("npy", "csv", "json"):
        whole, pieces = ((tmp_path / f"{name}.{end}").read_bytes() for name in ("whole", "pieces"))
        assert pieces == whole
    assert np.load(tmp_path / "whole.npy").shape == (300, 1280)


def test_what_cannot_be(label, photos):
    _, told = label("--input", photos, "--features", "f.npy", code=1)
    assert "features cannot be had of this model" in told
    _, told = label("--input", photos, "--features", "f.txt", code=2)
    assert "--features" in told
    assert ".npy" in told
    _, told = label("--input", photos, "--features", "f.npy", "--output", "f.csv", code=2)
    assert "are the same file" in told
