"""The stages put together: read, fetch, decode, classify, write, all at the same time.

    reader       source -> slots, numbered in input order
    fetchers     link -> bytes; many, for they do nothing but wait
    decoders     bytes, or a local file -> pixels; as many as processors keep busy. The same bytes
                 are prepared and classified once
    lanes        pixels -> batches -> top-k; as many as the classifier likes
    writer       slots, back in input order -> sink

Everything on its way is bounded: slots by a window, however long the input is and however slow one
link; bytes that wait to be decoded, however large pictures are; pixels that wait for the model.
Batches always have the same shape (the rest is padding), so that the scores of a picture do not
depend on which pictures happen to share its batch.

What has come to the end of a queue finds None there, puts it back for the next, and ends.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

from vision.batches import Ready
from vision.classifiers import Classifier
from vision.errors import InputError, PictureError
from vision.fetch import host_of
from vision.gate import Gate
from vision.labeler import Labeler
from vision.links import Links
from vision.pipeline_options import PipelineOptions
from vision.prepare import Outcome, Preparer
from vision.records import ImageRecord, Sink, image_key
from vision.slot import Slot
from vision.source import BadInput
from vision.tally import Tally

_ANY_BATCH = 16
_FETCHED_BYTES = 256_000_000
_WRITE_AT_ONCE = 512
_SHORTEST_WAIT, _LONGEST_WAIT = 0.02, 1.0
_DECODERS = (os.cpu_count() or 1) + 2
"""Two more than processors: some of them are reading a file."""


class Pipeline:
    """Runs a source through a classifier into a sink, once.

    Parameters
    ----------
    source : iterable of ImageRecord or BadInput
    preparer : Preparer
        Makes bytes and pixels of a record.
    classifier : Classifier
    sink : Sink
        Events before its `position` are read over, not fetched again.
    options : PipelineOptions
    """

    def __init__(
        self,
        source: Iterable[ImageRecord | BadInput],
        preparer: Preparer,
        classifier: Classifier,
        sink: Sink,
        options: PipelineOptions,
    ) -> None:
        self._source = source
        self._preparer = preparer
        self._classifier = classifier
        self._labeler = Labeler(classifier, options.k, features=options.features)
        self._sink = sink
        self._options = options
        self._batch_size = options.batch_size or classifier.batch_size or _ANY_BATCH

        self._links: Links[Slot] = Links(options.per_host)
        self._files: queue.SimpleQueue[tuple[Slot, bytes | None] | None] = queue.SimpleQueue()
        self._ready = Ready(2 * classifier.lanes * self._batch_size)
        self._order: deque[Slot] = deque()
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()

        self._window = Gate(options.window)
        self._fetched = Gate(_FETCHED_BYTES)

        self._lock = threading.Lock()
        self._coming = 1  # slots that are not prepared yet, and the reader, which may bring more
        self._all_read = False
        self._error: BaseException | None = None
        self._broken_input: InputError | None = None
        self.tally = Tally()

    def run(self, progress: Callable[[Tally], None] = lambda tally: None) -> Tally:
        """Run to the end of the input.

        `progress` is called with the `Tally` after each write, from the writer's thread.

        Raises
        ------
        ProofsheetError
            If a stage as a whole cannot go on; what is written stays valid.
        KeyboardInterrupt
            As it comes; the threads end with the process.
        """
        self._start(self._read)
        for number in range(_DECODERS):
            self._start(self._decode, 1 - number / _DECODERS)
        # those that are waited for: a batch that is being written or classified is finished first
        last = [self._start(self._classify) for _ in range(self._classifier.lanes)]
        last.append(self._start(self._write, progress))
        try:
            for thread in last:
                thread.join()
        except BaseException as error:
            self._stop(error)
            for thread in last:
                thread.join()
            raise
        if self._error is not None:
            raise self._error
        if self._broken_input is not None:
            raise self._broken_input
        return self.tally

    def _start(self, stage: Callable[..., None], *arguments: object) -> threading.Thread:
        def guarded() -> None:
            try:
                stage(*arguments)
            except BaseException as error:
                self._stop(error)

        thread = threading.Thread(target=guarded, name=stage.__name__, daemon=True)
        thread.start()
        return thread

    def _stop(self, error: BaseException) -> None:
        self._error = self._error or error
        for gate in (self._window, self._fetched, self._ready.gate):
            gate.open()
        self._end_queues()
        self._news.put(None)

    def _end_queues(self) -> None:
        self._links.close()
        self._files.put(None)
        self._ready.close()

    def _read(self) -> None:
        try:
            self._read_source()
        except InputError as error:
            self._broken_input = error  # what was read before it is labeled all the same
        self._all_read = True
        self._news.put(None)
        self._one_less_coming()

    def _read_source(self) -> None:
        start, last_key = self._sink.position, self._sink.last_key
        fetchers = 0
        for position, item in enumerate(islice(self._source, self._options.limit)):
            if self._error is not None:
                break
            if position < start:
                self.tally.skipped += 1
                if position == start - 1 and last_key not in (None, item.key, image_key(item.key)):
                    raise InputError(
                        f"this is not the input of the interrupted run: picture {start} is "
                        f"{item.key}, not {last_key}; start again without --resume"
                    )
                continue
            slot = Slot(position, item)
            self._window.enter(1)
            self._order.append(slot)
            if isinstance(item, BadInput):
                self._news.put(None)
                continue
            with self._lock:
                self._coming += 1
            host = host_of(item)
            if host is None:
                self._files.put((slot, None))
                continue
            self._links.put(host, slot)
            if fetchers < self._options.workers:
                fetchers += 1
                self._start(self._fetch)

    def _fetch(self) -> None:
        while (taken := self._links.get()) is not None and self._error is None:
            host, slot = taken
            try:
                data = self._preparer.fetcher.fetch(slot.record, self._fetched)
            except PictureError as error:
                self._settle(slot, Outcome.failed(error))
            else:
                self._files.put((slot, data))
            finally:
                self._links.done(host)

    def _decode(self, share: float) -> None:
        """Decode while at most a share of what may wait for the model does.

        Each decoder has another one: beside a slow model one is enough, and more at a time would
        only get in its way.
        """
        while True:
            self._ready.wait_for_room(share)
            taken = self._files.get()
            if taken is None or self._error is not None:
                break
            slot, data = taken
            try:
                outcome, pixels = self._prepare(slot, data)
            finally:
                self._fetched.leave(len(data or b""))
            if pixels is not None:
                self._ready.put(outcome, pixels)
            slot.repeated = pixels is None and outcome.error is None
            self._settle(slot, outcome)
        self._files.put(None)

    def _prepare(self, slot: Slot, data: bytes | None) -> tuple[Outcome, np.ndarray | None]:
        if data is None:
            try:
                data = self._preparer.fetcher.fetch(slot.record)
            except PictureError as error:
                return Outcome.failed(error), None
        return self._preparer.prepare(data)

    def _settle(self, slot: Slot, outcome: Outcome) -> None:
        slot.outcome = outcome
        if outcome.done:
            self._news.put(None)
        self._one_less_coming()

    def _one_less_coming(self) -> None:
        with self._lock:
            self._coming -= 1
            is_last = not self._coming
        if is_last:
            self._end_queues()

    def _classify(self) -> None:
        size = self._classifier.preprocessing.size
        batch = np.zeros((self._batch_size, size, size, 3), np.uint8)
        took = _SHORTEST_WAIT
        while True:
            outcomes = self._ready.fill(batch, took)
            if not outcomes or self._error is not None:
                return
            began = time.monotonic()
            self._labeler.label(batch, outcomes)
            self._news.put(None)
            took = min(max(time.monotonic() - began, _SHORTEST_WAIT), _LONGEST_WAIT)

    def _write(self, progress: Callable[[Tally], None]) -> None:
        while self._error is None:
            if slots := self._take_done():
                events = [slot.event() for slot in slots]
                self._sink.write(events)
                for event in events:
                    self.tally.add(event)
                self._window.leave(len(slots))
                progress(self.tally)
            elif self._all_read and not self._order:
                return
            else:
                self._news.get()

    def _take_done(self) -> list[Slot]:
        """Take what is done from the head of the order."""
        slots: list[Slot] = []
        while self._order and self._order[0].done and len(slots) < _WRITE_AT_ONCE:
            slots.append(self._order.popleft())
        return slots
