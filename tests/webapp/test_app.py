"""The application as a whole: what loads, who is answered, what every answer carries."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flask.testing import FlaskClient

from webapp.app import create_app
from webapp.headers import HEADERS

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("tensorflow", "keras", "ray", "matplotlib", "openvino", "sklearn", "pandas")


def test_importing_loads_nothing_heavy() -> None:
    code = f"import sys, webapp.app; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", ["/", "/sheet/", "/nowhere", "/static/proofsheet.css"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    answer = client.get(path, buffered=True)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:5000", "localhost:8000", "[::1]:5000"])
def test_loopback_names_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/sheet/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["example.org", "127.0.0.1.example.org", "localhost.evil:5000", "evil:localhost", "", "[::1"],
)
@pytest.mark.parametrize("path", ["/sheet/", "/pictures/1", "/static/proofsheet.css", "/nowhere"])
def test_other_names_are_not(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert "this machine only" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_home_is_the_reviewer(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'id="review-config"' in answer.text


def test_unreachable_database_is_a_page_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, not a database, and long enough at that")
    client = create_app(f"sqlite:///{tmp_path}/notes.db").test_client()
    for path in ("/sheet/", "/sheet/1", "/failures/", "/pictures/1"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "notes.db" in answer.text
        assert "Traceback" not in answer.text


@contextmanager
def served(command: Sequence[str], cwd: Path, database: str) -> Iterator[str]:
    """Run a server that prints its address; yield the address."""
    environment = {**os.environ, "DATABASE_URL": database, "FLASK_APP": "app.py"}
    with subprocess.Popen(
        [sys.executable, "-m", *command], cwd=cwd, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            said = ""
            for line in server.stdout:
                said += line
                address = re.search(r"http://127\.0\.0\.1:[1-9]\d*", line)
                if address:
                    yield address.group()
                    break
            else:
                pytest.fail(f"the server ended: {said}")
        finally:
            os.killpg(server.pid, signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (["flask", "run", "--port", "0"], "webapp"),
        (["gunicorn", "--bind", "127.0.0.1:0", "webapp.app:create_app()"], "."),
    ],
)
def test_served_from_a_plain_checkout(database: str, command: list[str], folder: str) -> None:
    with served(command, ROOT / folder, database) as address:
        answer = httpx.get(f"{address}/sheet/", trust_env=False)
    assert answer.status_code == 200
    assert "1 picture labeled by" in answer.text
