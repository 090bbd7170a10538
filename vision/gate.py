"""A gate that bounds what is under way: slots, bytes, pixels."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets in what together stays within `limit`, in the order of asking.

    What is over the limit by itself comes in alone. Whoever waits at one gate must hold nothing
    that those inside need to come out.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._inside = 0
        self._waiting: deque[tuple[int, threading.Event]] = deque()
        self._lock = threading.Lock()

    def enter(self, amount: int) -> None:
        with self._lock:
            if not self._waiting and self._fits(amount):
                self._inside += amount
                return
            let_in = threading.Event()
            self._waiting.append((amount, let_in))
        let_in.wait()

    def leave(self, amount: int) -> None:
        with self._lock:
            self._inside -= amount
            self._let_in()

    @contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        self.enter(amount)
        try:
            yield
        finally:
            self.leave(amount)

    def open(self) -> None:
        """Hold nobody back any more."""
        with self._lock:
            self._limit = float("inf")
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            amount, let_in = self._waiting.popleft()
            self._inside += amount
            let_in.set()

    def _fits(self, amount: int) -> bool:
        return self._inside == 0 or self._inside + amount <= self._limit
