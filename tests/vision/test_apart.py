"""Work in another process: done, refused, killed, interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vision.apart import EndedEarly, apart
from vision.errors import ModelError

ROOT = Path(__file__).resolve().parents[2]


def write(path: Path, numbers: np.ndarray) -> None:
    print("what a library has to say")
    path.write_text(f"{os.getpid()} {numbers.sum()}")


def refuse(message: str) -> None:
    raise ModelError(message)


def raise_what_cannot_travel() -> None:
    class Local(Exception):
        pass

    raise Local("on the way")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_it_is_another_process_and_its_prints_are_no_answer(tmp_path: Path) -> None:
    numbers = np.arange(200_000)
    apart(write, tmp_path / "done", numbers)
    process, total = (tmp_path / "done").read_text().split()
    assert int(process) != os.getpid()
    assert int(total) == numbers.sum()


def test_what_it_raises_arrives() -> None:
    with pytest.raises(ModelError, match=r"^no such model$"):
        apart(refuse, "no such model")
    with pytest.raises(RuntimeError, match="Local: on the way"):
        apart(raise_what_cannot_travel)


def test_killed_it_says_so() -> None:
    with pytest.raises(EndedEarly, match="a process of die ended early: SIGKILL"):
        apart(die)


def test_files_of_the_working_directory_do_not_get_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vision.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    apart(write, tmp_path / "done", np.ones(1))
    assert (tmp_path / "done").exists()


def wait(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(60)


def test_interrupted_both_end(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[0] = {str(ROOT)!r}\n"
        "from pathlib import Path\n"
        "from tests.vision.test_apart import wait\n"
        "from vision.apart import apart\n"
        f"apart(wait, Path({str(tmp_path / 'pid')!r}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True
    )
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert told.count(b"Traceback") == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
