"""Many plain rows into one table, fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from typing import Any

from pymysql.converters import escape_string
from sqlalchemy import Column, Connection
from sqlalchemy.orm import InstrumentedAttribute

Value = str | int | float | None

_ROWS_A_STATEMENT = 4000


def insert(
    connection: Connection,
    columns: Sequence[InstrumentedAttribute],
    rows: Iterable[Sequence[Value]],
) -> None:
    """Insert rows within the connection's transaction.

    On a server, rows travel as statements of some thousands, each built while the one before it
    is at work there: the driver's own way (`executemany`) takes longer over the text than the
    server does over the rows.

    Parameters
    ----------
    connection : Connection
    columns : sequence of mapped attributes
        Of one table, in the order of the values.
    rows : iterable of sequences
        Text, integers, finite floats or None; times as `db.columns.stored_time` gives them.
    """
    quote = connection.dialect.identifier_preparer.quote
    targets: list[Column] = [column.property.columns[0] for column in columns]
    names = ", ".join(quote(column.name) for column in targets)
    into = f"INSERT INTO {quote(targets[0].table.name)} ({names}) VALUES "  # noqa: S608
    if connection.dialect.name == "sqlite":
        values = [tuple(row) for row in rows]
        if values:
            connection.exec_driver_sql(f"{into}({', '.join('?' * len(targets))})", values)
        return
    with ThreadPoolExecutor(1) as server:
        before = None
        for values_text in _values(targets, rows):
            if before is not None:
                before.result()
            before = server.submit(_send, connection, into + values_text)
        if before is not None:
            before.result()


def _send(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _values(targets: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    # column by column, so that all of the work but the words' is done in C
    formats, literals = zip(*map(_form, targets), strict=True)
    template = f"({','.join(formats)})"
    remaining = iter(rows)
    while chunk := list(islice(remaining, _ROWS_A_STATEMENT)):
        columns = [
            values if literal is None else map(literal, values)
            for literal, values in zip(literals, zip(*chunk, strict=True), strict=True)
        ]
        yield ",".join(map(template.__mod__, zip(*columns, strict=True)))


def _form(column: Column) -> tuple[str, Callable[[Any], str] | None]:
    """Return how a column's values are put into a statement: a format, and what to apply before."""
    kind = column.type.python_type
    literal: Callable[[Any], str] = repr if kind in (int, float) else _quoted
    if column.nullable:
        return "%s", lambda value: "NULL" if value is None else literal(value)
    if kind in (int, float):
        return "%r", None
    return "%s", literal


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    # `db.engine` sees to it that a backslash escapes (sql_mode) and that text is utf8mb4
    return f"'{escape_string(text)}'"
