"""Short transactions of a page: they lock what they decide on, and are tried again at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from db.engine import writing
from db.retry import persist

DELAYS = (0.05, 0.2, 0.5)
"""Seconds between tries: somebody is waiting for the answer."""

T = TypeVar("T")


def write(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction and return what it returns, once that is committed.

    `work` must be safe to repeat: after a lost connection nobody knows whether the commit went
    through.

    Raises
    ------
    StoreError
        If the database stays away or refuses.
    """

    def attempt() -> T:
        with writing(engine) as connection:
            return work(connection)

    return persist(attempt, engine.url, DELAYS)
