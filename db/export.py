"""The judged pictures as the seed's tab-separated table, on any database."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from sqlalchemy import Connection, text

from db.engine import connect
from db.view import COLUMNS, RUN_STRIDE
from vision.errors import OutputError

QUERY = f"""\
SELECT {", ".join(COLUMNS)}
FROM classifications
WHERE label_id IN (0, 1, 2)
ORDER BY id"""  # noqa: S608 - only constants of this house

_ROWS_AT_ONCE = 1000

# as the mysql client writes values in batch mode
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\0": "\\0"})


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


def write_tsv(rows: Iterator[Sequence[object]], out: TextIO) -> int:
    """Write a header and rows as the mysql client does in batch mode; return how many rows."""
    out.write("\t".join(COLUMNS) + "\n")
    written = 0
    for row in rows:
        out.write("\t".join(map(_field, row)) + "\n")
        written += 1
    return written


def _field(value: object) -> str:
    return "NULL" if value is None else str(value).translate(_ESCAPES)


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bin/export_results.py`."""
    made = argparse.ArgumentParser(
        prog="export_results.py",
        description="Write the judged pictures as a table (TSV with a header): id, tweet_id, link,"
        " five keywords with their scores, label_id (0 top-1 right, 1 in the top five, 2 none).",
    )
    made.add_argument(
        "--database",
        metavar="URL",
        help="where from (default: $DATABASE_URL, or sqlite:///data/proofsheet.db)",
    )
    made.add_argument("--output", metavar="FILE", help="default: standard output")
    made.add_argument("--run", type=int, metavar="ID", help="only this run (default: all)")
    made.add_argument("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


def export(given: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises
    ------
    StoreError, OutputError
        If the database cannot be read or the file not be written.
    """
    engine = connect(given.database)
    try:
        with engine.connect() as connection, _out(given.output) as out:
            written = write_tsv(judged_rows(connection, given.run), out)
    finally:
        engine.dispose()
    print(_summary(written), file=sys.stderr)


@contextlib.contextmanager
def _out(path: str | None) -> Iterator[TextIO]:
    if path is None:
        # a link with a lone line feed or any letter goes out as it is, whatever the locale
        with open(1, "w", encoding="utf-8", newline="\n", closefd=False) as out:
            yield out
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as out:
            yield out
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _summary(rows: int) -> str:
    if rows:
        return f"{rows:,} judged {'picture' if rows == 1 else 'pictures'} exported"
    return (
        "no judged pictures, only the header was written: judge some in the reviewer"
        " (cd webapp && flask run), then export again"
    )
