#!/usr/bin/env python3
"""Load the predictions that label_images.py wrote as CSV into the database."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from db.engine import connect
from db.loader import LoadCounts, LoadOptions, load
from vision import door


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    return door.run(lambda: _load(given), verbose=given.verbose)


def _load(given: argparse.Namespace) -> int:
    # rows hold no cycles to look for, and the thread that talks to the server must not wait long
    gc.set_threshold(200_000)
    sys.setswitchinterval(0.001)
    options = LoadOptions(model=given.model, run=given.run, batch_size=given.batch_size)
    with _lines(given.input) as lines:
        engine = connect(given.database)
        try:
            counts = load(lines, engine, options, _report)
        finally:
            engine.dispose()
    print(_summary(counts), file=sys.stderr)
    return door.DONE if counts.loaded or counts.there or not counts.read else door.COULD_NOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="load_data.py",
        description="Load predictions from CSV (tweet_id,link,label_1,score_1,...) into the"
        " database. Loading the same rows again changes nothing.",
    )
    parser.add_argument("--input", metavar="FILE", help="CSV to read (default: standard input)")
    parser.add_argument(
        "--database",
        metavar="URL",
        help="where to (default: $DATABASE_URL, or sqlite:///data/proofsheet.db)",
    )
    parser.add_argument(
        "--model", default="vgg16", metavar="NAME", help="which model predicted (default: vgg16)"
    )
    parser.add_argument(
        "--run",
        type=_run,
        metavar="ID|new",
        help="load into this run, or into a new one (default: the one that earlier loads of the"
        " same model and k went into)",
    )
    parser.add_argument(
        "--batch-size",
        type=_positive,
        default=LoadOptions.batch_size,
        metavar="N",
        help="rows a transaction (default: %(default)s)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show where an error arose")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _run(text: str) -> str | int:
    return text if text == "new" else _positive(text)


@contextmanager
def _lines(path: str | None) -> Iterator[TextIO]:
    # lines end at \n only, and what is no UTF-8 is a bad row, not the end
    if path is not None:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            yield file
        return
    stdin = open(  # noqa: SIM115 - standard input stays open
        0, encoding="utf-8-sig", errors="surrogateescape", newline="\n", closefd=False
    )
    yield stdin


def _report(line: int, reason: str) -> None:
    print(f"line {line}: {reason}", file=sys.stderr)


def _summary(counts: LoadCounts) -> str:
    if not counts.read:
        return "0 rows read: the input is empty"
    where = f" into run {counts.run_id}" if counts.run_id is not None else ""
    text = (
        f"{counts.read:,} rows read: {counts.loaded:,} loaded{where}, {counts.there:,} already"
        f" there, {counts.conflicts:,} in conflict, {counts.bad:,} bad"
    )
    return text if counts.loaded else f"{text}; nothing changed"


if __name__ == "__main__":
    sys.exit(main())
