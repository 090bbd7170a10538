"""Pictures that are ready for the model, and the batches they are put together to."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np

from vision.gate import Gate
from vision.prepare import Outcome


class Ready:
    """Pictures that wait for the model, a bounded number, in the order they got ready.

    The limit has to leave room for those of a batch that is being filled and as many again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.gate = Gate(limit)
        self._fewer = threading.Condition()
        self._closed = False
        self._pictures: queue.SimpleQueue[tuple[Outcome, np.ndarray] | None] = queue.SimpleQueue()
        self._filling = threading.Lock()

    def put(self, outcome: Outcome, pixels: np.ndarray) -> None:
        self.gate.enter(1)
        self._pictures.put((outcome, pixels))

    def close(self) -> None:
        self._pictures.put(None)
        with self._fewer:
            self._closed = True
            self._fewer.notify_all()

    def wait_for_room(self, share: float) -> None:
        """Wait until no more than a share of the limit, in (0, 1], is ready, or for the end."""
        with self._fewer:
            self._fewer.wait_for(
                lambda: self._closed or self._pictures.qsize() <= share * self._limit
            )

    def fill(self, batch: np.ndarray, patience: float) -> list[Outcome]:
        """Fill a batch with the pictures that are ready, the rest of it with zeros.

        One batch is filled at a time: several that wait side by side would each get a part of what
        comes.

        Parameters
        ----------
        batch : ndarray of uint8, shape (N, H, W, 3)
            Written to.
        patience : float
            Seconds that the first picture waits for company.

        Returns
        -------
        list of Outcome
            Of the pictures in the batch; none after the end.
        """
        with self._filling:
            outcomes: list[Outcome] = []
            until = float("inf")
            while len(outcomes) < len(batch):
                try:
                    wait = max(until - time.monotonic(), 0) if outcomes else None
                    ready = self._pictures.get(timeout=wait)
                except queue.Empty:
                    break
                if ready is None:
                    self._pictures.put(None)
                    break
                if not outcomes:
                    until = time.monotonic() + patience
                with self._fewer:
                    self._fewer.notify_all()
                batch[len(outcomes)] = ready[1]
                outcomes.append(ready[0])
            self.gate.leave(len(outcomes))
            batch[len(outcomes) :] = 0
            return outcomes
