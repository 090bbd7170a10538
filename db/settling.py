"""Disagreements of reviewers, settled by an admin with their verdicts in view."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.orm import aliased

from db.judged_list import Listing, may_settle
from db.refusals import wrong
from db.review_events import ELSEWHERE, Judge
from db.review_models import Judgment, Round
from db.verdicts import VERDICTS
from db.visibility import same_pictures
from db.writing import write


def settle(engine: Engine, by: int, event: Judge) -> str | None:
    """Store an admin's last word on a picture that reviewers disagree on; return why not, or None.

    They may have judged it in several rounds of the run. Their verdicts stay as they are, those of
    the admin among them; a settling verdict that stood on it, in whichever round, is retracted. It
    takes no place and is no review. Rounds that are closed are settled too: nothing that was said
    in them changes.

    Raises
    ------
    StoreError
        If the database stays away or refuses.
    """

    def work(connection: Connection) -> str | None:
        # whoever judges locks the round first: decisions come one after the other. What is settled
        # is so for all rounds of the run
        named = aliased(Round)
        rows = connection.execute(
            select(Round.id, Round.uuid, Round.design, Round.run_id)
            .join(named, named.run_id == Round.run_id)
            .where(named.uuid == event.round_uuid)
            .order_by(Round.id)
            .with_for_update()
        ).all()
        row = next((each for each in rows if each.uuid == event.round_uuid), None)
        if row is None:
            return ELSEWHERE
        stored = select(Judgment.id).where(Judgment.uuid == event.uuid)
        if connection.execute(stored).first() is not None:
            return None
        refused = wrong(connection, row, event)
        if refused is not None:
            return refused
        if not VERDICTS[event.verdict].answers:
            return f"{event.verdict!r} leaves the question open"
        if not may_settle(connection, Listing(row.id, by), event.position):
            return "reviewers do not disagree on this picture, or you may still be given it"
        _store(connection, row.id, by, event)
        return None

    return write(engine, work)


def _store(connection: Connection, round_id: int, by: int, event: Judge) -> None:
    now = datetime.now(UTC)
    for other_id, position in same_pictures(connection, round_id, event.position).items():
        connection.execute(
            update(Judgment)
            .where(
                Judgment.round_id == other_id,
                Judgment.position == position,
                Judgment.settles,
                Judgment.retracted_at.is_(None),
            )
            .values(retracted_at=now, retracted_by=by)
        )
    connection.execute(
        insert(Judgment).values(
            uuid=event.uuid,
            round_id=round_id,
            position=event.position,
            reviewer_id=by,
            verdict=event.verdict,
            correct_rank=event.rank,
            note=event.note,
            settles=True,
            created_at=now,
        )
    )
