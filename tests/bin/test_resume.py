"""Interrupted, killed, out of room: the same command with --resume ends with the same bytes."""

import csv
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests import pictures
from tests.door import DOOR, posts


def test_another_input_is_not_resumed_into(label, photos, tmp_path):
    (tmp_path / "posts.json").write_text(posts({"id": 1, "path": "photos/p00.jpg"}))
    for options in (["--output", "preds.csv"], ["--database", "sqlite:///p.db"]):
        label("--input", "posts.json", *options)
    items = [{"id": n, "path": "photos/p00.jpg"} for n in (7, 8)]
    (tmp_path / "posts.json").write_text(posts(*items))
    for options in (["--output", "preds.csv"], ["--database", "sqlite:///p.db"]):
        _, told = label("--input", "posts.json", *options, "--resume", code=1)
        assert "not the input of the interrupted run" in told


def test_a_grown_input_goes_on(label, photos, tmp_path):
    first, more = {"id": 1, "path": "photos/p00.jpg"}, {"id": 2, "path": "photos/sub/p01.jpg"}
    (tmp_path / "posts.json").write_text(posts(first))
    label("--input", "posts.json", "--output", "preds.csv")
    (tmp_path / "posts.json").write_text(posts(first, more))
    label("--input", "posts.json", "--output", "preds.csv", "--resume")
    with (tmp_path / "preds.csv").open() as file:
        assert [row[0] for row in csv.reader(file)] == ["1", "2"]


def test_an_unreachable_database_empties_no_file(label, photos, tmp_path):
    label("--input", photos, "--output", "preds.csv")
    before = (tmp_path / "preds.csv").read_bytes()
    label(
        "--input", photos, "--output", "preds.csv", "--database", "sqlite:////proc/x/y.db", code=1
    )
    assert (tmp_path / "preds.csv").read_bytes() == before


def kill_and_resume(command, cwd, signals, wait):
    """Run a command, send it a signal after each wait, and resume it until it has finished."""
    for number, seconds in zip(signals, wait, strict=True):
        process = subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE)
        time.sleep(seconds)
        process.send_signal(number)
        process.communicate()
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


@pytest.mark.slow
def test_killed_and_resumed_the_result_is_the_same(tiny, tmp_path):
    """The small form of bench/kill_resume.py: some kills, some interrupts, the same bytes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(150):
        (folder / f"p{n:04}.jpg").write_bytes(pictures.jpeg(900, 700, n % 140))
    (folder / "broken.jpg").write_bytes(b"<html>")

    def command(name):
        return [
            sys.executable, str(DOOR), *tiny, "--input", str(folder), "--workers", "1",
            "--batch-size", "4", "--output", f"{name}.csv", "--failures", f"{name}.ndjson",
            "--database", f"sqlite:///{name}.db", "--resume", "--quiet",
        ]  # fmt: skip

    def rows(name):
        with sqlite3.connect(tmp_path / f"{name}.db") as db:
            found = [
                db.execute(f"select {columns} from {table}").fetchall()
                for table, columns in (
                    ("image", "*"),
                    ("prediction", "*"),
                    ("run", "images_seen, images_labeled, images_failed, finished_at is null"),
                    ("failure", "run_id, position, key, stage, reason, detail"),
                )
            ]
        db.close()
        return found

    kill_and_resume(command("whole"), tmp_path, [], [])
    moments = [0.8, 1.2, 1.6, 1.0]
    signals = [signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGKILL]
    kill_and_resume(command("pieces"), tmp_path, signals, moments)
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "whole.csv").read_bytes().count(b"\n") == 150
    assert rows("pieces") == rows("whole")
    failed = [json.loads(line) for line in (tmp_path / "pieces.ndjson").read_text().splitlines()]
    assert [row["key"] for row in failed] == [str(folder / "broken.jpg")]


def test_a_disk_that_fills_up_and_is_given_room(tiny, photos, tmp_path):
    """A limit on the size of files stands for the disk: the write fails in the middle of a run."""
    command = [
        sys.executable, str(DOOR), *tiny, "--input", str(photos), "-k", "7",
        "--output", "preds.csv", "--resume",
    ]  # fmt: skip
    whole = subprocess.run([*command, "--output", "whole.csv"], cwd=tmp_path, capture_output=True)
    assert whole.returncode == 0
    size = (tmp_path / "whole.csv").stat().st_size

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    full = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=small_disk
    )
    assert full.returncode == 1
    assert "cannot write preds.csv" in full.stderr
    assert "--resume goes on" in full.stderr
    assert "Traceback" not in full.stderr
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "preds.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
