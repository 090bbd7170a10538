"""Rows as tables in files: TSV, CSV, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.outfile import opened
from vision.errors import InputError

TSV, CSV, JSONL, PARQUET = FORMATS = ("tsv", "csv", "jsonl", "parquet")

Row = Sequence[Any]
Write = Callable[[Sequence[Row]], None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: str, int, float, bool or datetime (aware); a cell may be None."""

    name: str
    kind: type = str


# as the mysql client writes values in batch mode
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\0": "\\0"})


def field(value: object) -> str:
    """Return a cell as TSV has it: NULL for None, and tabs and line feeds behind a backslash."""
    return "NULL" if value is None else str(_plain(value)).translate(_ESCAPES)


def table(path: str | None, form: str, columns: Sequence[Column]) -> AbstractContextManager[Write]:
    """Open a table of one of `FORMATS`; what it gives writes some thousand rows at a time.

    All but Parquet may go to standard output (`path` None). Times are ISO 8601 in UTC, in Parquet
    timestamps; true and false are 1 and 0 in TSV and CSV.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return _KINDS[form](path, columns)


def check_output(form: str, path: str | None) -> None:
    """Refuse Parquet without a file.

    Raises
    ------
    InputError
    """
    if form == PARQUET and path is None:
        raise InputError("parquet is no text for the screen: name a file with --output")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


@contextmanager
def _tsv(path: str | None, columns: Sequence[Column]) -> Iterator[Write]:
    with opened(path) as out:
        out.write("\t".join(column.name for column in columns) + "\n")

        def write(rows: Sequence[Row]) -> None:
            out.writelines("\t".join(map(field, row)) + "\n" for row in rows)

        yield write


@contextmanager
def _csv(path: str | None, columns: Sequence[Column]) -> Iterator[Write]:
    with opened(path) as out:
        # line ends as in RFC 4180: with them, a lone carriage return within a cell is quoted
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(column.name for column in columns)

        def write(rows: Sequence[Row]) -> None:
            writer.writerows(map(_plain, row) for row in rows)

        yield write


@contextmanager
def _jsonl(path: str | None, columns: Sequence[Column]) -> Iterator[Write]:
    names = [column.name for column in columns]
    encode = json.JSONEncoder(ensure_ascii=False, default=datetime.isoformat).encode
    with opened(path) as out:

        def write(rows: Sequence[Row]) -> None:
            out.writelines(f"{encode(dict(zip(names, row, strict=True)))}\n" for row in rows)

        yield write


@contextmanager
def _parquet(path: str | None, columns: Sequence[Column]) -> Iterator[Write]:
    # takes a moment to load, and other formats do without
    import pyarrow
    from pyarrow import parquet

    kinds = {
        str: pyarrow.string(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        bool: pyarrow.bool_(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
    }
    schema = pyarrow.schema([(column.name, kinds[column.kind]) for column in columns])
    with opened(path, binary=True) as out, parquet.ParquetWriter(out, schema) as writer:

        def write(rows: Sequence[Row]) -> None:
            if rows:
                cells = zip(*rows, strict=True)
                arrays = list(map(pyarrow.array, cells, schema.types))
                writer.write_batch(pyarrow.record_batch(arrays, schema=schema))

        yield write


_KINDS: dict[str, Callable[[str | None, Sequence[Column]], AbstractContextManager[Write]]] = {
    TSV: _tsv,
    CSV: _csv,
    JSONL: _jsonl,
    PARQUET: _parquet,
}
