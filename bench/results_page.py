#!/usr/bin/env python3
"""How fast the results page answers at 100,000 verdicts over a run of 200,000 pictures.

On each kind of database a verdict is given, and a real server is then asked, as a browser does,
whether anything has changed, for the page, for what its slider needs, and for every figure and
part of that page: all of it is computed anew. Told are medians over the turns; and beside them,
without a goal, what the very first request of a process takes, which reads the whole run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from uuid import uuid4

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np
from sqlalchemy import Engine

from bench.goals import report
from bench.results.judged_run import judge, label
from bench.reviewing.databases import KINDS, databases
from bench.reviewing.serving import Client, Gunicorn, serving
from db import judgments, reviewers, rounds
from db.engine import connect
from db.review_events import Judge
from webapp.results_figures import DETAILED, FIGURES

STATE, PAGE, CURVE = "/results/state.json", "/results/", "/results/curve.json"
PARTS = ("/results/labels", "/results/pictures", "/results/agreement")


class Reviewer:
    """Changes their mind about the last picture of a round again and again."""

    def __init__(self, engine: Engine, round_id: int) -> None:
        self._engine, self._who = engine, reviewers.local(engine).id
        with engine.connect() as connection:
            row = rounds.by_id(connection, round_id)
        assert row is not None
        self._uuid, self._position = row.uuid, row.size - 1
        self._verdict = "none"

    def judge(self) -> None:
        self._verdict = "top1" if self._verdict == "none" else "none"
        event = Judge(str(uuid4()), self._uuid, self._position, self._verdict)
        (answer,) = judgments.record(self._engine, self._who, [event])
        assert answer.why is None, answer.why


def seconds(client: Client, path: str) -> tuple[float, bytes]:
    began = time.perf_counter()
    answer = client.request("GET", path)
    return time.perf_counter() - began, answer


def of_kind(kind: str, pictures: int, verdicts: int, turns: int) -> list[bool]:
    """Measure and report on a kind of database."""
    of_page = [CURVE, *(f"/results/figures/{name}.svg" for name in FIGURES | DETAILED), *PARTS]
    times: dict[str, list[float]] = {path: [] for path in (STATE, PAGE, *of_page)}
    with databases(kind) as addresses:
        engine = connect(address := next(addresses))
        run_id, made = label(engine, pictures, np.random.default_rng(1))
        reviewer = Reviewer(engine, judge(engine, run_id, made, verdicts))
        with serving(Gunicorn(address)) as server:
            client = Client(server.port)
            query = f"?run={run_id}"
            print(f"{kind}: the first request takes {seconds(client, PAGE + query)[0]:.2f} s")
            for turn in range(turns + 1):
                reviewer.judge()
                taken = {}
                taken[STATE], answer = seconds(client, STATE + query)
                taken[PAGE], _ = seconds(client, PAGE + query)
                tag = json.loads(answer)["tag"]
                for path in of_page:
                    taken[path], _ = seconds(client, f"{path}{query}&tag={tag}")
                for path in taken if turn else ():  # the first brings in libraries
                    times[path].append(taken[path])
        engine.dispose()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", file=sys.stderr)
    where = f"{kind}, {verdicts:,} verdicts"
    return [
        report(f"{path}, {where}", statistics.median(taken), "<=", 1, " s")
        for path, taken in times.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200_000)
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", choices=KINDS)
    given = parser.parse_args()
    met = []
    for kind in KINDS if given.only is None else (given.only,):
        met += of_kind(kind, given.pictures, given.verdicts, given.turns)
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
