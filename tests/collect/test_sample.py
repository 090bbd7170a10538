"""The sample corpus: enough real pictures, the same bytes every time, nothing written twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from collect import sample
from vision.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> sample.Sample:
    return sample.make(tmp_path_factory.mktemp("sample"))


def tweets(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / sample.TWEETS).read_text().splitlines()]


def media(tweet: dict) -> list[str]:
    entities = tweet.get("twitter_extended_entities", tweet["twitter_entities"])
    return [medium["media_url"] for medium in entities["media"]]


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_every_picture_named_is_there_and_decodes(corpus: sample.Sample) -> None:
    names = [name for tweet in tweets(corpus.folder) for name in media(tweet)]
    assert corpus.pictures == len(names) == len(set(names)) >= 100
    assert {path.name for path in corpus.folder.iterdir()} == {*names, sample.TWEETS}
    for name in names:
        with Image.open(corpus.folder / name) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert min(picture.size) >= 100


def test_pictures_differ(corpus: sample.Sample) -> None:
    jpegs = [path.read_bytes() for path in corpus.folder.glob("*.jpg")]
    assert len(set(jpegs)) == len(jpegs)


def test_tweets_are_activity_streams(corpus: sample.Sample) -> None:
    posts = tweets(corpus.folder)
    numbers = [int(post["id"].removeprefix("tag:search.twitter.com,2005:")) for post in posts]
    assert len(set(numbers)) == corpus.posts == len(posts)
    several = [post for post in posts if len(media(post)) > 1]
    assert 3 <= len(several) < len(posts) / 2
    for post in posts:
        assert post["twitter_entities"]["media"][0]["media_url"] == media(post)[0]
        assert post["twitter_entities"]["media"][0]["type"] == "photo"
        assert post["actor"]["preferredUsername"] in ("scikit-image", "scikit-learn")
        assert "Photograph: " in post["body"]


def test_same_bytes_again(corpus: sample.Sample, tmp_path: Path) -> None:
    sample.make(tmp_path)
    assert {name: data for name, (data, _) in state(tmp_path).items()} == {
        name: data for name, (data, _) in state(corpus.folder).items()
    }


def test_second_call_writes_nothing_and_mends_what_is_broken(tmp_path: Path) -> None:
    first = sample.make(tmp_path)
    assert first.written == first.pictures + 1
    before = state(tmp_path)
    assert sample.make(tmp_path).written == 0
    assert state(tmp_path) == before
    (tmp_path / "chelsea.jpg").write_bytes(b"half of it")
    (tmp_path / "coffee.jpg").unlink()
    assert sample.make(tmp_path).written == 2
    assert (tmp_path / "chelsea.jpg").read_bytes() == before["chelsea.jpg"][0]


def test_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = sample.Photograph("no_such_package_here", "a.png", "a", "A", "nobody")
    monkeypatch.setattr(sample, "PHOTOGRAPHS", (gone,))
    with pytest.raises(InputError, match=r"no photograph a\.png in the package no_such_package"):
        sample.make(tmp_path)


def test_door_prints_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "bin/make_sample.py", "--output", str(tmp_path / "s")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 's'}: 146 pictures in 119 posts, 147 files written\n"
    assert done.stderr == ""
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert again.stdout.endswith("up to date\n")


def test_door_that_cannot_write_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = subprocess.run(
        [sys.executable, "bin/make_sample.py", "--output", str(tmp_path / "file" / "s")],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
