"""The exported table, and that the mysql client writes the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import connect
from db.export import QUERY, judged_rows
from db.sink import DatabaseSink
from db.view import COLUMNS, RUN_STRIDE
from tests.db.making import info, judge, labeled, post
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


def test_nothing_judged_says_what_to_do(engine: Engine) -> None:
    done = command("--database", engine.url.render_as_string(hide_password=False))
    assert done.returncode == 0
    assert done.stdout.decode() == "\t".join(COLUMNS) + "\n"
    assert "judge some in the reviewer" in done.stderr.decode()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = command("--database", f"sqlite:///{tmp_path}/t.db", "--output", f"{tmp_path}/no/out.tsv")
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"error: cannot write {tmp_path}/no/out.tsv: No such")
