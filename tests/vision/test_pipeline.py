"""The stages side by side: order, failures, repeats, flow control and errors."""

import json
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pictures
from vision.decode import DecodeOptions
from vision.errors import InputError, OutputError, PictureError
from vision.pipeline import Pipeline
from vision.pipeline_options import PipelineOptions
from vision.prepare import Memory, Preparer
from vision.preprocessing import Preprocessing
from vision.records import Failure, ImageRecord, Labeled
from vision.source import BadInput

SIZE = 8


class Brightness:
    """A classifier of three classes that looks at the mean of each colour; counts its work."""

    name, runtime, precision, weights_sha256 = "brightness", "numpy", "f32", "00"
    batch_size, lanes = None, 1
    preprocessing = Preprocessing(SIZE, "raw")
    classes = ("red", "green", "blue")

    def __init__(self):
        self.batches = []

    def classify(self, batch):
        self.batches.append(int((batch.reshape(len(batch), -1).max(axis=1) > 0).sum()))
        means = batch.reshape(len(batch), -1, 3).mean(axis=1, dtype=np.float64)
        return (means / (means.sum(axis=1, keepdims=True) + 1e-9)).astype(np.float32)


class Shelf:
    """Bytes by link in place of a fetcher; some links fail, some are slow."""

    def __init__(self, contents, delay=lambda link: 0.0):
        self.contents = contents
        self.delay = delay
        self.under_way = 0
        self.most_under_way = 0
        self._lock = threading.Lock()

    def fetch(self, record):
        with self._lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        time.sleep(self.delay(record.link))
        with self._lock:
            self.under_way -= 1
        data = self.contents.get(record.link)
        if data is None:
            raise PictureError("fetch", "gone (404)", record.link)
        return data


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self, position=0, last_key=None, slow=0.0):
        self.position = position
        self.last_key = last_key
        self.events = []
        self.slow = slow

    def write(self, batch):
        time.sleep(self.slow)
        self.events.extend(batch)

    def close(self, *, finished):
        pass


def run(links, shelf, sink, model=None, **options):
    source = [
        BadInput(link, "", "bad JSON") if link.startswith("bad") else ImageRecord(link, link)
        for link in links
    ]
    model = model or Brightness()
    preparer = Preparer(shelf, DecodeOptions(), model.preprocessing)
    settings = PipelineOptions(**({"k": 2, "batch_size": 4, "workers": 4} | options))
    return Pipeline(source, preparer, model, sink, settings).run()


CONTENTS = {f"p{n}": pictures.jpeg(16, 16, seed=n) for n in range(12)} | {"html": b"<html>"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*CONTENTS, "gone", "bad"]), max_size=40),
    st.integers(1, 6),
    st.integers(1, 5),
)
def test_every_event_comes_out_once_and_in_order(links, batch_size, workers):
    sink = Kept()
    tally = run(
        links,
        Shelf(CONTENTS, delay=lambda link: hash(link) % 3 / 1000),
        sink,
        batch_size=batch_size,
        workers=workers,
    )
    assert [event.position for event in sink.events] == list(range(len(links)))
    for link, event in zip(links, sink.events, strict=True):
        if link.startswith("p"):
            assert isinstance(event, Labeled)
            assert event.record.link == link
        else:
            stage = {"gone": "fetch", "html": "decode", "bad": "read"}[link]
            assert isinstance(event, Failure)
            assert event.stage == stage
    good = [link for link in links if link.startswith("p")]
    assert tally.seen == len(links)
    assert tally.labeled == len(good)
    assert tally.repeated == len(good) - len(set(good))
    assert tally.failed.total() == len(links) - len(good)


def test_scores_do_not_depend_on_batches():
    links = [f"p{n}" for n in range(12)]
    found = []
    for batch_size in (1, 5, 32):
        sink = Kept()
        run(links, Shelf(CONTENTS), sink, batch_size=batch_size)
        found.append([event.predictions for event in sink.events])
    assert found[0] == found[1] == found[2]
    assert all(one.score >= two.score for one, two in found[0])


def test_identical_bytes_are_classified_once():
    model, sink = Brightness(), Kept()
    same = dict.fromkeys((f"copy{n}" for n in range(50)), CONTENTS["p1"])
    tally = run(list(same), Shelf(same), sink, model)
    assert sum(model.batches) == 1
    assert tally.repeated == 49
    assert len({event.predictions for event in sink.events}) == 1


