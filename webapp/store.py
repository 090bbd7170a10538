"""The database of an application; its engine is made when a request first needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread

from flask import Flask, current_app
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from db.engine import connect
from db.retry import explain
from db.row_ids import MAX_ID
from vision.errors import StoreError

MAX_POSITION = 2**31 - 1
"""No round has an item beyond."""

IMAGE_ID = f"<int(max={MAX_ID}):image_id>"
"""The part of a route that is a picture's id."""


class _Store:
    def __init__(self, database: str | None) -> None:
        self._database = database
        self._engine: Engine | None = None
        self._lock = Lock()

    def engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                # a page says at once what is wrong; whoever reads it tries again
                self._engine = connect(self._database, delays=(), durable=True)
            return self._engine


def install(app: Flask, database: str | None) -> None:
    """Give `app` its database, by address; None is what `db.engine.default_url` says."""
    app.extensions["store"] = _Store(database)


def engine() -> Engine:
    """Return the engine of the current application's database.

    Raises
    ------
    StoreError
        When the database cannot be reached or used, in a sentence for the page.
    """
    return current_app.extensions["store"].engine()


def explained(error: DBAPIError) -> StoreError:
    """Return what the driver says as a sentence that names the database."""
    return explain(error, engine().url)


@contextmanager
def connection() -> Iterator[Connection]:
    """Open a connection to the current application's database; raises as `engine` does."""
    try:
        with engine().connect() as opened:
            yield opened
    except DBAPIError as error:
        raise explained(error) from error


def in_background(steps: Iterator[int]) -> None:
    """Go through the steps of a long work beside the answer to this request.

    Steps that fail are told in the log; whoever needs the work begins it again.
    """
    log = current_app.logger

    def work() -> None:
        try:
            for _ in steps:
                pass
        except StoreError as error:
            log.error("%s", error)

    Thread(target=work, daemon=True).start()
