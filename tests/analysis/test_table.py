"""Tables as a source: what is exported reads back, and what cannot be is said by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from analysis import frames
from analysis.estimates import Estimator
from analysis.judged import UNKNOWN
from analysis.table import UNIFORM_NOTE, _plain, read_table
from db import export
from db.tables import field
from db.view import COLUMNS
from tests.analysis.judged_run import HOSTILE, judge, label
from vision.errors import InputError

ROW = {
    "id": "1", "tweet_id": "9", "link": "http://x/1.jpg", "keyword1": "tabby", "score1": "0.9",
    "keyword2": "tiger_cat", "score2": "0.05", "keyword3": "NULL", "score3": "NULL",
    "keyword4": "NULL", "score4": "NULL", "keyword5": "NULL", "score5": "NULL", "label_id": "0",
}  # fmt: skip


def write(path: Path, *changes: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write rows that differ from `ROW`, each with an id of its own."""
    lines = ["\t".join(columns)]
    for number, changed in enumerate(changes, 1):
        row = ROW | {"id": str(number)} | changed
        lines.append("\t".join(row[name] for name in columns))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


def refused(path: Path, *said: str) -> None:
    with pytest.raises(InputError) as error:
        read_table(path)
    for part in said:
        assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_an_exported_run_reads_as_the_database_does(engine: Engine, tmp_path: Path) -> None:
    label(engine, 60)
    judge(engine, 60)
    path = tmp_path / "export.tsv"
    url = engine.url.render_as_string(hide_password=False)
    export.export(export.parser().parse_args(["--database", url, "--output", str(path)]))
    made = read_table(path)
    with engine.connect() as connection:
        stored = frames.read(connection)
    mine, theirs = np.argsort(made.scores), np.argsort(stored.scores)
    assert made.scores[mine] == pytest.approx(stored.scores[theirs], abs=0)
    for name in ("top1", "topk"):
        assert (getattr(made, name)[mine] == getattr(stored, name)[theirs]).all()
    names = [np.array(each.pool.names)[each.classes] for each in (made, stored)]
    assert (names[0][mine] == names[1][theirs]).all()
    assert HOSTILE in names[0]
    assert made.source.what == str(path)
    assert made.source.notes == (UNIFORM_NOTE,)


def test_rows_without_a_verdict_make_the_pool_known(tmp_path: Path) -> None:
    judged = [
        {"label_id": str(number % 3), "score1": f"{0.3 + number / 50}"} for number in range(30)
    ]
    open_ = [{"label_id": "NULL", "score1": f"{0.3 + n / 100}"} for n in range(60)]
    known = read_table(write(tmp_path / "known.tsv", *judged, *open_))
    unknown = read_table(write(tmp_path / "unknown.tsv", *judged))
    assert (known.pool.known, known.pool.size, len(known)) == (True, 90, 30)
    assert (unknown.pool.known, unknown.pool.size, len(unknown)) == (False, 30, 30)
    assert known.weight.sum() == pytest.approx(90)
    assert (known.drawn > 0).all()
    assert (unknown.drawn == 0).all()
    for made in (known, unknown):
        assert made.equal.all()
        assert made.equal_from == 0
        assert (made.top1.sum(), made.topk.sum()) == (10, 20)
        assert (made.right[made.top1 == 0] == UNKNOWN).all()
    assert Estimator(unknown).about == "future"
    assert Estimator(unknown).accuracy().value == pytest.approx(1 / 3)


def test_columns_may_stand_in_any_order_and_others_be_missing(tmp_path: Path) -> None:
    usual = read_table(write(tmp_path / "usual.tsv", {}, {"label_id": "2"}))
    few = tuple(name for name in COLUMNS[::-1] if name not in ("id", "tweet_id", "link"))
    other = read_table(write(tmp_path / "other.tsv", {}, {"label_id": "2"}, columns=few))
    assert (usual.scores == other.scores).all()
    assert (usual.top1 == other.top1).all()


def test_without_ids_the_same_picture_twice_is_found(tmp_path: Path) -> None:
    columns = tuple(name for name in COLUMNS if name != "id")
    rows = [{"tweet_id": str(n), "link": f"http://x/{n % 2}.jpg"} for n in (1, 2, 3, 1)]
    refused(write(tmp_path / "t.tsv", *rows, columns=columns), "lines 2 and 5", "one picture")
    assert len(read_table(write(tmp_path / "u.tsv", *rows[:3], columns=columns))) == 3


def test_a_table_saved_by_an_editor_reads(tmp_path: Path) -> None:
    path = write(tmp_path / "table.tsv", {}, {"label_id": "1"})
    text = path.read_text(encoding="utf-8")
    path.write_text("\ufeff" + text.replace("\n", "\r\n") + "\r\n", encoding="utf-8", newline="")
    assert len(read_table(path)) == 2


@given(st.text())
def test_what_the_client_escapes_is_read_back(text: str) -> None:
    assert _plain(field(text)) == text


@pytest.mark.parametrize("name", ["label_id", "score1", "keyword1", "score5"])
def test_a_missing_column_is_named(name: str, tmp_path: Path) -> None:
    columns = tuple(each for each in COLUMNS if each != name)
    refused(write(tmp_path / "t.tsv", {}, columns=columns), f"no column {name}", "export_results")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label_id": "3"}, ["label_id in line 3", "is 3", "judge these pictures anew"]),
        ({"label_id": "4"}, ["label_id in line 3", "is 4", "NULL"]),
        ({"label_id": "top1"}, ["label_id in line 3", "is top1"]),
        ({"score1": "nan"}, ["score1 in line 3", "is nan", "from 0 to 1"]),
        ({"score1": "1.2"}, ["score1 in line 3", "is 1.2"]),
        ({"score1": "-0.1"}, ["score1 in line 3"]),
        ({"score1": "NULL"}, ["score1 in line 3", "is NULL"]),
        ({"score1": "much"}, ["score1 in line 3", "is much"]),
        ({"score2": "0.95"}, ["score2 in line 3", "more than the rank before"]),
        ({"score4": "0.01"}, ["score4 in line 3", "more than the rank before"]),
        ({"keyword1": "NULL"}, ["line 3", "no keyword1"]),
        ({"id": "x"}, ["id 'x' in line 3"]),
        ({"id": "1"}, ["lines 2 and 3", "same id 1"]),
        ({"id": "1000000001"}, ["runs 1, 2", "--run 2"]),
        ({"link": "a\tb"}, ["line 3", "15 fields and the header 14"]),
    ],
)
def test_a_row_that_cannot_be_is_named(
    changed: dict[str, str], said: list[str], tmp_path: Path
) -> None:
    refused(write(tmp_path / "t.tsv", {}, changed), *said)


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    refused(path, "cannot read", "No such file")
    path.write_text("", encoding="utf-8")
    refused(path, "begins with no header")
    path.write_text("\t".join(ROW.values()) + "\n", encoding="utf-8")
    refused(path, "begins with no header")
    refused(write(path), "a header and no rows")
    refused(write(path, {"label_id": "NULL"}, {"label_id": "NULL"}), "none of the 2 rows")
    path.write_bytes(b"keyword1\xff\n")
    refused(path, "no text in UTF-8")
    columns = (*COLUMNS, "score1")
    refused(write(path, {}, columns=columns), "several columns score1")
