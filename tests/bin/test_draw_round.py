"""The door that draws rounds, end to end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from db import rounds
from db.engine import connect
from db.sink import DatabaseSink
from tests.db.making import info, labeled, post

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "bin" / "draw_round.py"), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def fill(url: str, pictures: int) -> None:
    engine = connect(url)
    DatabaseSink(engine, info(), resume=False).write(
        [labeled(n, post(f"{n}"), content=f"content {n // 2}") for n in range(pictures)]
    )
    engine.dispose()


def test_draws_and_says_what(database_url: str) -> None:
    fill(database_url, 40)
    done = command("--database", database_url, "--size", "10", "--reviewed-twice", "0.1")
    assert done.returncode == 0, done.stderr
    told = (
        r"round 1 \(stratified 10, 20\d\d-\d\d-\d\d\): 10 of the 40 pictures of run 1,"
        r" 20 without near-duplicates; inclusion probability 0\.25; seed \d+\n"
        r"judge it: make serve\n"
    )
    assert re.fullmatch(told, done.stdout)
    assert done.stderr == ""

    given = ("--run", "1", "--design", "uniform", "--overlap", "2", "--seed", "7", "--name", "May")
    again = command("--database", database_url, "--size", "20", *given)
    assert again.stdout.startswith("round 2 (May): 20 of the 40 pictures")
    assert "inclusion probability 0.5; seed 7\n" in again.stdout

    engine = connect(database_url)
    with engine.connect() as connection:
        second, first = rounds.all_rounds(connection)
    engine.dispose()
    assert (first.design, first.size, first.reviewed_twice, first.reviews) == (
        "stratified", 10, 0.1, 11,
    )  # fmt: skip
    assert (second.design, second.size, second.overlap, second.reviews) == ("uniform", 20, 2, 40)


def test_once_draws_once(database_url: str) -> None:
    fill(database_url, 40)
    first = command("--database", database_url, "--size", "10", "--once", "--name", "May")
    assert first.stdout.startswith("round 1 (May): 10 of the 40 pictures")
    again = command("--database", database_url, "--size", "20", "--once")
    assert (again.returncode, again.stdout) == (0, "round 1 (May) was drawn before\n")


def test_what_cannot_be_drawn_is_one_sentence(database_url: str) -> None:
    fill(database_url, 40)
    done = command("--database", database_url, "--size", "21")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: this run has 20 pictures without near-duplicates: choose a size up to 20\n"
    )


def test_wrong_use(tmp_path: Path) -> None:
    database = tmp_path / "none.db"
    for given, told in [
        (("--size", "0"), "a round of 0 pictures cannot be drawn: choose 1 or more"),
        (("--size", "5", "--overlap", "2", "--reviewed-twice", "0.1"), "give only one of the two"),
        (("--size", "many"), "argument --size: invalid int value: 'many'"),
        ((), "the following arguments are required: --size"),
    ]:
        done = command("--database", f"sqlite:///{database}", *given)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.rstrip().endswith(told)
    assert not database.exists()
