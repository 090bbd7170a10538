"""Links of many hosts through the whole pipeline, from a real server."""

import threading
import time

import pytest

from tests import many_hosts, pictures
from tests.vision.test_pipeline import Brightness, Kept
from vision import pipeline
from vision.decode import DecodeOptions
from vision.fetch import Fetcher, FetchOptions
from vision.pipeline import Pipeline
from vision.pipeline_options import PipelineOptions
from vision.prepare import Preparer
from vision.records import Failure, ImageRecord, Labeled


class Timed(Brightness):
    """Notes how many pictures it has seen, and when."""

    def __init__(self):
        super().__init__()
        self.began = time.monotonic()
        self.seen = []

    def classify(self, batch):
        scores = super().classify(batch)
        self.seen.append((time.monotonic() - self.began, sum(self.batches)))
        return scores

    def seconds_to(self, number):
        return next(at for at, seen in self.seen if seen >= number)


@pytest.fixture
def run():
    def run(links, model=None, sink=None, timeout=10.0, prepare=None, **options):
        fetcher = Fetcher(FetchOptions(allow_private=True, timeout=timeout, backoff=0.01))
        model, sink = model or Timed(), sink or Kept()
        preparer = Preparer(fetcher, DecodeOptions(), model.preprocessing)
        if prepare is not None:
            real = preparer.prepare
            preparer.prepare = lambda data: prepare(real, data)
        options = PipelineOptions(**({"k": 2, "batch_size": 4} | options))
        Pipeline((ImageRecord(link, link) for link in links), preparer, model, sink, options).run()
        fetcher.close()
        assert [event.position for event in sink.events] == list(range(len(links)))
        return sink.events

    return run


@pytest.fixture
def hosts():
    def content(name):
        return pictures.jpeg(16, 16, seed=int(name)) if name.isdecimal() else b"<html>"

    with many_hosts.serve(content) as hosts:
        yield hosts


def test_no_host_is_asked_for_more_than_that_at_once(hosts, run):
    links = [hosts.link(n % 3, str(n), 0.02) for n in range(90)]
    assert all(isinstance(event, Labeled) for event in run(links, per_host=4))
    assert set(hosts.most) == {"0", "1", "2"}
    # how many really meet hangs on the machine
    assert all(1 < most <= 4 for most in hosts.most.values())


def test_the_batch_does_not_wait_for_slow_links(hosts, run):
    slow = [hosts.link(n, str(n), 2.0) for n in range(20)]
    quick = [hosts.link(100, str(n)) for n in range(100, 200)]
    model = Timed()
    events = run(slow + quick, model)
    assert all(isinstance(event, Labeled) for event in events)
    assert model.seconds_to(100) < 2.0


def test_a_host_at_its_limit_holds_no_thread(hosts, run):
    """One host takes 5 s for its links, two at a time; eight threads have the rest done before."""
    slow = [hosts.link(1, str(n), 0.5) for n in range(20)]
    quick = [hosts.link(2 + n % 20, str(n)) for n in range(100, 200)]
    model = Timed()
    run(slow + quick, model, per_host=2, workers=8)
    assert hosts.most["1"] == 2
    assert model.seconds_to(100) < 4.0


def test_hosts_that_never_answer_do_not_stall_the_model(hosts, run):
    """Half of the links time out, on a host of their own each."""
    links = [hosts.link(n, str(n), 0 if n % 2 else 30) for n in range(200)]
    model = Timed()
    events = run(links, model, timeout=1.5)
    for n, event in enumerate(events):
        assert isinstance(event, Labeled if n % 2 else Failure)
    assert {event.reason for event in events[::2]} == {"timed out"}
    assert model.seconds_to(100) < 1.5


def test_failures_and_repeats_come_out_in_order(hosts, run):
    names = [("html" if n % 7 == 0 else str(n % 5)) for n in range(60)]
    links = [hosts.link(n % 4, name, n % 3 / 100) for n, name in enumerate(names)]
    events = run(links)
    for link, event in zip(links, events, strict=True):
        assert isinstance(event, Failure) == link.endswith("html")
        assert (event.link if isinstance(event, Failure) else event.record.link) == link


def test_bytes_that_wait_to_be_decoded_are_bounded(hosts, run, monkeypatch):
    """Decoding is slow, so bodies wait outside; that time is not counted as the server's."""
    limit, size = 100_000, 30_000
    monkeypatch.setattr(pipeline, "_FETCHED_BYTES", limit)
    hosts.content = lambda name: pictures.jpeg(16, 16, seed=int(name)).ljust(size, b"\0")
    lock, held, entered = threading.Lock(), [], []

    class Room(pipeline.Gate):
        def enter(self, amount):
            super().enter(amount)
            with lock:
                entered.append(amount)
                held.append(self._inside)

    monkeypatch.setattr(pipeline, "Gate", Room)

    def slowly(prepare, data):
        time.sleep(0.1)
        return prepare(data)

    links = [hosts.link(n % 20, str(n)) for n in range(60)]
    events = run(links, timeout=0.8, prepare=slowly, window=60)
    assert all(isinstance(event, Labeled) for event in events), events
    assert entered.count(size) == 60
    assert max(held) <= limit


def test_records_under_way_are_bounded(hosts, run):
    read, ahead = [], []

    class Watched(Kept):
        def write(self, batch):
            super().write(batch)
            ahead.append(len(read) - len(self.events))

    links = [hosts.link(n % 9, str(n)) for n in range(120)]

    class Noting(list):
        def __iter__(self):
            for link in super().__iter__():
                read.append(link)
                yield link

    sink = Watched()
    run(Noting(links), sink=sink, window=16)
    assert max(ahead) <= 16 + 1
