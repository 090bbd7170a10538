"""Verdicts: stored once however often they arrive, taken back, and put back by an admin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from db import places
from db.leases import LEASE
from db.refusals import CLOSED, why_not
from db.review_events import ELSEWHERE, Answer, Event, Judge, Retract, Showing
from db.review_models import Judgment, Lease, Round, RoundItem
from db.writing import write


@dataclass(frozen=True, slots=True)
class _Bench:
    """One reviewer's events in one transaction that has locked their rounds."""

    connection: Connection
    reviewer_id: int
    now: datetime
    rounds: dict[str, Row]


def record(
    engine: Engine,
    reviewer_id: int,
    events: Sequence[Event],
    showing: Showing | None = None,
    now: datetime | None = None,
) -> list[Answer]:
    """Store events in their order, all in one transaction; return what became of each.

    An event that was stored before stays stored once. A second verdict of the same reviewer on
    the same item takes the place of the first, which is retracted. A verdict whose lease has run
    out, or whose round has been closed meanwhile, is stored all the same; it fills a place of the
    item if there is one that nobody looks at. Of what is lent to the reviewer, `showing` is not
    taken for somebody else as merely prefetched.

    Raises
    ------
    StoreError
        If the database stays away or refuses; then nothing of it is stored.
    """

    def work(connection: Connection) -> list[Answer]:
        uuids = {event.round_uuid for event in (*events, *([showing] if showing else []))}
        # a locking read first: what is read after it is what others have committed before it
        rows = connection.execute(
            select(Round.id, Round.uuid, Round.design, Round.run_id, Round.closed_at)
            .where(Round.uuid.in_(uuids))
            .order_by(Round.id)
            .with_for_update()
        )
        found = {row.uuid: row for row in rows}
        start = now or datetime.now(UTC)
        answers = []
        for number, event in enumerate(events):
            # those that arrive together keep their order in time
            at = start + timedelta(microseconds=number)
            bench = _Bench(connection, reviewer_id, at, found)
            answers.append(Answer(event.uuid, _store(bench, event)))
        if showing is not None and showing.round_uuid in found:
            round_id = found[showing.round_uuid].id
            places.show(connection, round_id, reviewer_id, showing.position)
        return answers

    return write(engine, work)


def _store(bench: _Bench, event: Event) -> str | None:
    if event.round_uuid not in bench.rounds:
        return ELSEWHERE
    if isinstance(event, Retract):
        return _retract(bench, event)
    return _judge(bench, event)


def _judge(bench: _Bench, event: Judge) -> str | None:
    round_row = bench.rounds[event.round_uuid]
    before = bench.connection.execute(
        select(Judgment.reviewer_id, Judgment.round_id, Judgment.position, Judgment.verdict).where(
            Judgment.uuid == event.uuid
        )
    ).one_or_none()
    if before is not None:
        same = (bench.reviewer_id, round_row.id, event.position, event.verdict)
        return None if tuple(before) == same else "another verdict has the same name"
    refused = why_not(bench.connection, bench.reviewer_id, round_row, event)
    if refused is not None:
        return refused
    given = _given(bench, round_row.id, event)
    _retract_all(
        bench.connection, round_row.id, [event.position], bench.reviewer_id, bench.now, own=True
    )
    bench.connection.execute(
        insert(Judgment).values(
            uuid=event.uuid,
            round_id=round_row.id,
            position=event.position,
            reviewer_id=bench.reviewer_id,
            verdict=event.verdict,
            correct_rank=event.rank,
            note=event.note,
            **given,
        )
    )
    _keep_place(bench, round_row.id, event.position)
    return None


