"""The stages put together: read, fetch and decode, classify, write, all at the same time.

    reader thread   source -> slots, numbered in input order
    worker threads  slot -> bytes -> pixels; the same bytes are prepared and classified once
    this thread     pixels -> batches -> top-k
    writer thread   slots, back in input order -> sink

A window of slots is under way at any moment, which bounds memory however long the input is and
however slow one link is. Batches always have the same shape (the rest is padding), so that the
scores of a picture do not depend on which pictures happen to share its batch.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vision.errors import InputError, PictureError
from vision.models import Classifier
from vision.prepare import Outcome, Preparer
from vision.records import Event, Failure, ImageRecord, Labeled, Sink, image_key, utf8
from vision.source import BadInput
from vision.tally import Tally
from vision.topk import top_k

_WRITE_AT_ONCE = 512
_SHORTEST_WAIT, _LONGEST_WAIT = 0.02, 1.0


@dataclass(frozen=True)
class PipelineOptions:
    """`k` predictions a picture, `batch_size` pictures a call of the model, `workers` threads
    that fetch and decode, `limit` pictures and bad lines at most (None: all)."""

    k: int = 5
    batch_size: int = 16
    workers: int = 16
    limit: int | None = None

    @property
    def window(self) -> int:
        return 8 * self.batch_size + 4 * self.workers


@dataclass(eq=False, slots=True)
class _Slot:
    """One event on its way; `outcome` is shared by slots with the same bytes."""

    position: int
    item: ImageRecord | BadInput
    outcome: Outcome | None = None
    repeated: bool = False

    def event(self) -> Event:
        if isinstance(self.item, BadInput):
            bad = self.item
            return _failure(self.position, bad, PictureError("read", bad.reason, bad.detail))
        assert self.outcome is not None
        if self.outcome.error is not None:
            return _failure(self.position, self.item, self.outcome.error)
        assert self.outcome.facts is not None
        found = self.outcome.predictions
        return Labeled(self.position, self.item, self.outcome.facts, found, self.repeated)


def _failure(position: int, item: ImageRecord | BadInput, error: PictureError) -> Failure:
    # what went wrong may quote the input, and that need not be text at all
    told = map(utf8, (item.key, item.link, error.stage, error.reason, error.detail))
    key, link, stage, reason, detail = told
    return Failure(position, key, link, stage, reason, detail)


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
        self._sink = sink
        self._options = options
        self._work: queue.SimpleQueue[_Slot | None] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[tuple[Outcome, np.ndarray] | None] = queue.SimpleQueue()
        self._order: deque[_Slot] = deque()
        self._room = threading.Semaphore(options.window)
        self._changed = threading.Condition()
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
        workers = [self._start(self._prepare) for _ in range(self._options.workers)]
        self._start(self._read)
        writer = self._start(self._write, progress)
        try:
            self._classify(len(workers))
            writer.join()
        except BaseException as error:
            self._stop(error)
            writer.join()  # a batch that is being written is finished first
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
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()
        self._ready.put(None)

    def _read(self) -> None:
        try:
            self._read_source()
        except InputError as error:
            self._broken_input = error  # what was read before it is labeled all the same
        with self._changed:
            self._all_read = True
            self._changed.notify_all()
        for _ in range(self._options.workers):
            self._work.put(None)

    def _read_source(self) -> None:
        start, last_key = self._sink.position, self._sink.last_key
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
            slot = _Slot(position, item)
            self._room.acquire()
            with self._changed:
                self._order.append(slot)
                if isinstance(item, BadInput):
                    self._changed.notify_all()
            if isinstance(item, ImageRecord):
                self._work.put(slot)

    def _prepare(self) -> None:
        while (slot := self._work.get()) is not None and self._error is None:
            assert isinstance(slot.item, ImageRecord)
            outcome, pixels = self._preparer.prepare(slot.item)
            slot.repeated = pixels is None and outcome.error is None
            if pixels is not None:
                self._ready.put((outcome, pixels))
            with self._changed:
                slot.outcome = outcome
                if outcome.done:
                    self._changed.notify_all()
        self._ready.put(None)

    def _classify(self, workers: int) -> None:
        """Collect batches until every worker has said that it is done."""
        size = self._classifier.preprocessing.size
        batch = np.zeros((self._options.batch_size, size, size, 3), np.uint8)
        took = _SHORTEST_WAIT
        while workers and self._error is None:
            outcomes: list[Outcome] = []
            # a batch waits for company as long as classifying it would take, but no longer
            until = float("inf")
            while workers and len(outcomes) < len(batch):
                try:
                    wait = None if until == float("inf") else max(until - time.monotonic(), 0)
                    ready = self._ready.get(timeout=wait)
                except queue.Empty:
                    break
                if self._error is not None:
                    return
                if ready is None:
                    workers -= 1
                    continue
                batch[len(outcomes)] = ready[1]
                outcomes.append(ready[0])
                if len(outcomes) == 1:
                    until = time.monotonic() + took
            if outcomes:
                batch[len(outcomes) :] = 0
                began = time.monotonic()
                self._label(batch, outcomes)
                took = min(max(time.monotonic() - began, _SHORTEST_WAIT), _LONGEST_WAIT)

    def _label(self, batch: np.ndarray, outcomes: list[Outcome]) -> None:
        scores = self._classifier.classify(batch)[: len(outcomes)]
        found = top_k(scores, self._classifier.classes, self._options.k)
        with self._changed:
            for outcome, predictions in zip(outcomes, found, strict=True):
                if predictions is None:
                    told = "the model gave scores that are no numbers"
                    outcome.fail(PictureError("classify", "no scores", told))
                else:
                    outcome.succeed(predictions)
            self._changed.notify_all()

    def _write(self, progress: Callable[[Tally], None]) -> None:
        while True:
            with self._changed:
                while not self._head_done() and not (self._all_read and not self._order):
                    if self._error is not None:
                        return
                    self._changed.wait()
                slots: list[_Slot] = []
                while self._head_done() and len(slots) < _WRITE_AT_ONCE:
                    slots.append(self._order.popleft())
            if not slots:
                return
            events = [slot.event() for slot in slots]
            self._sink.write(events)
            for event in events:
                self.tally.add(event)
            self._room.release(len(slots))
            progress(self.tally)

    def _head_done(self) -> bool:
        if not self._order:
            return False
        head = self._order[0]
        return isinstance(head.item, BadInput) or bool(head.outcome and head.outcome.done)
