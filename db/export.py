"""What was judged, as a table: the seed's of judged pictures, or one of all verdicts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, text

from db import tables, verdict_rows
from db.engine import connect, files_of
from db.judged import designs, verdict_counts
from db.outfile import keep
from db.row_ids import row_id
from db.verdicts import UNIFORM
from db.view import COLUMNS, RUN_STRIDE
from vision.errors import InputError

QUERY = f"""\
SELECT {", ".join(COLUMNS)}
FROM classifications
WHERE label_id IN (0, 1, 2)
ORDER BY id"""  # noqa: S608 - only constants of this house

_ROWS_AT_ONCE = 1000


def judged_rows(connection: Connection, run_id: int | None = None) -> Iterator[Sequence[object]]:
    """Yield the rows of the view `classifications` that have a label_id, in the order of their ids.

    Parameters
    ----------
    connection : Connection
        Keeps a cursor open on the server until the last row is read.
    run_id : int, optional
        Only this run.
    """
    query, bounds = QUERY, {}
    if run_id is not None:
        query = query.replace("ORDER BY", "AND id BETWEEN :first AND :last\nORDER BY")
        first = (run_id - 1) * RUN_STRIDE
        bounds = {"first": first + 1, "last": first + RUN_STRIDE}
    streamed = connection.execution_options(yield_per=_ROWS_AT_ONCE)
    yield from streamed.execute(text(query), bounds)


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bin/export_results.py`."""
    made = argparse.ArgumentParser(
        prog="export_results.py",
        description="Write what was judged as a table. As tsv, a row is a judged picture: id,"
        " tweet_id, link, five keywords with their scores, label_id (0 top-1 right, 1 in the top"
        " five, 2 none). In the other formats a row is a verdict that stands: with its model, run,"
        " round and design, the picture and its predictions, who said what and when, and how likely"
        " the picture was to be drawn.",
    )
    add = made.add_argument
    add(
        "--database",
        metavar="URL",
        help="where from (default: $DATABASE_URL, or sqlite:///data/proofsheet.db)",
    )
    add("--format", choices=tables.FORMATS, default=tables.TSV, help="default: %(default)s")
    add("--output", metavar="FILE", help="default: standard output; parquet needs a file")
    add("--run", type=row_id, metavar="ID", help="only this run (default: all)")
    add("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


def export(given: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises
    ------
    InputError, StoreError, OutputError
        If parquet has no file to go to, there is no such run, the file is the database itself, the
        database cannot be read or the file not be written.
    """
    tables.check_output(given.format, given.output)
    engine = connect(given.database)
    try:
        keep(files_of(engine), given.output)
        with engine.connect() as connection:
            runs, drawn = verdict_counts(connection), []
            if given.run is not None and given.run not in runs:
                known = (
                    ", ".join(map(str, list(runs)[:5])) or "there are none: label pictures first"
                )
                raise InputError(f"there is no run {given.run}: choose one of {known}")
            if given.format == tables.TSV:
                written, noun = _write_pictures(connection, given), "judged picture"
                drawn = [each for each in designs(connection, given.run) if each != UNIFORM]
            else:
                written, noun = _write_verdicts(connection, given), "verdict"
    finally:
        engine.dispose()
    others = [run for run, count in runs.items() if count] if given.run is not None else []
    print(_summary(written, noun, others), file=sys.stderr)
    if drawn:
        print(
            f"Rounds that are {' or '.join(drawn)} draw pictures with chances of their own, which"
            " this table does not carry: read back, it passes for a uniform sample. Take figures"
            " from the database.",
            file=sys.stderr,
        )


def _write_pictures(connection: Connection, given: argparse.Namespace) -> int:
    rows = judged_rows(connection, given.run)
    with tables.table(given.output, tables.TSV, [tables.Column(name) for name in COLUMNS]) as write:
        written = 0
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            write(some)
            written += len(some)
    return written


def _write_verdicts(connection: Connection, given: argparse.Namespace) -> int:
    k = verdict_rows.widest(connection, given.run)
    with tables.table(given.output, given.format, verdict_rows.columns(k)) as write:
        written = 0
        for some in verdict_rows.rows(connection, k, given.run):
            write(some)
            written += len(some)
    return written


def _summary(rows: int, noun: str, others: Sequence[int]) -> str:
    if rows:
        return f"{rows:,} {noun}{'s' * (rows != 1)} exported"
    if others:
        return (
            "nothing of this run is judged, and the table has no rows: runs with verdicts are"
            f" {', '.join(map(str, others[:5]))}"
        )
    return (
        "nothing is judged, and the table has no rows: judge some in the reviewer"
        " (cd webapp && flask run), then export again"
    )
