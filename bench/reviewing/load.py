"""Reviewers who ask at fixed times, however long the answers take, and how long they take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from uuid import uuid4

from bench.reviewing.serving import Client

REVIEWERS = 20
A_SECOND = 20
"""Requests of all reviewers together."""

HELD = 4
"""Items in hand: few, so that a round of 200 pictures lasts for `SECONDS`."""

SECONDS = 10
"""Length of one measurement."""


@dataclass
class Times:
    """Seconds that saving a verdict and asking for the next item took."""

    save: list[float] = field(default_factory=list)
    next: list[float] = field(default_factory=list)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, between values if need be."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class Judging:
    """One reviewer, who saves a verdict and asks for the next item by turns."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._round = client.config["round"]["uuid"]
        self._urls = client.config["urls"]
        self._held: list[int] = []

    def begin(self) -> None:
        """Let go of what is no longer one's own, and have `HELD` items."""
        self.ask(0)
        self.ask(HELD - len(self._held))

    def ask(self, want: int = 1) -> None:
        """Ask for more items."""
        showing = self._held[0] if self._held else None
        body = {"round": self._round, "want": want, "have": self._held, "showing": showing}
        answer = self.client.post(self._urls["next"], body)
        gone = set(answer["dropped"])
        self._held = [position for position in self._held if position not in gone]
        self._held += [item["position"] for item in answer["items"]]

    def save(self) -> None:
        """Give a verdict on the first item in hand."""
        event = {
            "kind": "judge",
            "uuid": str(uuid4()),
            "round": self._round,
            "position": self._held.pop(0),
            "verdict": "top1",
            "rank": None,
            "note": None,
            "seconds": 1.0,
            "blind": "none",
        }
        answer: dict[str, Any] = self.client.post(self._urls["verdicts"], {"events": [event]})
        assert answer["stored"] == [event["uuid"]], answer


def measure(reviewers: Sequence[Judging]) -> Times:
    """Let reviewers judge for `SECONDS` and return how long each answer took.

    Requests are evenly spread, half of each kind. An answer's time counts from when its request
    was due: one that waits behind a slow one waits in the figures too.
    """
    for reviewer in reviewers:
        reviewer.begin()
    times = Times()
    start = time.perf_counter() + 0.1

    def work(number: int) -> None:
        reviewer = reviewers[number]
        for turn, request in enumerate(range(number, SECONDS * A_SECOND, len(reviewers))):
            due = start + request / A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            saves = (number + turn) % 2 == 0
            reviewer.save() if saves else reviewer.ask()
            (times.save if saves else times.next).append(time.perf_counter() - due)

    threads = [Thread(target=work, args=(number,)) for number in range(len(reviewers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = SECONDS * A_SECOND
    assert len(times.save) + len(times.next) == expected, "a reviewer met an error"
    return times
