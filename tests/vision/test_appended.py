"""Features on disk: what numpy reads back, at any moment and after any break."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.test_files import FACTS, INFO, failure, labeled
from vision.appended import FeatureFile
from vision.errors import OutputError
from vision.files import FileSink, ResultFiles
from vision.records import Labeled

HALVES = st.floats(-65504, 65504, width=16)
ROWS = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(HALVES, min_size=width, max_size=width), max_size=20)
)


def with_features(position: int, row: list[float]) -> Labeled:
    event = labeled(position)
    features = np.array(row, "<f2").tobytes()
    return Labeled(position, event.record, FACTS, event.predictions, features=features)


@settings(max_examples=60)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 20), max_size=3))
def test_numpy_reads_what_was_stored_after_every_break(tmp_path_factory, rows, cuts):
    path = tmp_path_factory.mktemp("features") / "f.npy"
    size = done = 0
    for end in [*sorted(cuts), len(rows)]:
        file = FeatureFile(path)
        file.open(size)
        events = [with_features(n, row) for n, row in enumerate(rows)][done:end]
        file.append(file.encode(events))
        size, done = file.save(), max(done, min(end, len(rows)))
        file.append(b"what a killed process had written after it")
        file.close()
        kept = np.memmap(path, np.uint8)[:size].tobytes()
        path.write_bytes(kept)
        stored = np.load(path)
        assert stored.dtype == np.float16
        assert len(stored) == done
        assert np.array_equal(stored, np.array(rows[:done], np.float16).reshape(stored.shape))


def test_an_array_can_be_read_while_it_grows(tmp_path):
    file = FeatureFile(tmp_path / "f.npy")
    file.open(0)
    file.append(file.encode([with_features(0, [1, 2])]))
    file.save()
    file.append(file.encode([with_features(1, [3, 4])]))
    file._file.flush()
    assert np.load(file.path, mmap_mode="r").tolist() == [[1, 2]]
    file.save()
    assert np.load(file.path, mmap_mode="r").tolist() == [[1, 2], [3, 4]]
    file.close()


@pytest.fixture
def wanted(tmp_path: Path) -> ResultFiles:
    return ResultFiles(tmp_path / "p.csv", features=tmp_path / "deep" / "f.npy")


def run(wanted: ResultFiles, events: list, *, resume: bool, finished: bool = True) -> None:
    sink = FileSink(wanted, INFO, resume=resume)
    sink.write(events)
    sink.close(finished=finished)


def test_rows_are_explained(wanted):
    events = [with_features(0, [1, 2]), failure(1), with_features(2, [3, 4])]
    run(wanted, events, resume=False)
    rows, about = wanted.beside_features()
    assert np.load(wanted.features).tolist() == [[1, 2], [3, 4]]
    assert rows.read_text().splitlines() == [
        "key,link,content_sha256",
        f"0/0,http://x/a.jpg,{'00' * 32}",
        f"2/0,http://x/a.jpg,{'00' * 32}",
    ]
    assert json.loads(about.read_text()) == {
        "model": "vgg16",
        "weights_sha256": "00",
        "runtime": "keras",
        "precision": "f32",
        "preprocessing": "crop",
    }


def test_a_run_without_pictures_leaves_an_array_of_none(wanted):
    run(wanted, [failure(0)], resume=False)
    assert np.load(wanted.features).shape == (0, 0)
    run(wanted, [with_features(1, [1, 2])], resume=True)
    assert np.load(wanted.features).tolist() == [[1, 2]]


@pytest.mark.parametrize("before", [True, False])
def test_a_run_goes_on_with_features_or_without_as_it_began(wanted, before):
    plain = ResultFiles(wanted.output)
    first, then = (wanted, plain) if before else (plain, wanted)
    run(first, [with_features(0, [1, 2])], resume=False, finished=False)
    word = "with" if before else "without"
    with pytest.raises(OutputError, match=f"was begun {word} --features"):
        FileSink(then, INFO, resume=True)


@pytest.mark.parametrize("content", [b"x" * 200, b"\x93NUMPY\x01\x00" + b"x" * 200])
def test_a_file_that_is_no_array_any_more(wanted, content):
    run(wanted, [with_features(0, [1, 2])], resume=False, finished=False)
    wanted.features.write_bytes(content)
    with pytest.raises(OutputError, match="no file of features any more"):
        FileSink(wanted, INFO, resume=True)


def test_an_array_of_another_kind(wanted):
    run(wanted, [with_features(0, [1, 2])], resume=False, finished=False)
    np.save(wanted.features, np.zeros((9, 9)))
    with pytest.raises(OutputError, match="it holds float64"):
        FileSink(wanted, INFO, resume=True)
