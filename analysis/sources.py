"""Where a command takes judged pictures from: a database or an exported table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis import frames
from analysis.judged import Judged
from analysis.table import read_table
from db.engine import Engine, connect, files_of
from db.row_ids import row_id
from vision.errors import InputError


@dataclass(frozen=True)
class Opened:
    """Judged pictures, and the database they are from, None for a table; the files of either."""

    judged: Judged
    engine: Engine | None
    files: Sequence[Path]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which judged pictures are meant."""
    add = parser.add_argument_group("judged pictures").add_argument
    add("--database", metavar="URL", help="default: $DATABASE_URL, or sqlite:///data/proofsheet.db")
    add(
        "--tsv", type=Path, metavar="FILE",
        help="a table in place of a database, as bin/export_results.py and the original write it;"
        " read as a uniform sample",
    )  # fmt: skip
    add("--run", type=row_id, metavar="ID", help="default: the newest run with verdicts")
    add(
        "--round", type=row_id, action="append", metavar="ID",
        help="only verdicts of this round; may be given again (default: all of the run)",
    )  # fmt: skip


@contextmanager
def opened(given: argparse.Namespace) -> Iterator[Opened]:
    """Open what `add_arguments` reads.

    Raises
    ------
    InputError, StoreError
        If it holds no verdicts that count, or cannot be read.
    """
    if given.tsv is not None:
        if (given.database, given.run, given.round) != (None, None, None):
            raise InputError(
                "--tsv is a source of its own: leave out --database, --run and --round"
            )
        yield Opened(read_table(given.tsv), None, [given.tsv])
        return
    engine = connect(given.database)
    try:
        with engine.connect() as connection:
            judged = frames.read(connection, given.run, given.round)
        yield Opened(judged, engine, files_of(engine))
    finally:
        engine.dispose()
