"""Runs the migrations, one process at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from db.retry import shown
from vision.errors import StoreError

_LOCK_SECONDS = 60


def upgrade(engine: Engine) -> None:
    """Bring the tables up to the newest migration.

    Several processes may start at once: one migrates, the others wait and find it done.

    Raises
    ------
    StoreError
        If the database was made by a newer Proofsheet, or the lock stays taken.
    """
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    with _alone(engine) as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"the database {shown(engine.url)} was made by a newer Proofsheet; update this"
                f" one, or name another database ({error})"
            ) from error


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    if engine.dialect.name == "sqlite":
        with engine.execution_options(write=True).begin() as connection:
            yield connection
        return
    # locks have one name space a server, and names of at most 64 characters
    name = f"proofsheet-{zlib.crc32(str(engine.url.database).encode()):08x}"
    with engine.connect() as connection:
        taken = connection.execute(
            text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": _LOCK_SECONDS}
        ).scalar()
        if taken != 1:
            raise StoreError(
                f"another process has been migrating the database {shown(engine.url)} for over"
                f" {_LOCK_SECONDS} seconds; try again when it is done"
            )
        connection.commit()
        yield connection
        connection.commit()
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
