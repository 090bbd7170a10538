"""What the original labeling client asks of a run's own round."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from db.review_models import FREE, Judgment, Lease, RoundItem


def unjudged(
    connection: Connection, round_id: int, reviewer_id: int, *, offset: int, limit: int
) -> list[int]:
    """Return positions of what a reviewer may judge: in hand first, then free, each in order."""
    # sorted here: to sort them itself, SQLite would go through all that was ever judged
    in_hand = sorted(
        connection.execute(
            select(Lease.position).where(
                Lease.round_id == round_id,
                Lease.reviewer_id == reviewer_id,
                Lease.expires_at.is_not(None),
            )
        ).scalars()
    )
    first = in_hand[offset : offset + limit]
    free = (
        select(RoundItem.position)
        .where(RoundItem.round_id == round_id, RoundItem.places == FREE)
        .order_by(RoundItem.position)
        .offset(max(0, offset - len(in_hand)))
        .limit(limit - len(first))
    )
    return [*first, *connection.execute(free).scalars()]


def own_verdicts(
    connection: Connection, round_id: int, reviewer_id: int, positions: Collection[int]
) -> dict[int, str]:
    """Return the reviewer's own standing verdicts on some items, by position."""
    rows = connection.execute(
        select(Judgment.position, Judgment.verdict).where(
            Judgment.round_id == round_id,
            Judgment.position.in_(positions),
            Judgment.reviewer_id == reviewer_id,
            Judgment.retracted_at.is_(None),
            ~Judgment.settles,
        )
    )
    return dict(rows.all())


def holders(connection: Connection, round_id: int, position: int, now: datetime) -> set[int]:
    """Return the reviewers that a picture is lent to at this time, or who have judged it."""
    return set(
        connection.execute(
            select(Lease.reviewer_id).where(
                Lease.round_id == round_id,
                Lease.position == position,
                Lease.expires_at.is_(None) | (Lease.expires_at > now),
            )
        ).scalars()
    )


def position_of(connection: Connection, round_id: int, image_id: int) -> int | None:
    """Return where a picture lies in a round, or None."""
    return connection.execute(
        select(RoundItem.position).where(
            RoundItem.round_id == round_id, RoundItem.image_id == image_id
        )
    ).scalar()
