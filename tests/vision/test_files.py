"""Result files: the seed's CSV, and resuming to the same bytes wherever a run broke off."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision import files
from vision.errors import OutputError
from vision.files import FileSink, ResultFiles
from vision.records import Failure, ImageFacts, ImageRecord, Labeled, Prediction, RunInfo
from vision.rows import csv_header, csv_text
from vision.streams import StreamSink, Tee

INFO = RunInfo("vgg16", "00", "keras", "f32", "crop", 2, {"input": "tweets.json"})
FACTS = ImageFacts("00" * 32, 0, 10, 10)


def labeled(position: int, link: str = "http://x/a.jpg", label: str = "cat") -> Labeled:
    score = float(np.float32(0.1) * np.float32(position % 7 + 1))
    record = ImageRecord(f"{position}/0", link, tweet_id=str(position))
    found = (Prediction(1, label, score), Prediction(2, "dog", score / 2))
    return Labeled(position, record, FACTS, found)


def failure(position: int) -> Failure:
    return Failure(position, f"{position}/0", "http://x/b.jpg", "fetch", "gone (404)")


def test_a_row_is_the_seeds_quoted_and_in_full_precision():
    event = labeled(1, link="http://x/a,b.jpg", label='say "cheese"')
    text = csv_text([event, failure(2)])
    assert text.count("\n") == 1
    (row,) = csv.reader(io.StringIO(text))
    assert row[:3] == ["1", "http://x/a,b.jpg", 'say "cheese"']
    assert np.float32(row[3]) == np.float32(event.predictions[0].score)


def test_a_picture_without_an_id_has_its_link_there():
    event = Labeled(0, ImageRecord("k", "a.jpg"), FACTS, (Prediction(1, "cat", 0.5),))
    assert csv_text([event]) == "a.jpg,a.jpg,cat,0.5\n"


def test_a_stream_gets_a_header_if_asked():
    stream = io.StringIO()
    StreamSink(stream, csv_text, csv_header(2)).write([labeled(0)])
    assert stream.getvalue().splitlines()[0] == "tweet_id,link,label_1,score_1,label_2,score_2"


def write_all(folder, events, *, batches, stops, header):
    """Write events in batches, breaking off after the given numbers of batches and resuming."""
    wanted = ResultFiles(folder / "preds.csv", folder / "failures.ndjson", header)
    sink = FileSink(wanted, INFO, resume=False)
    done = 0
    for stop in [*stops, None]:
        start = sink.position
        rest = [event for event in events if event.position >= start]
        for at in range(0, len(rest), batches):
            if done == stop:
                break
            sink.write(rest[at : at + batches])
            done += 1
        else:
            sink.close(finished=True)
            break
        for file in sink._parts:  # what a killed process had not flushed may or may not arrive
            file.close()
        sink = FileSink(wanted, INFO, resume=True)
    return [(folder / name).read_bytes() for name in ("preds.csv", "failures.ndjson")]


@settings(max_examples=40)
@given(
    kinds=st.lists(st.booleans(), max_size=25),
    batches=st.integers(1, 5),
    stops=st.lists(st.integers(0, 12), max_size=4),
    header=st.booleans(),
    eager=st.booleans(),
)
def test_broken_off_anywhere_the_result_is_the_same(
    tmp_path_factory, kinds, batches, stops, header, eager
):
    moment = Failure(0, "", "", "", "").at
    events = [
        labeled(n) if kind else Failure(n, str(n), "x", "fetch", "gone", "", moment)
        for n, kind in enumerate(kinds)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_CHECKPOINT_SECONDS", 0.0 if eager else 1000.0)
        whole = write_all(tmp_path_factory.mktemp("a"), events, batches=25, stops=[], header=header)
        pieces = write_all(
            tmp_path_factory.mktemp("b"), events, batches=batches, stops=stops, header=header
        )
    assert pieces == whole


@pytest.fixture
def wanted(tmp_path):
    return ResultFiles(tmp_path / "out" / "preds.csv", tmp_path / "out" / "failures.ndjson")


def test_failures_are_json_objects(wanted):
    sink = FileSink(wanted, INFO, resume=False)
    sink.write([labeled(0), failure(1)])
    sink.close(finished=True)
    (row,) = map(json.loads, wanted.failures.read_text().splitlines())
    assert (row["stage"], row["reason"], row["position"]) == ("fetch", "gone (404)", 1)


def test_an_interrupted_run_is_not_overwritten_by_mistake(wanted):
    sink = FileSink(wanted, INFO, resume=False)
    sink.write([labeled(0)])
    sink.close(finished=False)
    with pytest.raises(OutputError, match="--resume finishes it"):
        FileSink(wanted, INFO, resume=False)
    assert wanted.output.read_text().count("\n") == 1


def test_a_finished_run_may_be_made_anew_and_a_grown_input_goes_on(wanted):
    sink = FileSink(wanted, INFO, resume=False)
    sink.write([labeled(0)])
    sink.close(finished=True)
    sink = FileSink(wanted, INFO, resume=True)
    assert (sink.position, sink.last_key) == (1, "0/0")
    sink.write([labeled(0), labeled(1)])
    sink.close(finished=True)
    assert wanted.output.read_text().count("\n") == 2
    sink = FileSink(wanted, INFO, resume=False)
    sink.close(finished=True)
    assert wanted.output.read_text() == ""


def test_resuming_with_other_settings_is_refused(wanted):
    FileSink(wanted, INFO, resume=False).close(finished=False)
    other = RunInfo("resnet50", "00", "keras", "f32", "crop", 2, {"input": "tweets.json"})
    with pytest.raises(OutputError, match="begun with model 'vgg16', not 'resnet50'"):
        FileSink(wanted, other, resume=True)


def test_resuming_a_file_that_lost_its_end_is_refused(wanted):
    sink = FileSink(wanted, INFO, resume=False)
    sink.write([labeled(0)])
    sink.close(finished=False)
    wanted.output.write_text("")
    with pytest.raises(OutputError, match="shorter"):
        FileSink(wanted, INFO, resume=True)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_progress_file_is_told(wanted, text):
    FileSink(wanted, INFO, resume=False).close(finished=False)
    wanted.progress.write_text(text)
    with pytest.raises(OutputError, match=r"preds\.csv\.progress"):
        FileSink(wanted, INFO, resume=True)


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "preds.csv").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        FileSink(ResultFiles(tmp_path / "preds.csv"), INFO, resume=False)


def test_a_tee_starts_where_its_slowest_sink_stands(wanted):
    ahead = FileSink(wanted, INFO, resume=False)
    ahead.write([labeled(0), labeled(1)])
    stream = io.StringIO()
    tee = Tee([ahead, StreamSink(stream, csv_text)])
    assert (tee.position, tee.last_key) == (0, None)
    assert (Tee([ahead]).position, Tee([ahead]).last_key) == (2, "1/0")
    tee.write([labeled(0), labeled(1), labeled(2)])
    tee.close(finished=True)
    assert wanted.output.read_text().count("\n") == 3
    assert stream.getvalue().count("\n") == 3


def test_a_file_that_is_not_ours_is_not_resumed(wanted):
    wanted.output.parent.mkdir()
    wanted.output.write_text("precious,data\n")
    with pytest.raises(OutputError, match="nobody knows how far"):
        FileSink(wanted, INFO, resume=True)
    assert wanted.output.read_text() == "precious,data\n"


def test_two_files_of_one_name_in_two_folders(tmp_path):
    wanted = ResultFiles(tmp_path / "a" / "x", tmp_path / "b" / "x")
    sink = FileSink(wanted, INFO, resume=False)
    sink.write([labeled(0), failure(1)])
    sink.close(finished=False)
    sink = FileSink(wanted, INFO, resume=True)
    sink.write([labeled(2), failure(3)])
    sink.close(finished=True)
    assert wanted.output.read_text().count("\n") == wanted.failures.read_text().count("\n") == 2
