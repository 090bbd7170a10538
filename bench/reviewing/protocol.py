"""One reviewer of the soak: the protocol of the page, with all that may go wrong on its side."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

from bench.reviewing.serving import Client, Unreachable

AHEAD, FEW = 9, 6
"""So many items are asked for, once no more than so few are in hand."""

VERDICTS = (("top1", None), ("topk", None), ("topk", 3), ("none", None), ("unsure", None))
PATIENCE = 60
"""Seconds without an answer after which a soak has failed."""


@dataclass
class Log:
    """What one reviewer knows: events by UUID, in the order of their acknowledgment."""

    name: str
    sent: set[str] = field(default_factory=set)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    left_with: int = 0


@dataclass(frozen=True)
class Day:
    """What all reviewers of a soak work under.

    `leaving` is the chance at each verdict that a reviewer leaves for good. `ending` is set when
    what is left is about what the reviewers hold: others may then take over what one has merely
    prefetched, so that each item is shown to be looked at before it is judged.
    """

    leaving: float
    ending: Event = field(default_factory=Event)
    finished: Event = field(default_factory=Event)


class AtWork:
    """A reviewer from signing in to the end of the round, or to leaving for good."""

    def __init__(self, client: Client, log: Log, chance: random.Random, day: Day) -> None:
        self._client, self._log, self._chance, self._day = client, log, chance, day
        self._held: list[int] = []
        self._trail: list[dict[str, Any]] = []
        self._old: list[dict[str, Any]] = []
        self._outbox: list[dict[str, Any]] = []

    def review(self, page: str) -> None:
        """Review the round whose page this is.

        Raises
        ------
        Unreachable
            When the server stays away.
        """
        self._persist(lambda: self._client.sign_in(self._log.name, page))
        self._round = self._client.config["round"]["uuid"]
        self._urls = self._client.config["urls"]
        while self._held or not self._day.finished.is_set():
            ending = self._day.ending.is_set()
            if ending or len(self._held) <= FEW:
                self._persist(self._ask)
            if not self._held:
                self._day.finished.wait(0.3)
                continue
            # now and then some go together, as after a while without a connection
            number = 1 if ending else self._chance.choice((1, 1, 1, 4))
            for position in self._held[:number]:
                self._judge(position)
            self._held = self._held[number:]
            if self._chance.random() < self._day.leaving:
                self._leave()
                break
            self._persist(self._deliver)
            if self._trail and self._chance.random() < 0.03:
                self._think_again()
                self._persist(self._deliver)

    def _persist(self, step: Callable[[], None]) -> None:
        """Do a step again until the server has answered."""
        until, pause = time.monotonic() + PATIENCE, 0.05
        while True:
            try:
                return step()
            except Unreachable:
                if time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 1.0)

    def _ask(self) -> None:
        answer = self._client.post(
            self._urls["next"],
            {
                "round": self._round,
                "want": 0 if self._day.finished.is_set() else max(0, AHEAD - len(self._held)),
                "have": self._held,
                "showing": self._held[0] if self._held else None,
            },
        )
        gone = set(answer["dropped"])
        self._held = [position for position in self._held if position not in gone]
        self._held += [item["position"] for item in answer["items"]]

    def _judge(self, position: int) -> None:
        verdict, rank = self._chance.choice(VERDICTS)
        self._add(
            kind="judge",
            position=position,
            verdict=verdict,
            rank=rank,
            note=self._chance.choice((None, None, "ein Hündchen 🐶")),
            seconds=self._chance.randrange(1000) / 8,
            blind=self._chance.choice(("none", "scores", "labels")),
        )

    def _think_again(self) -> None:
        """Take the last verdict back, or give another on the same picture."""
        last = self._trail.pop()
        if self._chance.random() < 0.5:
            self._judge(last["position"])
        else:
            self._add(kind="retract", judgment=last["uuid"])

    def _add(self, **event: Any) -> None:
        uuid = str(UUID(int=self._chance.getrandbits(128), version=4))
        self._outbox.append(event | {"uuid": uuid, "round": self._round})
        self._log.sent.add(uuid)

    def _deliver(self) -> None:
        if self._chance.random() < 0.02:
            self._client.post_and_hang_up(self._urls["verdicts"], {"events": self._outbox})
        late = (
            [self._chance.choice(self._old)] if self._old and self._chance.random() < 0.02 else []
        )
        answer = self._client.post(self._urls["verdicts"], {"events": [*self._outbox, *late]})
        if self._chance.random() < 0.02:
            self._client.post(self._urls["verdicts"], {"events": self._outbox})
        self._log.refused += [each["why"] for each in answer["refused"]]
        for event in self._outbox:
            if event["uuid"] in answer["stored"]:
                self._settle(event)
        self._outbox = []

    def _settle(self, event: dict[str, Any]) -> None:
        self._log.acknowledged[event["uuid"]] = event
        self._old = [*self._old[-20:], event]
        if event["kind"] == "judge":
            self._trail = [*self._trail[-20:], event]
        else:
            self._held.insert(0, self._log.acknowledged[event["judgment"]]["position"])

    def _leave(self) -> None:
        """Go for good, perhaps with verdicts on their way of which nothing is heard any more."""
        self._log.left_with = len(self._held) + len(self._outbox)
        if self._chance.random() < 0.5:
            self._client.post_and_hang_up(self._urls["verdicts"], {"events": self._outbox})
