"""Databases for the tests: an embedded one, and a private MariaDB that is started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from db.engine import connect
from tests.mariadb import Server, missing, running


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A private MariaDB server; without one the test is skipped (with CI=true it fails)."""
    if lacking := missing():
        message = f"no MariaDB server here: {', '.join(lacking)} missing"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    with running("--innodb-flush-log-at-trx-commit=0") as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Graphs of models are made once for all tests, and nothing is left in the user's cache."""
    before = os.environ.get("PROOFSHEET_CACHE")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all workers
    os.environ["PROOFSHEET_CACHE"] = str(folder / "graphs")
    yield
    os.environ.pop("PROOFSHEET_CACHE")
    if before is not None:
        os.environ["PROOFSHEET_CACHE"] = before


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
        return
    server: Server = request.getfixturevalue("mariadb")
    name = f"test_{uuid4().hex}"
    yield server.create(name)
    server.client(f"DROP DATABASE {name}")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A connected engine over an empty database with its tables."""
    engine = connect(database_url, delays=(0.1, 0.2))
    yield engine
    engine.dispose()
