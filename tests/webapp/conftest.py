"""Databases and clients that the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.webapp.filling import fill, labeled, picture, run_info
from vision.records import ImageRecord
from webapp.app import create_app


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of all tests: a second one beside it could not be driven."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def empty_database(tmp_path: Path) -> str:
    """The address of a database that is not there yet."""
    return f"sqlite:///{tmp_path}/proofsheet.db"


@pytest.fixture
def database(tmp_path: Path, empty_database: str) -> str:
    """The address of a database with one run of one picture, which lies in the folder `photos`."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(picture())
    fill(empty_database, run_info(photos), [labeled(0, ImageRecord("a.jpg", "a.jpg"), picture())])
    return empty_database


@pytest.fixture
def client(database: str) -> FlaskClient:
    return create_app(database).test_client()
