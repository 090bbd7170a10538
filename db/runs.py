"""Begins runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from db.models import Run


def add_run(connection: Connection, **values: Any) -> int:
    """Add a run that starts now; return its id. `values` are those of its columns."""
    added = connection.execute(insert(Run).values(**values, started_at=datetime.now(UTC)))
    key = added.inserted_primary_key
    assert key is not None
    return key[0]
