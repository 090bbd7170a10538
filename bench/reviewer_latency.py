#!/usr/bin/env python3
"""How fast the reviewer is: from key to next picture in a browser, and the server's answers.

The browser judges real photos by keyboard. The server is asked by 20 reviewers, 20 requests a
second, on each kind of database, with 1,000 predictions and with many: the settings take turns,
and of each the median over the turns is told. With --peer the same verdicts go to Label Studio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.goals import report
from bench.reviewing import in_browser, label_studio
from bench.reviewing.databases import KINDS, account, databases, fill
from bench.reviewing.load import REVIEWERS, Judging, Times, measure, percentile
from bench.reviewing.serving import SERVE, TWO_WORKERS, Client, Gunicorn, from_address, serving
from db import judgments, rounds
from db.engine import connect
from db.reviewers import local

FEW = 200
"""Pictures; of five predictions each, as everywhere here."""

WORKERS = {"1 worker of 8 threads": SERVE, "2 workers of 4": TWO_WORKERS}


class Filled:
    """A database with pictures and reviewers, and the round that its run has by itself."""

    def __init__(self, address: str, pictures: int) -> None:
        self.address, self.pictures = address, pictures
        self._engine = connect(address)
        began = time.monotonic()
        fill(self._engine, pictures)
        print(f"{pictures:,} pictures stored in {time.monotonic() - began:.1f} s", file=sys.stderr)
        for number in range(REVIEWERS):
            account(self._engine, f"reviewer {number}")

    def wait_until_whole(self) -> None:
        """Wait until the round holds all pictures."""
        while self._round().size < self.pictures:
            time.sleep(0.05)

    def renew(self) -> None:
        """Open the items of a small round again: a large one lasts."""
        if self.pictures == FEW:
            positions = range(self.pictures)
            judgments.put_back(self._engine, self._round().id, positions, local(self._engine).id)

    def _round(self) -> rounds.RoundRow:
        with self._engine.connect() as connection:
            return rounds.all_rounds(connection)[0]


@dataclass
class Setting:
    """A server over a database, with its reviewers, and what each turn came to."""

    kind: str
    filled: Filled
    workers: str
    reviewers: Sequence[Judging]
    turns: list[Times] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.kind}, {5 * self.filled.pictures:,} predictions, {self.workers}"

    def median(self, what: str, percent: int) -> float:
        """Return the median over the turns of a percentile, in milliseconds."""
        return 1000 * statistics.median(
            percentile(getattr(times, what), percent) for times in self.turns
        )


def of_page(verdicts: int) -> list[bool]:
    """Measure and report the page."""
    with tempfile.TemporaryDirectory() as folder:
        times = in_browser.seconds_to_paint(verdicts, Path(folder))
    middle, late = (1000 * percentile(times, percent) for percent in (50, 95))
    name = f"key to next picture painted, {verdicts} verdicts: p50 {middle:.1f} ms, p95"
    return [report(name, late, "<=", 50, " ms")]


def of_server(pictures: int, turns: int) -> list[bool]:
    """Measure and report the server's answers."""
    with ExitStack() as stack:
        settings = [
            setting
            for kind in KINDS
            for setting in stack.enter_context(_settings(kind, (FEW, pictures)))
        ]
        for turn in range(turns):
            for setting in settings:
                setting.turns.append(measure(setting.reviewers))
                setting.filled.renew()
            busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
            print(f"turn {turn + 1} of {turns} is over, {busy}", file=sys.stderr)
    met = []
    for setting in settings:
        for what in ("save", "next"):
            name = f"{what}, {setting.name}: p50 {setting.median(what, 50):.1f} ms, p95"
            met.append(report(name, setting.median(what, 95), "<=", 30, " ms"))
    for few, many in zip(settings[::2], settings[1::2], strict=True):
        ratio = many.median("next", 50) / few.median("next", 50)
        name = f"next, {few.kind}, {few.workers}: {5 * pictures:,} to 1,000 predictions"
        met.append(report(name, ratio, "<=", 2))
    return met


@contextmanager
def _settings(kind: str, sizes: Sequence[int]) -> Iterator[list[Setting]]:
    """Yield the settings on a kind of database; few and many pictures beside each other."""
    with ExitStack() as stack:
        addresses = stack.enter_context(databases(kind))
        both = [Filled(next(addresses), pictures) for pictures in sizes]
        yield [
            Setting(kind, filled, name, _reviewers(stack, filled, workers))
            for name, workers in WORKERS.items()
            for filled in both
        ]


def _reviewers(stack: ExitStack, filled: Filled, workers: tuple[str, ...]) -> list[Judging]:
    """Start a server, sign its reviewers in and have the round made."""
    server = stack.enter_context(serving(Gunicorn(filled.address, workers)))
    reviewers = []
    for number in range(REVIEWERS):
        client = Client(server.port, from_address(number))
        client.sign_in(f"reviewer {number}", "/")
        reviewers.append(Judging(client))
    began = time.monotonic()
    reviewers[0].ask()
    first = time.monotonic() - began
    filled.wait_until_whole()
    whole = time.monotonic() - began
    shown = f"first item after {first:.2f} s, {filled.pictures:,} items after {whole:.2f} s"
    print(shown, file=sys.stderr)
    return reviewers


def of_peer(verdicts: int, python: str) -> list[bool]:
    """Give the same verdicts to Label Studio and here, by turns, and report both."""
    with tempfile.TemporaryDirectory() as name:
        folder, ours, theirs = Path(name), Times(), Times()
        (folder / "peer").mkdir()
        pictures = [f"http://127.0.0.1/pictures/{n}" for n in range(verdicts + 20)]
        database = f"sqlite:///{folder}/ours.db"
        engine = connect(database)
        fill(engine, len(pictures))
        engine.dispose()
        with (
            serving(Gunicorn(database)) as server,
            label_studio.running(python, folder / "peer", pictures) as peer,
        ):
            client = Client(server.port)
            client.open("/")
            judging = Judging(client)
            for _ in range(verdicts):
                for each, times in ((judging, ours), (peer, theirs)):
                    for step, taken in ((each.ask, times.next), (each.save, times.save)):
                        began = time.perf_counter()
                        step()
                        taken.append(time.perf_counter() - began)
    met = []
    for what in ("next", "save"):
        for percent in (50, 95):
            mine, other = (
                1000 * percentile(getattr(times, what), percent) for times in (ours, theirs)
            )
            name = f"{what}, p{percent}: {mine:.1f} ms, {other:.1f} ms in Label Studio, part of it"
            met.append(report(name, mine / other, "<=", 1))
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("page", "server", "peer"))
    parser.add_argument("--verdicts", type=int, default=300)
    parser.add_argument("--pictures", type=int, default=200_000, help="of the large databases")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--peer", choices=("label-studio",))
    parser.add_argument("--peer-python", metavar="PATH", help="of the environment it is in")
    given = parser.parse_args()
    if given.peer and not given.peer_python:
        parser.error("--peer needs --peer-python")
    met = []
    if given.only in (None, "page"):
        met += of_page(given.verdicts)
    if given.only in (None, "server"):
        met += of_server(given.pictures, given.turns)
    if given.peer and given.only in (None, "peer"):
        met += of_peer(given.verdicts, given.peer_python)
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
