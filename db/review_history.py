"""What was judged: a reviewer's own verdicts, latest first, without those that settle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from db.review_models import Judgment


@dataclass(frozen=True, slots=True)
class JudgmentRow:
    """A verdict that stands."""

    id: int
    uuid: str
    position: int
    verdict: str
    rank: int | None
    blind: str
    note: str | None
    at: datetime


def history(
    connection: Connection,
    round_id: int,
    reviewer_id: int,
    *,
    before: int | None = None,
    limit: int,
) -> list[JudgmentRow]:
    """Return a reviewer's own standing verdicts of a round, the latest first.

    Parameters
    ----------
    connection : Connection
    round_id, reviewer_id : int
    before : int, optional
        Only verdicts given before that of this id: the last one of the page before.
    limit : int
        Verdicts at most.
    """
    query = (
        select(
            Judgment.id,
            Judgment.uuid,
            Judgment.position,
            Judgment.verdict,
            Judgment.correct_rank,
            Judgment.blind,
            Judgment.note,
            Judgment.created_at,
        )
        .where(
            Judgment.reviewer_id == reviewer_id,
            Judgment.round_id == round_id,
            Judgment.retracted_at.is_(None),
            ~Judgment.settles,
        )
        # not by id: one that was renewed for a note stays where it was given
        .order_by(Judgment.created_at.desc(), Judgment.id.desc())
        .limit(limit)
    )
    if before is not None:
        last = select(Judgment.created_at).where(Judgment.id == before).scalar_subquery()
        query = query.where(
            Judgment.created_at <= last, (Judgment.created_at < last) | (Judgment.id < before)
        )
    return [JudgmentRow(*row) for row in connection.execute(query)]
