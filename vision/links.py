"""Links that wait for their turn: many hosts at once, each asked politely."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Links(Generic[Item]):
    """Hands out items, of one host at most `per_host` at once, else in the order they came.

    What has to wait for its host waits here, so that no thread is held up by it.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._under_way: dict[str, int] = {}
        self._waiting: dict[str, deque[Item]] = {}
        self._ready: queue.SimpleQueue[tuple[str, Item] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def put(self, host: str, item: Item) -> None:
        with self._lock:
            under_way = self._under_way.get(host, 0)
            if under_way == self._per_host:
                self._waiting.setdefault(host, deque()).append(item)
                return
            self._under_way[host] = under_way + 1
        self._ready.put((host, item))

    def get(self) -> tuple[str, Item] | None:
        """Return the next (host, item), or None for ever after `close`; `done` is to follow."""
        taken = self._ready.get()
        if taken is None:
            self._ready.put(None)
        return taken

    def done(self, host: str) -> None:
        """Say that an item of this host is through, so that another one may follow."""
        with self._lock:
            if waiting := self._waiting.get(host):
                self._ready.put((host, waiting.popleft()))
            elif self._under_way[host] == 1:
                del self._under_way[host]
            else:
                self._under_way[host] -= 1
            if not waiting:
                self._waiting.pop(host, None)

    def close(self) -> None:
        self._ready.put(None)
