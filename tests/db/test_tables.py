"""What is written as a table is read back by the usual readers."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from db.tables import CSV, FORMATS, JSONL, PARQUET, TSV, Column, check_output, table
from vision.errors import InputError, OutputError

COLUMNS = [
    Column("link"),
    Column("rank", int),
    Column("score", float),
    Column("browsed", bool),
    Column("at", datetime),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ROW = st.tuples(
    st.none()
    | TEXT
    | st.sampled_from(["a\tb", 'a "b", c', "a\nb", "a\rb", "\\n", "", "\U0001f426"]),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(0, 1),
    st.none() | st.booleans(),
    st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)


def write(path: Path, form: str, rows: list[tuple]) -> None:
    with table(str(path), form, COLUMNS) as add:
        add(rows[: len(rows) // 2])
        add(rows[len(rows) // 2 :])


def back(kind: type, cell: str) -> Any:
    """Return a cell of a table of text as it was."""
    if kind is datetime:
        return datetime.fromisoformat(cell)
    return bool(int(cell)) if kind is bool else kind(cell)


def read(path: Path, form: str) -> list[tuple]:
    """Return the rows of a file, as its readers have them."""
    if form == PARQUET:
        return [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]
    text = path.read_bytes().decode()
    if form == JSONL:
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        assert all(list(row) == [column.name for column in COLUMNS] for row in rows)
        return [
            (*list(row.values())[:-1], row["at"] and datetime.fromisoformat(row["at"]))
            for row in rows
        ]
    if form == CSV:
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        nothing = ""
    else:
        header, *lines = (line.split("\t") for line in text.split("\n")[:-1])
        lines = [[unescaped(cell) for cell in line] for line in lines]
        nothing = "NULL"
    assert header == [column.name for column in COLUMNS]
    return [
        tuple(
            None if cell == nothing else back(column.kind, cell)
            for column, cell in zip(COLUMNS, line, strict=True)
        )
        for line in lines
    ]


def unescaped(cell: str) -> str:
    letters = {"n": "\n", "t": "\t", "\\": "\\"}
    parts = iter(cell)
    return "".join(letters[next(parts)] if part == "\\" else part for part in parts)


@pytest.mark.parametrize("form", FORMATS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROW, max_size=5))
def test_every_cell_comes_back(tmp_path: Path, form: str, rows: list[tuple]) -> None:
    path = tmp_path / "table"
    write(path, form, rows)
    # a CSV cannot tell nothing from an empty text, and a TSV from the word
    lost = {CSV: "", TSV: "NULL"}.get(form)
    assert read(path, form) == [(None if row[0] == lost else row[0], *row[1:]) for row in rows]


def test_parquet_keeps_kinds_and_parts(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    at = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    with table(str(path), PARQUET, COLUMNS) as add:
        for n in range(3):
            add([("a", n, 0.5, True, at)] * 10)
        add([])
    found = parquet.ParquetFile(path)
    assert found.metadata.num_row_groups == 3
    assert [str(field.type) for field in found.schema_arrow] == [
        "string", "int64", "double", "bool", "timestamp[us, tz=UTC]",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_broken_off_there_is_no_table(tmp_path: Path, form: str) -> None:
    def break_off() -> None:
        with table(str(tmp_path / "out"), form, COLUMNS) as add:
            add([("a", 1, 0.5, True, None)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMATS)
def test_where_it_cannot_be_written(tmp_path: Path, form: str) -> None:
    with (
        pytest.raises(OutputError, match="cannot write"),
        table(str(tmp_path / "no" / "out"), form, COLUMNS),
    ):
        pass


def test_parquet_needs_a_file() -> None:
    for form in FORMATS:
        check_output(form, "out")
    for form in (TSV, CSV, JSONL):
        check_output(form, None)
    with pytest.raises(InputError, match="--output"):
        check_output(PARQUET, None)
