"""The predictions that a run holds of some pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Connection, select

from db.images import LOOKED_UP_AT_ONCE
from db.models import Prediction

TopK = tuple[tuple[str, float], ...]
"""Label and score of each prediction, rank 1 first."""


def labeled_among(connection: Connection, run_id: int, image_ids: Collection[int]) -> set[int]:
    """Return which of some pictures have predictions in a run."""
    return {
        image_id
        for some in ranges(image_ids)
        for (image_id,) in connection.execute(
            select(Prediction.image_id).where(
                Prediction.run_id == run_id, some, Prediction.rank == 1
            )
        )
    }


def top_k(connection: Connection, run_id: int, image_ids: Collection[int]) -> dict[int, TopK]:
    """Return the predictions of those of some pictures that have any in a run."""
    found: dict[int, list[tuple[str, float]]] = {}
    for some in ranges(image_ids):
        rows = connection.execute(
            select(Prediction.image_id, Prediction.label, Prediction.score)
            .where(Prediction.run_id == run_id, some)
            .order_by(Prediction.image_id, Prediction.rank)
        )
        for image_id, label, score in rows:
            found.setdefault(image_id, []).append((label, score))
    return {image_id: tuple(predictions) for image_id, predictions in found.items()}


def ranges(image_ids: Collection[int]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that together hold for the predictions of just these pictures."""
    ids = sorted(set(image_ids))
    if ids and ids[-1] - ids[0] == len(ids) - 1:
        # pictures stored together have ids in a row, and a range is less work than a list
        yield Prediction.image_id.between(ids[0], ids[-1])
        return
    for start in range(0, len(ids), LOOKED_UP_AT_ONCE):
        yield Prediction.image_id.in_(ids[start : start + LOOKED_UP_AT_ONCE])
