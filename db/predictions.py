"""The predictions that a run holds of some pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select

from db.images import LOOKED_UP_AT_ONCE
from db.models import Prediction

COLUMNS = (
    Prediction.run_id,
    Prediction.image_id,
    Prediction.rank,
    Prediction.class_id,
    Prediction.label,
    Prediction.score,
)
"""The order in which `db.bulk.insert` is given them."""

TopK = tuple[tuple[str, float], ...]
"""Label and score of each prediction, rank 1 first."""


def labeled_among(connection: Connection, run_id: int, image_ids: Collection[int]) -> set[int]:
    """Return which of some pictures have predictions in a run."""
    return {
        image_id
        for some in _chunks(image_ids)
        for (image_id,) in connection.execute(
            select(Prediction.image_id).where(
                Prediction.run_id == run_id, Prediction.image_id.in_(some), Prediction.rank == 1
            )
        )
    }


def top_k(connection: Connection, run_id: int, image_ids: Collection[int]) -> dict[int, TopK]:
    """Return the predictions of those of some pictures that have any in a run."""
    found: dict[int, list[tuple[str, float]]] = {}
    for some in _chunks(image_ids):
        rows = connection.execute(
            select(Prediction.image_id, Prediction.label, Prediction.score)
            .where(Prediction.run_id == run_id, Prediction.image_id.in_(some))
            .order_by(Prediction.image_id, Prediction.rank)
        )
        for image_id, label, score in rows:
            found.setdefault(image_id, []).append((label, score))
    return {image_id: tuple(predictions) for image_id, predictions in found.items()}


def _chunks(image_ids: Collection[int]) -> Iterator[list[int]]:
    ids = sorted(set(image_ids))
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        yield ids[start : start + LOOKED_UP_AT_ONCE]
