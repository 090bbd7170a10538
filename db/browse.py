"""What a page of pictures needs to know of a run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from db.models import Failure, Image, Prediction, Run
from db.predictions import top_k

_PICTURE = (Image.id, Image.key, Image.link, Image.author, Image.text, Image.content_sha256)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with its counts; `finished_at` is None while it goes on or was interrupted."""

    id: int
    model: str
    k: int
    started_at: datetime
    finished_at: datetime | None
    seen: int
    labeled: int
    failed: int
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A picture; on a sheet with its (label, score) pairs, rank 1 first."""

    image_id: int
    key: str
    link: str
    author: str | None
    text: str | None
    content_sha256: str | None
    predictions: Sequence[tuple[str, float]] = field(default=())


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Something of the input that could not be labeled."""

    position: int
    key: str
    link: str
    stage: str
    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How many failures of a run stopped at a stage for a reason."""

    stage: str
    reason: str
    count: int


def runs(connection: Connection) -> list[RunRow]:
    """Return all runs, the latest first."""
    columns = (
        Run.id,
        Run.model,
        Run.k,
        Run.started_at,
        Run.finished_at,
        Run.images_seen,
        Run.images_labeled,
        Run.images_failed,
        Run.arguments,
    )
    rows = connection.execute(select(*columns).order_by(Run.id.desc()))
    return [RunRow(*row) for row in rows]


def sheet(
    connection: Connection, run_id: int, *, after: int | None = None, limit: int
) -> list[SheetRow]:
    """Return the next pictures of a run with their predictions, in the order of image ids.

    Parameters
    ----------
    connection : Connection
    run_id : int
    after : int, optional
        The last image id of the page before; None for the first page.
    limit : int
        Pictures at most.
    """
    query = (
        select(*_PICTURE)
        .join(Prediction, Prediction.image_id == Image.id)
        .where(
            Prediction.run_id == run_id, Prediction.rank == 1, Prediction.image_id > (after or 0)
        )
        .order_by(Prediction.image_id)
        .limit(limit)
    )
    pictures = connection.execute(query).all()
    predictions = top_k(connection, run_id, [picture.id for picture in pictures])
    return [SheetRow(*picture, predictions=predictions[picture.id]) for picture in pictures]


def pictures(
    connection: Connection, run_id: int, image_ids: Collection[int]
) -> dict[int, SheetRow]:
    """Return some pictures with a run's predictions, by image id; a page of them, not thousands."""
    rows = connection.execute(select(*_PICTURE).where(Image.id.in_(image_ids))).all()
    predictions = top_k(connection, run_id, image_ids)
    return {row.id: SheetRow(*row, predictions=predictions.get(row.id, ())) for row in rows}


def image(connection: Connection, image_id: int) -> SheetRow | None:
    """Return one picture without predictions, or None."""
    row = connection.execute(select(*_PICTURE).where(Image.id == image_id)).one_or_none()
    return None if row is None else SheetRow(*row)


def failures(connection: Connection, run_id: int, limit: int) -> list[FailureRow]:
    """Return the first failures of a run, in input order."""
    columns = (
        Failure.position,
        Failure.key,
        Failure.link,
        Failure.stage,
        Failure.reason,
        Failure.detail,
        Failure.at,
    )
    query = select(*columns).where(Failure.run_id == run_id).order_by(Failure.position)
    return [FailureRow(*row) for row in connection.execute(query.limit(limit))]


def failure_counts(connection: Connection, run_id: int) -> list[FailureCount]:
    """Return the failures of a run counted by stage and reason, the most frequent first."""
    number = func.count()
    query = (
        select(Failure.stage, Failure.reason, number)
        .where(Failure.run_id == run_id)
        .group_by(Failure.stage, Failure.reason)
        .order_by(number.desc(), Failure.stage, Failure.reason)
    )
    return [FailureCount(*row) for row in connection.execute(query)]
