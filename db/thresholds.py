"""Thresholds that were chosen, each with what its choice rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select

from db.review_models import Threshold
from db.writing import write


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold that has been chosen and not been stored.

    Attributes
    ----------
    run_id : int
    criterion : str
        How it was chosen, in a word of at most 32 characters: certified, youden, f1, ...
    threshold : float
        Accepted is what scores at least this; 0 to 1, as all numbers but the counts.
    coverage : float
        Share of the run's pictures that are accepted.
    judged : int
        Judged pictures among the accepted.
    right : float, optional
        How many of those are right; one that reviewers disagree on counts as a part.
    target, confidence : float, optional
        What was asked for (a precision, a coverage), and how sure it was to be.
    precision_estimate, precision_low, precision_high : float, optional
        None where undefined.
    basis : mapping
        Whatever else the choice rests on, ready for JSON: rounds, design, the calibration map.
    """

    run_id: int
    criterion: str
    threshold: float
    coverage: float
    judged: int
    right: float | None = None
    target: float | None = None
    confidence: float | None = None
    precision_estimate: float | None = None
    precision_low: float | None = None
    precision_high: float | None = None
    basis: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A stored `Choice`."""

    id: int
    run_id: int
    criterion: str
    threshold: float
    coverage: float
    judged: int
    right: float | None
    target: float | None
    confidence: float | None
    precision_estimate: float | None
    precision_low: float | None
    precision_high: float | None
    basis: dict[str, Any]
    created_at: datetime


_COLUMNS = [getattr(Threshold, name) for name in ThresholdRow.__slots__]


def store(engine: Engine, choice: Choice) -> int:
    """Store a threshold; return its id.

    Raises
    ------
    StoreError
        If the database stays away, there is no such run, or a number is out of its range.
    """
    values = asdict(choice) | {"basis": dict(choice.basis or {}), "created_at": datetime.now(UTC)}

    def work(connection: Connection) -> int:
        key = connection.execute(insert(Threshold).values(**values)).inserted_primary_key
        assert key is not None
        return key[0]

    return write(engine, work)


def by_id(connection: Connection, threshold_id: int) -> ThresholdRow | None:
    """Return a threshold, or None."""
    return next(iter(_found(connection, Threshold.id == threshold_id)), None)


def newest(connection: Connection, run_id: int) -> ThresholdRow | None:
    """Return the threshold that was chosen last for a run, or None."""
    return next(iter(of_run(connection, run_id)), None)


def of_run(connection: Connection, run_id: int) -> list[ThresholdRow]:
    """Return all thresholds of a run, the newest first."""
    return _found(connection, Threshold.run_id == run_id)


def _found(connection: Connection, which: ColumnElement[bool]) -> list[ThresholdRow]:
    rows = connection.execute(select(*_COLUMNS).where(which).order_by(Threshold.id.desc()))
    return [ThresholdRow(*row) for row in rows]
