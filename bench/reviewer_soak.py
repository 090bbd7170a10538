#!/usr/bin/env python3
"""Reviewers at a server that is killed (-9) again and again: no verdict lost, none stored twice.

Each keeps to the protocol of the page: a queue of its own, a UUID for each verdict, sending until
that is acknowledged. They take verdicts back, give others, send twice, hang up before the answer,
and leave for good with items in hand. What was acknowledged is compared with the database.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from sqlalchemy import Connection, select

from bench.goals import report
from bench.reviewing.databases import KINDS, account, databases, fill
from bench.reviewing.proof import compare, over
from bench.reviewing.protocol import AtWork, Day, Log
from bench.reviewing.serving import TWO_WORKERS, Client, Gunicorn, from_address
from db.engine import connect
from db.review_models import FULL, Lease, RoundItem
from tests.webapp.review.reviewing import store_round

ENDING = 0.8
"""Share of the verdicts after which the end of the round is near."""

GRACE = 5.0
"""Seconds after its end in which a lease has to be somebody else's, while the server is up."""


@dataclass(frozen=True)
class Plan:
    """What is to happen; a reviewer leaves for good about twice in each one's share of verdicts."""

    verdicts: int
    reviewers: int
    kills: int
    overlap: int = 2
    lease_seconds: float = 20.0
    seed: int = 0


class Soak:
    """A round under review, and what its reviewers and its watchers know of it."""

    def __init__(self, plan: Plan, database: str) -> None:
        self.plan = plan
        self.engine = connect(database)
        run_id = fill(self.engine, plan.verdicts // plan.overlap)
        self.round_id = store_round(self.engine, run_id, overlap=plan.overlap)
        self.server = Gunicorn(
            database, TWO_WORKERS, f"bench.reviewing.serving:app({float(plan.lease_seconds)})"
        )
        self.logs: list[Log] = []
        self.kills = 0
        self.over: set[int] = set()
        self.late = 0.0
        # about two leave on each chair
        self._day = Day(leaving=2 * plan.reviewers / plan.verdicts)
        self._numbers = count(1)
        self._up_since: float | None = None
        self._broken: list[BaseException] = []

    @property
    def acknowledged(self) -> int:
        """Events that the reviewers know to be stored, so far."""
        return sum(len(log.acknowledged) for log in self.logs)

    def run(self) -> float:
        """Review the round to its end; return the seconds it took."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._start(folder)
            seats = range(self.plan.reviewers)
            threads = [self._thread(partial(self._sit, seat)) for seat in seats]
            threads.append(self._thread(partial(self._kill_now_and_then, folder)))
            try:
                self._watch(began)
                for thread in threads:
                    thread.join()
            finally:
                self._day.finished.set()
                self.server.kill()
        if self._broken:
            raise self._broken[0]
        return time.monotonic() - began

    def _thread(self, work: Callable[[], None]) -> Thread:
        def attempt() -> None:
            try:
                work()
            except BaseException as error:
                self._broken.append(error)
                self._day.finished.set()

        thread = Thread(target=attempt)
        thread.start()
        return thread

    def _start(self, folder: Path) -> None:
        self.server.start(folder)
        self._up_since = time.monotonic()

    def _sit(self, seat: int) -> None:
        """Review as one after the other: when one has left for good, the next sits down."""
        chance = random.Random(self.plan.seed * 1000 + seat)
        while not self._day.finished.is_set():
            log = Log(f"reviewer {next(self._numbers)}")
            account(self.engine, log.name)
            self.logs.append(log)
            headers = from_address(256 * seat + chance.randrange(256))
            with closing(Client(self.server.port, headers)) as client:
                AtWork(client, log, chance, self._day).review(f"/?round={self.round_id}")

    def _kill_now_and_then(self, folder: Path) -> None:
        chance = random.Random(self.plan.seed)
        moments = sorted(chance.random() for _ in range(self.plan.kills))
        for number, moment in enumerate(moments, 1):
            while self.acknowledged < moment * self.plan.verdicts:
                if self._day.finished.wait(0.01):
                    return
            self._up_since = None
            self.server.kill()
            self.kills = number
            print(f"kill {number} after {self.acknowledged:,} events", file=sys.stderr)
            time.sleep(chance.random())
            self._start(folder)

    def _watch(self, began: float) -> None:
        told = began
        with self.engine.connect() as connection:
            while not self._day.finished.wait(0.25):
                self._look(connection)
                connection.rollback()
                if self.acknowledged > ENDING * self.plan.verdicts:
                    self._day.ending.set()
                if time.monotonic() - told >= 10:
                    told = time.monotonic()
                    print(f"{told - began:.0f} s: {self.acknowledged:,}", file=sys.stderr)

    def _look(self, connection: Connection) -> None:
        """See who holds what now, and whether all is judged."""
        lent = connection.execute(
            select(Lease.position, Lease.expires_at).where(
                Lease.round_id == self.round_id, Lease.expires_at.is_not(None)
            )
        ).all()
        positions = {row.position for row in lent}
        self.over |= over(connection, self.round_id, self.plan.overlap, positions)
        up_since = self._up_since
        if up_since is not None and lent:
            # while the server was away nobody could ask for what had run out
            overdue = (datetime.now(UTC) - min(row.expires_at for row in lent)).total_seconds()
            self.late = max(self.late, min(overdue, time.monotonic() - up_since))
        if not lent:
            item = select(RoundItem.position).where(
                RoundItem.round_id == self.round_id, RoundItem.places != FULL
            )
            if connection.execute(item.limit(1)).first() is None:
                self._day.finished.set()


def soak(kind: str, plan: Plan) -> bool:
    """Soak a database of a kind, say what came of it and whether that is right."""
    with databases(kind) as addresses:
        soaked = Soak(plan, next(addresses))
        seconds = soaked.run()
        with soaked.engine.connect() as connection:
            found = compare(connection, soaked.round_id, plan.overlap, soaked.logs)
        soaked.engine.dispose()
    left = [log.left_with for log in soaked.logs if log.left_with]
    print(
        f"{kind}: {soaked.acknowledged:,} events acknowledged in {seconds:.0f} s"
        f" ({soaked.acknowledged / seconds:.0f} a second), {soaked.kills} kills; {len(left)}"
        f" reviewers left with {sum(left)} items in hand; {found.surplus} verdicts without a place"
    )
    refused = sum(len(log.refused) for log in soaked.logs)
    met = [
        report(f"{kind}: acknowledged and lost", found.lost + refused, "=", 0),
        report(f"{kind}: stored twice, or sent by nobody", found.doubled + found.strange, "=", 0),
        report(f"{kind}: items given to too many", len(soaked.over) + found.over, "=", 0),
        report(f"{kind}: items or leases left over", found.open_places + found.unreturned, "=", 0),
        report(f"{kind}: longest that a lease outlived its end", soaked.late, "<=", GRACE, " s"),
    ]
    return all(met)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-kind", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--overlap", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    plan = Plan(given.verdicts, given.reviewers, given.kills, given.overlap, seed=given.seed)
    kinds = KINDS if given.database_kind == "both" else (given.database_kind,)
    met = [soak(kind, plan) for kind in kinds]
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
