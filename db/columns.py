"""Column types that mean the same on SQLite and on MySQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Integer, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql

CHARSET = "utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */"
"""Text compared byte by byte, trailing spaces included. MySQL and MariaDB have no such collation
in common; each server reads only its own comment."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python (UTC), naive in the database, to the microsecond."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(DateTime())
        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite numbers rows by itself only in a column declared INTEGER
Id = BigInteger().with_variant(Integer, "sqlite")
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
Real: Double[float] = Double().with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")


def ascii_char(length: int) -> String:
    """Return the type of a text of exactly `length` ASCII characters."""
    return String(length).with_variant(
        mysql.CHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def stored_time(value: datetime) -> str:
    """Return a moment as the text that either database reads as `UtcDateTime`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def storable(text: str) -> str:
    """Return text that every database takes: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
