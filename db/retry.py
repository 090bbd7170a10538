"""What to do when the database says no: try again, or say why in one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from vision.errors import StoreError

DELAYS = (1.0, 2.0, 3.0, 4.0)
"""Seconds between tries: five tries in ten seconds."""

_PASSING_MYSQL = {
    1040,  # too many connections
    1053,  # shutting down
    1205,  # lock wait timeout
    1213,  # deadlock
    1927,  # connection was killed
    2002,  # no such socket
    2003,  # cannot connect
    2006,  # gone away
    2013,  # lost during a query
    2055,
    4031,  # idle for too long
}
_PASSING_SQLITE = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}

_SENTENCES: dict[int | str, str] = {
    1044: "refuses this user; grant it rights, or name another user",
    1045: "refuses this user or password; check DATABASE_URL or --database",
    1698: "refuses this user or password; check DATABASE_URL or --database",
    1049: "does not exist; make it with `mysql -u root < db/create_schema.sql`, or name another",
    1021: "has no room left on its disk; make room, then run the same command with --resume",
    1114: "has no room left on its disk; make room, then run the same command with --resume",
    28: "has no room left on its disk; make room, then run the same command with --resume",
    "SQLITE_FULL": "has no room left on its disk; make room, then run the same command with"
    " --resume",
    "SQLITE_NOTADB": "is not an SQLite file; name another with --database",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder is there and writable",
    "SQLITE_CORRUPT": "is damaged; restore it from a copy, or name another with --database",
    "SQLITE_READONLY": "may not be written; check the rights of the file and its folder",
}

T = TypeVar("T")


def _code(error: DBAPIError) -> int | str:
    """Return the server's number or SQLite's name of an error ("" if it has none)."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        # an extended name begins with its plain one: SQLITE_CANTOPEN_ISDIR
        return "_".join(str(name).split("_")[:2])
    args = error.orig.args if error.orig is not None else ()
    return args[0] if args and isinstance(args[0], int) else ""


def is_passing(error: DBAPIError) -> bool:
    """Return whether the same work may succeed if it is tried again."""
    code = _code(error)
    return error.connection_invalidated or code in _PASSING_MYSQL or code in _PASSING_SQLITE


def shown(url: URL) -> str:
    """Return an address without its password (which may also stand in the query)."""
    return url.set(query={}).render_as_string(hide_password=True)


def explain(error: DBAPIError, url: URL) -> StoreError:
    """Return an error of the driver as the one sentence that the user reads."""
    sentence = _SENTENCES.get(_code(error))
    if sentence is None:
        said = str(error.orig.args[-1] if error.orig and error.orig.args else error.orig)
        problem = "cannot be reached" if is_passing(error) else "refuses the work"
        sentence = f"{problem}: {said}"
    return StoreError(f"the database {shown(url)} {sentence}")


def persist(work: Callable[[], T], url: URL, delays: Sequence[float] = DELAYS) -> T:
    """Do `work`; where the database is away or busy, wait and do it again.

    Parameters
    ----------
    work : callable
        Must be safe to repeat: after a lost connection nobody knows whether the commit went
        through.
    url : URL
        Names the database in the error.
    delays : sequence of float
        Seconds to wait between tries; there is one try more than delays.

    Raises
    ------
    StoreError
        If the last try failed too, or the error is one that does not pass.
    """
    for delay in (*delays, None):
        try:
            return work()
        except DBAPIError as error:
            if delay is None or not is_passing(error):
                raise explain(error, url) from error
            time.sleep(delay)
    raise AssertionError("unreachable")