def _given(bench: _Bench, round_id: int, event: Judge) -> dict[str, Any]:
    """Return when and how a verdict was given; of one that is only renewed, that of the first."""
    if event.renews is not None:
        columns = (Judgment.seconds, Judgment.blind, Judgment.browsed, Judgment.created_at)
        renewed = bench.connection.execute(
            select(*columns).where(
                Judgment.uuid == event.renews,
                Judgment.round_id == round_id,
                Judgment.position == event.position,
                Judgment.reviewer_id == bench.reviewer_id,
                Judgment.verdict == event.verdict,
                Judgment.correct_rank.is_not_distinct_from(event.rank),
                Judgment.retracted_at.is_(None),
            )
        ).one_or_none()
        if renewed is not None:
            return dict(renewed._mapping)
    return {
        "seconds": event.seconds,
        "blind": event.blind,
        "browsed": event.browsed,
        "created_at": bench.now,
    }


def _keep_place(bench: _Bench, round_id: int, position: int) -> None:
    """Turn the reviewer's lease into a place for good, or take one that nobody looks at."""
    connection = bench.connection
    rows = connection.execute(
        select(Lease.slot, Lease.reviewer_id, Lease.expires_at, Lease.shown)
        .where(Lease.round_id == round_id, Lease.position == position)
        .order_by(Lease.slot)
    ).all()
    own = [row.slot for row in rows if row.reviewer_id == bench.reviewer_id]
    if not own and places.take(connection, round_id, bench.reviewer_id, [position], None):
        return
    # a verdict that is there counts for more than one that may come
    left = [
        row.slot
        for row in rows
        if row.expires_at is not None and (row.expires_at <= bench.now or not row.shown)
    ]
    for slot in (own or left)[:1]:
        places.give_for_good(connection, round_id, position, slot, bench.reviewer_id)


def _retract(bench: _Bench, event: Retract) -> str | None:
    found = bench.connection.execute(
        select(
            Judgment.reviewer_id, Judgment.round_id, Judgment.position, Judgment.created_at
        ).where(Judgment.uuid == event.judgment_uuid, ~Judgment.settles)
    ).one_or_none()
    if found is None:  # it was refused when it came: there is nothing to take back
        return None
    if found.reviewer_id != bench.reviewer_id:
        return "only whoever gave a verdict takes it back"
    round_row = bench.rounds[event.round_uuid]
    if found.round_id != round_row.id:
        return "the verdict belongs to another round"
    if round_row.closed_at is not None and found.created_at <= round_row.closed_at:
        return CLOSED
    gone = bench.connection.execute(
        update(Judgment)
        .where(Judgment.uuid == event.judgment_uuid, Judgment.retracted_at.is_(None))
        .values(retracted_at=bench.now, retracted_by=bench.reviewer_id)
    )
    if gone.rowcount:
        bench.connection.execute(
            update(Lease)
            .where(
                Lease.round_id == found.round_id,
                Lease.position == found.position,
                Lease.reviewer_id == bench.reviewer_id,
            )
            .values(expires_at=bench.now + LEASE, shown=True)
        )
    return None


def _retract_all(
    connection: Connection,
    round_id: int,
    positions: Collection[int],
    by: int,
    now: datetime,
    *,
    own: bool,
) -> None:
    """Retract the standing verdicts on some items; with `own` only the reviews of `by` itself."""
    standing = (
        (Judgment.round_id == round_id)
        & Judgment.position.in_(positions)
        & Judgment.retracted_at.is_(None)
    )
    if own:
        standing &= (Judgment.reviewer_id == by) & ~Judgment.settles
    connection.execute(update(Judgment).where(standing).values(retracted_at=now, retracted_by=by))


def put_back(engine: Engine, round_id: int, positions: Collection[int], by: int) -> int:
    """Put items back to be judged anew, by anybody; return how many.

    Their verdicts are retracted by the admin `by`, who has read them and is not given the items,
    unless they were the admin's own. They stay in the log.
    """

    def work(connection: Connection) -> int:
        connection.execute(select(Round.id).where(Round.id == round_id).with_for_update())
        there = set(
            connection.execute(
                select(RoundItem.position).where(
                    RoundItem.round_id == round_id, RoundItem.position.in_(positions)
                )
            ).scalars()
        )
        _retract_all(connection, round_id, there, by, datetime.now(UTC), own=False)
        places.open_anew(connection, round_id, there)
        return len(there)

    return write(engine, work)
