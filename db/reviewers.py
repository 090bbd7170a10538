"""Those who judge: the local one without a password, and the accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from db.review_models import Reviewer
from db.writing import write

LOCAL = "local"
"""Who judges on this machine as long as there are no accounts."""

_COLUMNS = (Reviewer.id, Reviewer.name, Reviewer.role, Reviewer.keys, Reviewer.password_hash)


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """A reviewer; `keys` are the keys of their own, by action."""

    id: int
    name: str
    role: str
    keys: dict[str, Any] | None
    has_password: bool


def have_accounts(connection: Connection) -> bool:
    """Say whether anybody can sign in."""
    account = select(Reviewer.id).where(Reviewer.password_hash.is_not(None)).limit(1)
    return connection.execute(account).first() is not None


def have_admin(connection: Connection) -> bool:
    """Say whether anybody can sign in as admin."""
    admin = (Reviewer.password_hash.is_not(None)) & (Reviewer.role == "admin")
    return connection.execute(select(Reviewer.id).where(admin).limit(1)).first() is not None


def credentials(connection: Connection, name: str) -> tuple[ReviewerRow, str | None] | None:
    """Return who is called `name`, with the hash of their password."""
    return _find(connection, Reviewer.name == name)


def credentials_of(
    connection: Connection, reviewer_id: int
) -> tuple[ReviewerRow, str | None] | None:
    """Return the reviewer of an id, with the hash of their password."""
    return _find(connection, Reviewer.id == reviewer_id)


def local(engine: Engine) -> ReviewerRow:
    """Return the reviewer without a password, an admin, who is made when first needed."""
    found = _local(engine)
    if found is None:
        add(engine, LOCAL, "admin", None)
        found = _local(engine)
        assert found is not None
    return found


def add(engine: Engine, name: str, role: str, password_hash: str | None) -> bool:
    """Add a reviewer; False means that the name is taken."""
    row = {"name": name, "role": role, "password_hash": password_hash}

    def work(connection: Connection) -> bool:
        try:
            connection.execute(insert(Reviewer).values(**row, created_at=datetime.now(UTC)))
        except IntegrityError:
            return False
        return True

    return write(engine, work)


def set_password(engine: Engine, name: str, password_hash: str | None) -> None:
    """Store the hash of a new password; with None nobody can sign in by that name."""
    _set(engine, Reviewer.name == name, password_hash=password_hash)


def set_keys(engine: Engine, reviewer_id: int, keys: dict[str, Any] | None) -> None:
    """Store the keys of a reviewer's own, by action."""
    _set(engine, Reviewer.id == reviewer_id, keys=keys)


def _set(engine: Engine, which: ColumnElement[bool], **values: Any) -> None:
    write(
        engine, lambda connection: connection.execute(update(Reviewer).where(which).values(values))
    )


def _local(engine: Engine) -> ReviewerRow | None:
    with engine.connect() as connection:
        found = credentials(connection, LOCAL)
    return found and found[0]


def _find(
    connection: Connection, which: ColumnElement[bool]
) -> tuple[ReviewerRow, str | None] | None:
    row = connection.execute(select(*_COLUMNS).where(which)).one_or_none()
    if row is None:
        return None
    reviewer_id, name, role, keys, password_hash = row
    has_password = password_hash is not None
    return ReviewerRow(reviewer_id, name, role, keys, has_password), password_hash
