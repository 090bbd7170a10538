"""Several lanes: nothing lost, nothing mixed up, nothing twice, whatever the order of events."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pictures
from tests.vision.test_pipeline import CONTENTS, Brightness, Kept, Shelf, run
from vision.decode import DecodeOptions, open_picture
from vision.records import Labeled


class Lanes(Brightness):
    """Takes a while, a different one each time, and writes into what it was given."""

    def __init__(self, lanes, batch_size=None):
        super().__init__()
        self.lanes, self.batch_size = lanes, batch_size
        self.shapes = set()
        self.most = self.under_way = 0
        self._lock = threading.Lock()
        self._chance = np.random.default_rng(0)

    def classify(self, batch):
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.shapes.add(batch.shape)
            takes = self._chance.uniform(0, 0.003)
        scores = super().classify(batch)
        time.sleep(takes)
        batch[:] = 123
        with self._lock:
            self.under_way -= 1
        return scores


ALONE = {
    link: Brightness().classify(
        Brightness.preprocessing.prepare(open_picture(data, DecodeOptions()).original)[None]
    )[0]
    for link, data in CONTENTS.items()
    if link.startswith("p")
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*CONTENTS, "gone", "bad"]), max_size=60),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_every_picture_gets_its_own_scores_in_order(links, batch_size, lanes):
    sink, model = Kept(), Lanes(lanes)
    shelf = Shelf(CONTENTS, delay=lambda link: hash(link) % 3 / 1000)
    tally = run(links, shelf, sink, model, batch_size=batch_size, k=3)
    assert [event.position for event in sink.events] == list(range(len(links)))
    for link, event in zip(links, sink.events, strict=True):
        assert isinstance(event, Labeled) == link.startswith("p")
        if isinstance(event, Labeled):
            found = {p.class_id: p.score for p in event.predictions}
            assert [found[i] for i in range(3)] == ALONE[link].tolist()
    good = [link for link in links if link.startswith("p")]
    assert tally.repeated == len(good) - len(set(good))
    assert sum(model.batches) == len(set(good))
    assert model.most <= lanes
    assert model.shapes <= {(batch_size, 8, 8, 3)}


def test_lanes_classify_side_by_side():
    both = threading.Barrier(2, timeout=30)

    class Meeting(Brightness):
        lanes = 2

        def classify(self, batch):
            both.wait()
            return super().classify(batch)

    sink = Kept()
    run([f"p{n}" for n in range(8)], Shelf(CONTENTS), sink, Meeting(), batch_size=4)
    assert len(sink.events) == 8


@pytest.mark.parametrize(
    ("asked", "liked", "expected"), [(None, None, 16), (None, 6, 6), (3, 6, 3)]
)
def test_the_size_of_a_batch_is_what_is_asked_for_or_liked(asked, liked, expected):
    model = Lanes(1, liked)
    run(["p1", "p2"], Shelf(CONTENTS), Kept(), model, batch_size=asked)
    assert model.shapes == {(expected, 8, 8, 3)}


def test_repeats_take_no_place_in_a_batch():
    """Ten pictures, each a hundred times: two batches of five, all of them full."""
    model, sink = Lanes(3), Kept()
    links = [f"p{n % 10}" for n in range(1000)]
    tally = run(links, Shelf(CONTENTS), sink, model, batch_size=5)
    assert tally.repeated == 990
    assert sum(model.batches) == 10
    assert [event.record.link for event in sink.events] == links


def test_an_error_in_one_lane_ends_all():
    class Failing(Lanes):
        def classify(self, batch):
            if len(self.batches) == 3:
                raise RuntimeError("out of memory")
            return super().classify(batch)

    contents = {f"p{n}": pictures.jpeg(16, 16, seed=n) for n in range(100)}
    began = threading.active_count()
    with pytest.raises(RuntimeError, match="out of memory"):
        run(list(contents), Shelf(contents), Kept(), Failing(3), batch_size=2)
    until = time.monotonic() + 10
    while threading.active_count() > began:
        assert time.monotonic() < until, "threads are left over"
        time.sleep(0.02)
