"""The exported table, and that the mysql client writes the same."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from sqlalchemy import Engine, select, update

from db import verdict_rows
from db.engine import connect, writing
from db.export import QUERY, judged_rows
from db.models import Image
from db.review_models import Round
from db.sink import DatabaseSink
from db.verdicts import CERTIFY, UNIFORM
from db.view import COLUMNS, RUN_STRIDE
from tests.db.making import SCORES, info, judge, labeled, post
from tests.mariadb import Server
from vision.records import ImageRecord

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "db" / "export_results.sql"


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "bin" / "export_results.py"), *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )


def table(text: str) -> list[list[object]]:
    """Read a TSV back: numbers as numbers, the rest as written."""
    return [[number(cell) for cell in row.split("\t")] for row in text.splitlines()]


def number(cell: str) -> object:
    try:
        return float(cell)
    except ValueError:
        return cell


def fill(engine: Engine) -> None:
    odd = "http://x/a\tb\\n\n\U0001f426.jpg"
    for _ in range(2):
        DatabaseSink(engine, info(), resume=False).write(
            [
                labeled(0, post("99999999999999999999")),
                labeled(1, ImageRecord(odd, odd)),
                labeled(2, post("3"), k=2),
                labeled(3, post("4")),
                labeled(4, post("5")),
            ]
        )
        judged = [(1, "top1"), (2, "topk"), (3, "novocab"), (4, "unsure")]
        run_id = DatabaseSink(engine, info(), resume=True).run_id
        judge(engine, run_id, [(image_id, verdict, False) for image_id, verdict in judged])


def test_the_file_asks_what_the_command_asks() -> None:
    asked = " ".join(line for line in SQL.read_text().splitlines() if not line.startswith("--"))
    assert asked.split() == f"{QUERY};".split()


def test_rows_of_either_database(engine: Engine) -> None:
    fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    done = command("--database", url)
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode() == "6 judged pictures exported\n"
    header, *rows = table(done.stdout.decode())
    assert tuple(header) == COLUMNS
    assert [row[0] for row in rows] == [1, 2, 3, *(RUN_STRIDE + n for n in (1, 2, 3))]
    assert [row[-1] for row in rows[:3]] == [0, 1, 2]
    assert rows[1][2] == "http://x/a\\tb\\\\n\\n\U0001f426.jpg"
    assert rows[2][7] == "NULL"
    assert rows[0][4] == 0.7884975075721741


def test_one_run_into_a_file(engine: Engine, tmp_path: Path) -> None:
    fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    out = tmp_path / "out.tsv"
    done = command("--database", url, "--run", "2", "--output", str(out))
    assert (done.returncode, done.stdout) == (0, b"")
    assert [row[0] for row in table(out.read_text())[1:]] == [RUN_STRIDE + n for n in (1, 2, 3)]
    with engine.connect() as connection:
        assert len(list(judged_rows(connection, 1))) == 3
        assert list(judged_rows(connection, 3)) == []


@pytest.mark.slow
def test_the_mysql_client_writes_the_same(mariadb: Server, tmp_path: Path) -> None:
    url = mariadb.create("exported")
    engine = connect(url)
    fill(engine)
    engine.dispose()
    command("--database", url, "--output", str(tmp_path / "ours.tsv"))
    theirs = mariadb.client(SQL.read_text(), "exported")
    assert len(table(theirs)) == 7
    assert table((tmp_path / "ours.tsv").read_text()) == table(theirs)


def verdicts(url: str, path: Path, form: str, *more: str) -> list[dict]:
    """Export every verdict, and read the file back; texts stay texts in CSV."""
    given = ("--database", url, "--format", form, "--output", str(path), *more)
    done = command(*given)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    if form == "parquet":
        return parquet.read_table(path).to_pylist()
    if form == "jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_verdict_in_each_format(engine: Engine, tmp_path: Path) -> None:
    fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    found = verdicts(url, tmp_path / "out.jsonl", "jsonl")
    assert [(row["run"], row["verdict"]) for row in found] == [
        (run, verdict) for run in (1, 2) for verdict in ("top1", "topk", "novocab", "unsure")
    ]
    second, third = found[1:3]
    assert list(second) == [column.name for column in verdict_rows.columns(5)]
    told = {name: second[name] for name in ("model", "round", "design", "key", "link", "tweet_id")}
    odd = "http://x/a\tb\\n\n\U0001f426.jpg"
    assert told == {
        "model": "vgg16",
        "round": 1,
        "design": "uniform",
        "key": odd,
        "link": odd,
        "tweet_id": None,
    }
    assert [second[f"score_{rank}"] for rank in range(1, 6)] == list(SCORES)
    assert [third[f"label_{rank}"] for rank in range(1, 6)] == ["class 0", "class 1", *[None] * 3]
    assert second["created_at"] == "2016-12-01T12:00:00.250000+00:00"
    assert (second["inclusion_probability"], second["browsed"], second["settles"]) == (
        0.5, False, False,
    )  # fmt: skip
    parts = verdicts(url, tmp_path / "out.parquet", "parquet")
    assert [row | {"created_at": row["created_at"].isoformat()} for row in parts] == found
    for row, text in zip(found, verdicts(url, tmp_path / "out.csv", "csv"), strict=True):
        assert {name: in_csv(cell) for name, cell in row.items()} == text


def in_csv(cell: object) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, bool) else str(cell)


def test_verdicts_of_one_run_that_stand(engine: Engine, tmp_path: Path) -> None:
    fill(engine)
    DatabaseSink(engine, info(k=2), resume=False).write([labeled(0, post("9"), k=2)])
    with engine.connect() as connection:
        (image_id,) = connection.execute(select(Image.id).where(Image.tweet_id == "9")).scalars()
    judge(engine, 3, [(image_id, "none", True), (image_id, "top1", False)])
    url = engine.url.render_as_string(hide_password=False)
    (row,) = verdicts(url, tmp_path / "out.csv", "csv", "--run", "3")
    assert (row["verdict"], row["score_2"], "score_3" in row) == ("top1", "0.1", False)
    DatabaseSink(engine, info(k=2), resume=False).write([labeled(0, post("9"), k=2)])
    assert verdicts(url, tmp_path / "none.csv", "csv", "--run", "4") == []
    told = command("--database", url, "--run", "4").stderr.decode()
    assert "nothing of this run is judged" in told
    assert "runs with verdicts are 3, 2, 1" in told


def test_what_was_exported_before_outlives_a_wrong_run(engine: Engine, tmp_path: Path) -> None:
    fill(engine)
    url = engine.url.render_as_string(hide_password=False)
    (tmp_path / "out.tsv").write_text("before")
    for run, said in (("7", "there is no run 7: choose one of 2, 1"), ("9" * 20, "row_id value")):
        done = command("--database", url, "--run", run, "--output", str(tmp_path / "out.tsv"))
        assert done.returncode != 0
        assert said in done.stderr.decode()
    assert (tmp_path / "out.tsv").read_text() == "before"


@pytest.mark.parametrize(("design", "warned"), [(UNIFORM, False), (CERTIFY, True)])
def test_a_table_says_what_it_does_not_carry(engine: Engine, design: str, warned: bool) -> None:
    fill(engine)
    with writing(engine) as connection:
        connection.execute(update(Round).values(design=design))
    told = command("--database", engine.url.render_as_string(hide_password=False)).stderr.decode()
    assert ("passes for a uniform sample" in told) == warned


@pytest.mark.parametrize("end", ["", "-wal"])
def test_a_database_is_not_written_over(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.db"
    done = command("--database", f"sqlite:///{path}", "--output", f"{path}{end}")
    assert done.returncode == 1
    assert "is read from and would be overwritten: name another file" in done.stderr.decode()
    assert path.read_bytes().startswith(b"SQLite")


@pytest.mark.usefixtures("a_few_at_once")
def test_many_verdicts_come_page_by_page(engine: Engine) -> None:
    fill(engine)
    with engine.connect() as connection:
        parts = list(verdict_rows.rows(connection, 5))
    assert [len(part) for part in parts] == [3, 3, 2]
    assert [row[1] for part in parts for row in part] == [1] * 4 + [2] * 4


@pytest.fixture
def a_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict_rows, "_ROWS_AT_ONCE", 3)


def test_parquet_has_to_go_somewhere(tmp_path: Path) -> None:
    done = command("--database", f"sqlite:///{tmp_path}/t.db", "--format", "parquet")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error: parquet is no text for the screen: name a file with --output" in done.stderr


def test_nothing_judged_says_what_to_do(engine: Engine) -> None:
    done = command("--database", engine.url.render_as_string(hide_password=False))
    assert done.returncode == 0
    assert done.stdout.decode() == "\t".join(COLUMNS) + "\n"
    assert "judge some in the reviewer" in done.stderr.decode()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = command("--database", f"sqlite:///{tmp_path}/t.db", "--output", f"{tmp_path}/no/out.tsv")
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"error: cannot write {tmp_path}/no/out.tsv: No such")
