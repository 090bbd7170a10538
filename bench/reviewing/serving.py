"""gunicorn over a database, and a browser's connection to it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from bench.reviewing.databases import PASSWORD
from db import judgments, leases
from webapp.app import create_app

ROOT = Path(__file__).resolve().parents[2]
SERVE = ("--workers=1", "--threads=8")
"""How `make serve` runs gunicorn."""
TWO_WORKERS = ("--workers=2", "--threads=4")

_START_SECONDS = 60
_IDLE_SECONDS = 1.5
"""gunicorn cuts a connection that was idle for 2."""


def app(lease_seconds: float) -> Flask:
    """Make the application for gunicorn, with leases that return sooner than in ten minutes."""
    leases.LEASE = judgments.LEASE = timedelta(seconds=lease_seconds)
    return create_app()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@dataclass
class Gunicorn:
    """The real server over a database, on the same port whenever it is started."""

    database: str
    workers: tuple[str, ...] = SERVE
    application: str = "webapp.app:create_app()"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path) -> None:
        """Start it in a folder, where the session key of a server's database is kept."""
        command = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{self.port}"]
        command += [*self.workers, "--log-level=critical", self.application]
        paths = {"PYTHONPATH": str(ROOT), "DATABASE_URL": self.database}
        self.process = subprocess.Popen(
            command, cwd=folder, env=os.environ | paths, start_new_session=True
        )
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                with closing(Client(self.port)) as client:
                    client.request("GET", "/static/proofsheet.css")
            except Unreachable:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End all its processes at once, with nothing tidied up (-9)."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def serving(server: Gunicorn) -> Iterator[Gunicorn]:
    """Run a server in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server.start(Path(folder))
        try:
            yield server
        finally:
            server.kill()


def from_address(number: int) -> dict[str, str]:
    """Return headers by which each reviewer has an address: sign-ins are counted by it."""
    return {"X-Forwarded-For": f"10.0.{number // 256}.{number % 256}"}


class Unreachable(Exception):
    """No answer, or one that says that the server could not do it."""


class Client:
    """One browser's connection, with its session; it connects again where it was cut."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = dict(headers or {})
        self._used = 0.0
        self._cookie = ""
        self.config: dict[str, Any] = {}

    def sign_in(self, name: str, page: str) -> None:
        """Sign in and open the page of reviewing."""
        self._cookie = ""
        form = self.request("GET", "/sign-in").decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token is not None, form
        given = {"name": name, "password": PASSWORD, "csrf_token": token[1]}
        self.request("POST", "/sign-in", urlencode(given), "application/x-www-form-urlencoded")
        self.open(page)

    def open(self, page: str) -> None:
        """Read the page of reviewing for its round and its token."""
        html = self.request("GET", page).decode()
        config = re.search(r'id="review-config">(.*?)</script>', html, re.DOTALL)
        assert config is not None, html
        self.config = json.loads(config[1])

    def post(self, url: str, body: Any) -> Any:
        """Post JSON and return the JSON of the answer."""
        return json.loads(self.request("POST", url, json.dumps(body), "application/json"))

    def request(self, method: str, path: str, body: str = "", kind: str = "") -> bytes:
        """Return the body of a good answer.

        Raises
        ------
        Unreachable
            If there is none, or the server answers that it cannot now.
        """
        try:
            self._send(method, path, body, kind)
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Unreachable(repr(error)) from error
        for cookie in response.headers.get_all("Set-Cookie", []):
            self._cookie = cookie.partition(";")[0]
        if response.status >= 500:
            raise Unreachable(f"{response.status}: {data[:300]!r}")
        if response.status >= 400:
            raise AssertionError(f"{method} {path}: {response.status} {data[:300]!r}")
        return data

    def post_and_hang_up(self, url: str, body: Any) -> None:
        """Post JSON and be gone before the answer comes."""
        with suppress(OSError, HTTPException):
            self._send("POST", url, json.dumps(body), "application/json")
        self._connection.close()

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: str, kind: str) -> None:
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._connection.close()
        self._used = time.monotonic()
        headers = self._headers | {"Cookie": self._cookie, "Accept": "application/json"}
        if body:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.config.get("csrf") or ""}
        self._connection.request(method, path, body.encode() or None, headers)
