"""A private MariaDB in a temporary folder: its own files, its own socket, no network port."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Debian keeps servers where a plain user's PATH does not reach
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
_START_SECONDS = 60


def program(*names: str) -> str | None:
    """Return the path of the first program of these names that is installed, or None."""
    return next((path for name in names if (path := shutil.which(name, path=_PATH))), None)


def missing() -> list[str]:
    """Return the names of the programs that a private server needs and this machine lacks."""
    needed = (("mariadbd",), ("mariadb-install-db",), ("mariadb", "mysql"))
    return [names[0] for names in needed if program(*names) is None]


@dataclass(frozen=True)
class Server:
    """A running server. Its user root has no password."""

    socket: Path
    pid: int

    def url(self, database: str, dialect: str = "mysql") -> str:
        """Return the address of a database, which need not be there."""
        return f"{dialect}+pymysql://root@localhost/{database}?unix_socket={self.socket}"

    def client(self, sql: str, database: str = "") -> str:
        """Run statements through the command-line client in batch mode; return what it prints."""
        command = [str(program("mariadb", "mysql")), "--no-defaults", f"--socket={self.socket}"]
        command += [
            "--user=root",
            "--default-character-set=utf8mb4",
            *([database] if database else []),
        ]
        done = subprocess.run(
            command, input=sql.encode(), capture_output=True, check=False, timeout=300
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        self.client(f"CREATE DATABASE {database}")
        return self.url(database)


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """Start a server in a folder of its own and stop it at the end."""
    # a socket's path has at most 107 characters: not below pytest's long folder names
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    common = ["--no-defaults", f"--datadir={folder / 'data'}", f"--user={getpass.getuser()}"]
    try:
        subprocess.run(
            [
                str(program("mariadb-install-db")),
                *common,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )
        socket = folder / "socket"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    str(program("mariadbd")),
                    *common,
                    f"--socket={socket}",
                    f"--pid-file={folder / 'pid'}",
                    "--skip-networking",
                    *options,
                ],
                stdout=log,
                stderr=log,
            )
        try:
            server = Server(socket, process.pid)
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            server.client("SELECT 1")
        except RuntimeError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the private MariaDB did not start:\n{log.read_text(errors='replace')}")
