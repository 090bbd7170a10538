"""Many rows of a query as plain columns, fast."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVarTuple

from sqlalchemy import Connection, Select, SQLColumnExpression, func, type_coerce
from sqlalchemy.types import NullType

from vision.errors import StoreError

_ROWS_A_GROUP = 1024
_LONGEST = 8_000_000
"""Bytes that the values of a group may take in a column: less than any server's packets."""

_NOTHING = "-"
"""Stands for NULL: neither a number nor hexadecimal."""

_ARRAYS = {int: "q", float: "d"}

Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that is asked for: of int, float or str, and whether there may be None in it."""

    what: SQLColumnExpression[Any]
    kind: type = int
    nullable: bool = False


def in_this_order(query: Select[*Ts]) -> Select[*Ts]:
    """Make a server join the tables of a query in the order they stand in it.

    Its guess rests on statistics that lag behind, and may take minutes over what takes a moment.
    """
    for dialect in ("mysql", "mariadb"):
        query = query.prefix_with("STRAIGHT_JOIN", dialect=dialect)
    return query


def columns(
    connection: Connection,
    query: Select[Any],
    wanted: Sequence[Wanted],
    number: SQLColumnExpression[int],
) -> list[Any]:
    """Return columns of a query's rows, in the order of `number`.

    Parameters
    ----------
    connection : Connection
    query : Select
        Which rows; what it selects is left aside.
    wanted : sequence of Wanted
    number : column
        A whole number >= 0, another one in each row.

    Returns
    -------
    list of array or list
        One for each of `wanted`: array("q") of int and array("d") of float where nothing can be
        None, else a list. Equal texts are one object.

    Raises
    ------
    StoreError
        If a server cuts a text short.

    Notes
    -----
    The driver of a server takes a microsecond or two over every value. There, the values of some
    thousand rows come as one text a column (texts among them in hexadecimal) and are parted here.
    """
    wanted = [Wanted(number), *wanted]
    parts = _rows if connection.dialect.name == "sqlite" else _groups
    found = [_holder(each) for each in wanted]
    for part in parts(connection, query, wanted):
        for column, values in zip(found, part, strict=True):
            column.extend(values)
    numbers, *found = found
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    if len(order) < 2:
        return found
    in_order = itemgetter(*order)
    return [_holder(each, in_order(column)) for each, column in zip(wanted[1:], found, strict=True)]


def _holder(wanted: Wanted, values: Iterable[Any] = ()) -> Any:
    code = None if wanted.nullable else _ARRAYS.get(wanted.kind)
    return list(values) if code is None else array(code, values)


def _rows(
    connection: Connection, query: Select[Any], wanted: Sequence[Wanted]
) -> Iterator[Iterable[Iterable[Any]]]:
    """Yield columns of some thousand rows at a time, as they come."""
    # without a type, values are taken as the driver gives them
    selected = query.with_only_columns(*(type_coerce(each.what, NullType()) for each in wanted))
    # equal texts become one
    same: dict[str, str] = {}
    for rows in connection.execute(selected).partitions(_ROWS_A_GROUP):
        yield [
            map(same.setdefault, values, values) if each.kind is str else values
            for each, values in zip(wanted, zip(*rows, strict=True), strict=True)
        ]


def _groups(
    connection: Connection, query: Select[Any], wanted: Sequence[Wanted]
) -> Iterator[Iterable[Iterable[Any]]]:
    """Yield columns of some thousand rows at a time, each gathered by the server."""
    connection.exec_driver_sql(f"SET SESSION group_concat_max_len = {_LONGEST}")
    selected = query.with_only_columns(
        func.count(), *(func.group_concat(_as_text(each)) for each in wanted)
    ).group_by(wanted[0].what.op("DIV")(_ROWS_A_GROUP))
    readers = [_reader(each) for each in wanted]
    for count, *texts in connection.execute(selected):
        parted = [text.split(",") for text in texts]
        if any(len(values) != count for values in parted):
            raise StoreError(
                "the database cuts long texts short: set its max_allowed_packet to 16 MB or more"
            )
        yield map(map, readers, parted)


def _as_text(wanted: Wanted) -> SQLColumnExpression[Any]:
    text: SQLColumnExpression[Any] = func.hex(wanted.what) if wanted.kind is str else wanted.what
    return func.coalesce(text, _NOTHING) if wanted.nullable else text


class _Memory(dict[str, Any]):
    """What texts mean, each looked into once."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__({_NOTHING: None})
        self._read = read

    def __missing__(self, text: str) -> Any:
        self[text] = meant = self._read(text)
        return meant


def _reader(wanted: Wanted) -> Callable[[str], Any]:
    if wanted.kind is str:
        return _Memory(lambda text: bytes.fromhex(text).decode()).__getitem__
    return _Memory(wanted.kind).__getitem__ if wanted.nullable else wanted.kind
