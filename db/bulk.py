"""Many plain rows into one table, fast."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from typing import Any

from pymysql.converters import escape_string
from sqlalchemy import Column, Connection
from sqlalchemy.orm import InstrumentedAttribute

Value = str | int | float | None
Columns = Mapping[InstrumentedAttribute, Iterable[Value]]

_ROWS_A_STATEMENT = 4000
_STATEMENTS_AHEAD = 2


def insert(connection: Connection, columns: Columns) -> None:
    """Insert rows within the connection's transaction.

    On a server, rows travel as statements of some thousands, each built while those before it
    are at work there: the driver's own way (`executemany`) takes longer over the text than the
    server does over the rows.

    Parameters
    ----------
    connection : Connection
    columns : mapping of mapped attributes to iterables
        The values of each column of one table, row by row; the shortest iterable ends the rows.
        Text, integers, finite floats or None; times as `db.columns.stored_time` gives them.
    """
    quote = connection.dialect.identifier_preparer.quote
    targets: list[Column] = [column.property.columns[0] for column in columns]
    names = ", ".join(quote(column.name) for column in targets)
    into = f"INSERT INTO {quote(targets[0].table.name)} ({names}) VALUES "  # noqa: S608
    if connection.dialect.name == "sqlite":
        rows = list(zip(*columns.values(), strict=False))
        if rows:
            connection.exec_driver_sql(f"{into}({', '.join('?' * len(targets))})", rows)
        return
    with ThreadPoolExecutor(1) as server:
        sent: deque[Future[None]] = deque()
        for values in _values(targets, columns.values()):
            sent.append(server.submit(_send, connection, into + values))
            if len(sent) > _STATEMENTS_AHEAD:
                sent.popleft().result()
        for statement in sent:
            statement.result()


def insert_rows(
    connection: Connection,
    columns: Sequence[InstrumentedAttribute],
    rows: Sequence[tuple[Value, ...]],
) -> None:
    """Insert rows that are at hand as tuples, in the order of `columns`; see `insert`."""
    if rows:
        insert(connection, dict(zip(columns, zip(*rows, strict=True), strict=True)))


def _send(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _values(targets: Sequence[Column], columns: Iterable[Iterable[Value]]) -> Iterator[str]:
    formats, literals = zip(*map(_form, targets), strict=True)
    ready = [
        values if literal is None else map(literal, values)
        for literal, values in zip(literals, columns, strict=True)
    ]
    rows = map(f"({','.join(formats)})".__mod__, zip(*ready, strict=False))
    while text := ",".join(islice(rows, _ROWS_A_STATEMENT)):
        yield text


def _form(column: Column) -> tuple[str, Callable[[Any], str] | None]:
    """Return how a column's values are put into a statement: a format, and what to apply before."""
    kind = column.type.python_type
    literal: Callable[[Any], str] = repr if kind in (int, float) else _quoted
    if column.nullable:
        return "%s", lambda value: "NULL" if value is None else literal(value)
    if kind is float:
        # 17 digits are exact; without an exponent the server reads a decimal number first
        return "%.16e", None
    return ("%d", None) if kind is int else ("%s", literal)


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    # `db.engine` sees to it that a backslash escapes (sql_mode) and that text is utf8mb4
    return f"'{escape_string(text)}'"
