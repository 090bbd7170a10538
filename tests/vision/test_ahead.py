"""Reading ahead: nothing of an input is lost, and precisions are tried only where nobody waits."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import pictures, tiny_model
from tests.door import DOOR
from vision.ahead import first_pictures, read_ahead
from vision.decode import DecodeOptions
from vision.errors import InputError
from vision.faith import Check
from vision.fetch import Fetcher, FetchOptions
from vision.precision import WORTH_IT
from vision.prepare import Preparer
from vision.preprocessing import Preprocessing
from vision.quantise import NoPictures
from vision.records import ImageRecord
from vision.source import BadInput


@given(st.integers(0, 30), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30)))
def test_all_events_come_once_and_break_where_the_input_breaks(
    length: int, count: int, breaks_at: int | None
) -> None:
    def source() -> Iterator[ImageRecord]:
        for number in range(length):
            if number == breaks_at:
                raise InputError("cut off")
            yield ImageRecord(str(number), str(number))

    events, whole = read_ahead(source(), count)
    seen = []
    try:
        for event in whole:
            seen.append(event.key)
        assert breaks_at is None or breaks_at >= length
    except InputError:
        assert breaks_at is not None
    expected = length if breaks_at is None else min(length, breaks_at)
    assert seen == [str(number) for number in range(expected)]
    assert [event.key for event in events] == seen[:count]


def preparer(folder: Path) -> Preparer:
    fetcher = Fetcher(FetchOptions((folder,)))
    return Preparer(fetcher, DecodeOptions(), Preprocessing(32, "raw"))


def test_the_first_different_pictures_that_can_be_read(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.jpeg(40, 40, number % 4))
    (tmp_path / "1.jpg").write_bytes(b"no picture")
    names = ["gone.jpg", "0.jpg", "1.jpg", "2.jpg", "4.jpg", "3.jpg", "5.jpg"]
    records = [ImageRecord(name, name, path=name) for name in names]
    events = [BadInput("line 1", "", "not JSON", ""), *records]
    found = first_pictures(events, preparer(tmp_path), "here", 3).load()
    # 4 has the bytes of 0; 5 would be the fourth
    assert (found.shape, found.dtype) == ((3, 32, 32, 3), np.uint8)
    by_itself = preparer(tmp_path)
    for pixels, name in zip(found, ("0.jpg", "2.jpg", "3.jpg"), strict=True):
        _, expected = by_itself.prepare((tmp_path / name).read_bytes())
        np.testing.assert_array_equal(pixels, expected)
    with pytest.raises(NoPictures, match="none of the first 1 pictures"):
        first_pictures(records[:1], preparer(tmp_path), "here", 3).load()


def test_fingerprints_tell_inputs_apart(tmp_path: Path) -> None:
    some = [ImageRecord(str(number), f"{number}.jpg") for number in range(4)]
    prints = {
        first_pictures(events, preparer(tmp_path), made_with, count).fingerprint
        for events in (some, some[1:], some[:3])
        for made_with in ("here", "there")
        for count in (2, 3)
    }
    # of some and some[:3] the first two, and the first three, are the same
    assert len(prints) == 8
    same = first_pictures(some, preparer(tmp_path), "here", 2).fingerprint
    assert same in prints


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with 300 different pictures and as many posts as make a comparison worth it."""
    tiny_model.write(tmp_path)
    for number in range(300):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.jpeg(40, 40, number))
    with (tmp_path / "posts.json").open("w") as file:
        for number in range(WORTH_IT):
            file.write(json.dumps({"id": number, "path": f"{number % 300}.jpg"}) + "\n")
    return tmp_path


def label(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        [
            sys.executable, str(DOOR), "-m", "tiny.onnx", "--labels", "tiny.txt",
            "--output", "preds.csv", *arguments,
        ],
        cwd=folder, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def computed(told: str) -> str:
    (line,) = (each for each in told.splitlines() if each.startswith("computed in"))
    return line.removeprefix("computed in").strip()


@pytest.mark.slow
def test_a_large_input_is_tried_and_the_run_keeps_the_comparison(corpus: Path) -> None:
    told = label(corpus, "--input", "posts.json", "--database", "sqlite:///p.db")
    with sqlite3.connect(corpus / "p.db") as database:
        ((precision, kept),) = database.execute("SELECT precision, arguments FROM run")
    check = Check(**json.loads(kept)["check"])
    assert computed(told) == f"openvino {precision} ({check})"
    assert (check.pictures, 0.9 < check.agreement <= 1) == (256, True)
    # which one it is hangs on the processor; that it keeps faith does not
    assert precision == "f32" or (precision == check.precision and check.keeps_faith)
    assert len((corpus / "preds.csv").read_text().splitlines()) == WORTH_IT
    # to go on where it was, the comparison is not made again
    again = label(corpus, "--input", "posts.json", "--database", "sqlite:///p.db", "--resume")
    assert "calibrating" not in again
    assert computed(again) == computed(told)


@pytest.mark.slow
def test_small_inputs_and_pipes_are_not_kept_waiting(corpus: Path) -> None:
    posts = (corpus / "posts.json").read_text()
    few = "".join(posts.splitlines(keepends=True)[:20])
    (corpus / "few.json").write_text(few)
    assert computed(label(corpus, "--input", "few.json")) == "openvino f32"
    assert computed(label(corpus, stdin=few)) == "openvino f32"


@pytest.mark.slow
def test_int8_on_request(corpus: Path) -> None:
    few = "".join((corpus / "posts.json").read_text().splitlines(keepends=True)[:20])
    told = label(corpus, "--precision", "int8", stdin=few)
    assert "calibrating on 20 pictures" in told
    assert computed(told).startswith("openvino int8 (int8 agrees with f32 on ")
    assert len((corpus / "preds.csv").read_text().splitlines()) == 20
