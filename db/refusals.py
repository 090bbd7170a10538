"""Which verdicts are not taken, and the reason that the reviewer is told."""

from __future__ import annotations

from sqlalchemy import Connection, Row, select

from db.models import Run
from db.review_events import LONGEST_NOTE, Judge
from db.review_models import BLIND, Judgment, Lease, RoundItem
from db.verdicts import VERDICTS, allowed

CLOSED = "the round has been closed meanwhile"


def why_not(connection: Connection, reviewer_id: int, round_row: Row, event: Judge) -> str | None:
    """Return why a verdict is not taken, or None.

    `round_row` is the round's id, design, run_id and closed_at.
    """
    return wrong(connection, round_row, event) or _too_late(
        connection, reviewer_id, round_row, event
    )


def wrong(connection: Connection, round_row: Row, event: Judge) -> str | None:
    """Return what is wrong with a verdict, whoever gives it and when, or None."""
    verdict = VERDICTS.get(event.verdict)
    if verdict is None or not allowed(verdict, round_row.design):
        return f"{event.verdict!r} is no verdict of a {round_row.design} round"
    if event.rank is not None or event.verdict == "topk":
        k = connection.execute(select(Run.k).where(Run.id == round_row.run_id)).scalar_one()
        if k < 2 and event.verdict == "topk":
            return "the run has one prediction a picture, and no later one to be right"
        if event.rank is not None and (event.verdict != "topk" or not 2 <= event.rank <= k):
            return f"rank {event.rank} goes with topk alone, from 2 to {k}"
    if event.blind not in BLIND:
        return f"{event.blind!r} is no way of hiding predictions"
    if event.note is not None and len(event.note) > LONGEST_NOTE:
        return f"the note is longer than {LONGEST_NOTE:,} characters"
    item = select(RoundItem.position).where(
        RoundItem.round_id == round_row.id, RoundItem.position == event.position
    )
    if connection.execute(item).first() is None:
        return f"the round has no item {event.position}"
    return None


def _too_late(connection: Connection, reviewer_id: int, round_row: Row, event: Judge) -> str | None:
    """Return why a verdict can no longer be taken, or None.

    An item that an admin has put back is judged anew by whom it is given to. What stood when a
    round was closed stands; what somebody had in hand then may still come.
    """
    at_item = (Judgment.round_id == round_row.id) & (Judgment.position == event.position)
    own = connection.execute(
        select(Judgment.created_at, Judgment.retracted_at, Judgment.retracted_by)
        .where(at_item, Judgment.reviewer_id == reviewer_id, ~Judgment.settles)
        .order_by(Judgment.id.desc())
        .limit(1)
    ).one_or_none()
    put_back = own is not None and own.retracted_by not in (None, reviewer_id)
    if not put_back and round_row.closed_at is None:
        return None
    held = select(Lease.slot).where(
        Lease.round_id == round_row.id,
        Lease.position == event.position,
        Lease.reviewer_id == reviewer_id,
    )
    in_hand = connection.execute(held).first() is not None
    if put_back and not in_hand:
        return "an admin has put this picture back to be judged anew"
    if round_row.closed_at is None:
        return None
    stood = own is not None and own.retracted_at is None and own.created_at <= round_row.closed_at
    return CLOSED if stood or not in_hand else None