def test_a_broken_picture_that_repeats_fails_each_time():
    sink = Kept()
    tally = run(["html"] * 5, Shelf(CONTENTS), sink)
    assert tally.failed == {("decode", "not a picture"): 5}
    assert tally.repeated == 0


def test_one_slow_link_does_not_hold_up_the_others():
    """The model works on while the first link is still being fetched."""
    arrived = threading.Event()

    class Watching(Brightness):
        def classify(self, batch):
            arrived.set()
            return super().classify(batch)

    def delay(link):
        if link == "p0":
            assert arrived.wait(30)
        return 0.0

    sink = Kept()
    run([f"p{n}" for n in range(12)], Shelf(CONTENTS, delay), sink, Watching())
    assert [event.record.link for event in sink.events] == [f"p{n}" for n in range(12)]


def test_a_slow_sink_holds_the_reader_back():
    read = []

    def source():
        for n in range(600):
            read.append(n)
            yield ImageRecord(f"{n}", f"p{n % 12}")

    sink = Kept()
    options = PipelineOptions(k=2, batch_size=2, workers=2, window=24)
    gate = threading.Event()
    inner = sink.write
    most_ahead = []

    def write(batch):
        gate.wait(0.02)
        inner(batch)
        most_ahead.append(len(read) - len(sink.events))

    sink.write = write
    preparer = Preparer(Shelf(CONTENTS), DecodeOptions(), Brightness.preprocessing)
    Pipeline(source(), preparer, Brightness(), sink, options).run()
    assert len(sink.events) == 600
    # what is read but not written never exceeds the window (and the one in the reader's hand)
    assert max(most_ahead) <= options.window + 1


def test_the_limit_counts_pictures():
    sink = Kept()
    run([f"p{n}" for n in range(12)], Shelf(CONTENTS), sink, limit=5)
    assert len(sink.events) == 5


def test_a_resumed_run_reads_over_what_is_stored():
    shelf = Shelf({link: data for link, data in CONTENTS.items() if link not in ("p0", "p1")})
    sink = Kept(position=2, last_key="p1")
    tally = run(["p0", "p1", "p2", "p3"], shelf, sink)
    assert [event.position for event in sink.events] == [2, 3]
    assert tally.skipped == 2
    with pytest.raises(InputError, match="not the input of the interrupted run"):
        run(["p0", "p9", "p2"], shelf, Kept(position=2, last_key="p1"))


def test_scores_that_are_no_numbers_are_failures():
    class Broken(Brightness):
        def classify(self, batch):
            scores = super().classify(batch)
            scores[0] = np.nan
            return scores

    sink = Kept()
    tally = run(["p0"], Shelf(CONTENTS), sink, Broken())
    assert tally.failed == {("classify", "no scores"): 1}


@pytest.mark.parametrize("where", ["source", "fetch", "classify", "write"])
def test_an_error_of_a_whole_stage_ends_the_run_with_it(where):
    def fail(*arguments):
        raise OutputError("the disk is full")

    def source():
        yield ImageRecord("0", "p0")
        if where == "source":
            fail()
        for n in range(2000):
            yield ImageRecord(f"{n}", f"p{n % 12}")

    shelf, model, sink = Shelf(CONTENTS), Brightness(), Kept()
    if where == "fetch":
        shelf.fetch = fail
    if where == "classify":
        model.classify = fail
    if where == "write":
        sink.write = fail
    preparer = Preparer(shelf, DecodeOptions(), model.preprocessing)
    with pytest.raises(OutputError, match="disk is full"):
        Pipeline(source(), preparer, model, sink, PipelineOptions(k=2)).run()


def test_an_interrupt_ends_the_run_and_leaves_whole_batches():
    class Interrupted(Brightness):
        def classify(self, batch):
            if len(self.batches) == 2:
                raise KeyboardInterrupt
            return super().classify(batch)

    sink = Kept()
    with pytest.raises(KeyboardInterrupt):
        run([f"p{n}" for n in range(12)], Shelf(CONTENTS), sink, Interrupted())
    assert [event.position for event in sink.events] == list(range(len(sink.events)))


def test_memory_is_bounded():
    memory = Memory(size=3)
    first, is_ours = memory.claim("a")
    assert is_ours
    assert memory.claim("a") == (first, False)
    for digest in "bcd":
        memory.claim(digest)
    assert memory.claim("a")[1]  # forgotten, so it is brought about again


def test_keys_of_failures_are_those_of_the_input():
    sink = Kept()
    run(["bad line", "gone"], Shelf(CONTENTS), sink)
    assert json.dumps([event.key for event in sink.events]) == '["bad line", "gone"]'
