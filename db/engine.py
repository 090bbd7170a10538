"""A database address -> an engine whose tables are there and up to date."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from db import schema
from db.retry import DELAYS, persist, shown
from vision.errors import StoreError

_EXAMPLES = "write sqlite:///data/name.db or mysql+pymysql://user:password@host/image_labels"
_CONNECT_TIMEOUT = 5
_BUSY_TIMEOUT_MS = 30_000


def default_url() -> str:
    """Return the address in `DATABASE_URL`, or else that of the embedded database.

    The embedded one is `proofsheet.db` in `data_folder()`.
    """
    return os.environ.get("DATABASE_URL") or f"sqlite:///{data_folder()}/proofsheet.db"


def data_folder() -> Path:
    """Return where files of our own lie unless told otherwise.

    It is `data` under the working directory, or under its parent when that is the checkout's
    `webapp/` folder, where `flask run` is started.
    """
    here = Path.cwd()
    inside = here.name == "webapp" and (here.parent / "db").is_dir()
    return Path("../data" if inside else "data")


def connect(
    url: str | None = None, *, delays: Sequence[float] = DELAYS, durable: bool = False
) -> Engine:
    """Return an engine for a database, its tables made or migrated where needed.

    Parameters
    ----------
    url : str, optional
        `sqlite:///file`, `mysql+pymysql://...` or `mariadb+pymysql://...`; `default_url()` if
        None. The folder of an SQLite file is made.
    delays : sequence of float
        Seconds between tries while the server cannot be reached.
    durable : bool
        Whether a commit is to outlive a power cut on SQLite too. Servers see to that themselves;
        a run of the labeler can be resumed and need not pay for it.

    Raises
    ------
    StoreError
        If the address is wrong, the server stays away or refuses, or the file is not a database.
    """
    address = _parse(default_url() if url is None else url)
    engine = (
        _sqlite(address, durable) if address.get_backend_name() == "sqlite" else _server(address)
    )
    try:
        persist(lambda: schema.ensure(engine), address, delays)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Open a transaction that will write: SQLite takes its lock at once, an upgrade could fail."""
    return engine.execution_options(write=True).begin()


@contextmanager
def adding_images(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that may add pictures.

    Such transactions run one after the other, so that two processes that see a picture for the
    first time agree on its row, and ids follow the input without gaps.
    """
    with writing(engine) as connection:
        if engine.dialect.name != "sqlite":
            # one row that is always there, and that no foreign key points to
            connection.exec_driver_sql("SELECT version_num FROM alembic_version FOR UPDATE")
        yield connection


def files_of(engine: Engine) -> list[Path]:
    """Return the files that an embedded database lives in, there or not; none of a server's."""
    if engine.dialect.name != "sqlite":
        return []
    name = str(engine.url.database)
    return [Path(name + end) for end in ("", "-wal", "-shm", "-journal")]


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
        address.get_dialect().import_dbapi()
        backend = address.get_backend_name()
    except (NoSuchModuleError, ImportError):
        raise StoreError(f"no driver for the database {shown(address)}; {_EXAMPLES}") from None
    except (ArgumentError, ValueError):
        hidden = re.sub(r"//.*@", "//***@", url)
        raise StoreError(f"{hidden!r} is no database address; {_EXAMPLES}") from None
    if backend not in ("sqlite", "mysql", "mariadb"):
        raise StoreError(f"the database {shown(address)} is of no kind known here; {_EXAMPLES}")
    if address.database in (None, "", ":memory:"):
        raise StoreError(f"the database address {shown(address)} names no database; {_EXAMPLES}")
    return address


def _sqlite(address: URL, durable: bool) -> Engine:
    folder = Path(str(address.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder} of the database: {error.strerror or error}"
        ) from error
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", partial(_set_pragmas, durable))
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(durable: bool, connection: Any, _record: Any) -> None:
    # the driver's own BEGIN comes too late for reads and never for DDL: `_begin` does it
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "journal_mode=WAL",
        f"synchronous={'FULL' if durable else 'NORMAL'}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _server(address: URL) -> Engine:
    return create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT,
            # the same rules on every server: nothing is cut to fit, a backslash escapes
            "sql_mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
        },
    )
