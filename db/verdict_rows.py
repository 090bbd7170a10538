"""Every verdict that stands, with its picture, its predictions, and how it came to be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from db.models import Image, Run
from db.predictions import top_k
from db.reading import in_this_order
from db.review_models import Judgment, Reviewer, Round, RoundItem
from db.tables import Column, Row

_ROWS_AT_ONCE = 5000

_BEFORE = {
    Column("model"): Run.model,
    Column("run", int): Run.id,
    Column("round", int): Round.id,
    Column("design"): Round.design,
    Column("key"): Image.key,
    Column("link"): Image.link,
    Column("tweet_id"): Image.tweet_id,
}
_AFTER = {
    Column("reviewer"): Reviewer.name,
    Column("verdict"): Judgment.verdict,
    Column("correct_rank", int): Judgment.correct_rank,
    Column("settles", bool): Judgment.settles,
    Column("note"): Judgment.note,
    Column("seconds", float): Judgment.seconds,
    Column("created_at", datetime): Judgment.created_at,
    Column("stratum", int): RoundItem.stratum,
    Column("inclusion_probability", float): RoundItem.inclusion_probability,
    Column("cluster_size", int): RoundItem.cluster_size,
    Column("browsed", bool): Judgment.browsed,
}


def widest(connection: Connection, run_id: int | None = None) -> int:
    """Return how many predictions a picture has at most, in a run or in any."""
    query = select(func.coalesce(func.max(Run.k), 0))
    if run_id is not None:
        query = query.where(Run.id == run_id)
    return connection.execute(query).scalar_one()


def columns(k: int) -> list[Column]:
    """Return the columns of the table with `k` predictions a picture."""
    ranks = (
        Column(f"{name}_{rank}", kind)
        for rank in range(1, k + 1)
        for name, kind in (("label", str), ("score", float))
    )
    return [*_BEFORE, *ranks, *_AFTER]


def rows(connection: Connection, k: int, run_id: int | None = None) -> Iterator[list[Row]]:
    """Yield the rows of the table, some thousand at a time, in the order of time.

    Verdicts that were taken back are left out; curating ones and those on pictures that a reviewer
    chose are told by `design` and `browsed`.

    Parameters
    ----------
    connection : Connection
    k : int
        Predictions a picture; a picture with fewer has None in the rest.
    run_id : int, optional
        Only this run.
    """
    query = in_this_order(
        select(Judgment.id, RoundItem.image_id, *_BEFORE.values(), *_AFTER.values())
        .select_from(Judgment)
        .join(
            RoundItem,
            (RoundItem.round_id == Judgment.round_id) & (RoundItem.position == Judgment.position),
        )
        .join(Round, Round.id == Judgment.round_id)
        .join(Run, Run.id == Round.run_id)
        .join(Image, Image.id == RoundItem.image_id)
        .join(Reviewer, Reviewer.id == Judgment.reviewer_id)
        .where(Judgment.retracted_at.is_(None))
        .order_by(Judgment.id)
        .limit(_ROWS_AT_ONCE)
    )
    if run_id is not None:
        query = query.where(Round.run_id == run_id)
    # page by page: while a server streams, the connection can ask for no predictions
    last = 0
    while found := connection.execute(query.where(Judgment.id > last)).all():
        yield _with_predictions(connection, k, found)
        last = found[-1][0]


def _with_predictions(connection: Connection, k: int, found: Sequence[Row]) -> list[Row]:
    of_run: dict[int, list[int]] = {}
    for _, image_id, _, run_id, *_ in found:
        of_run.setdefault(run_id, []).append(image_id)
    predictions = {run_id: top_k(connection, run_id, ids) for run_id, ids in of_run.items()}
    width = len(_BEFORE)
    return [
        (*cells[:width], *_wide(predictions[cells[1]].get(image_id, ()), k), *cells[width:])
        for _, image_id, *cells in found
    ]


def _wide(predictions: Sequence[tuple[str, float]], k: int) -> list[Any]:
    cells = [cell for prediction in predictions[:k] for cell in prediction]
    return cells + [None] * (2 * k - len(cells))
