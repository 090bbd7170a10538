"""The door in an empty folder, with the tiny model and a dozen photos."""

import csv
import os
import subprocess
import sys

import pytest

from tests import pictures, tiny_model
from tests.door import DOOR


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Return the options that choose the tiny model."""
    path, labels = tiny_model.write(tmp_path_factory.mktemp("model"))
    return ["-m", str(path), "--labels", str(labels)]


@pytest.fixture
def label(tiny, tmp_path):
    """Return a function that runs the door in an empty folder."""

    def run(*options, stdin=b"", code=0, model=tiny):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        answer = subprocess.run(
            [sys.executable, str(DOOR), *model, *map(str, options)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
            env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        )
        told = answer.stderr.decode()
        assert answer.returncode == code, told
        assert "Traceback" not in told
        return list(csv.reader(answer.stdout.decode().splitlines())), told

    return run


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for n in range(12):
        (folder / ("sub" if n % 3 else "") / f"p{n:02}.jpg").write_bytes(pictures.jpeg(60, 40, n))
    return folder
