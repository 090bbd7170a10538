"""Verdicts: stored once however often they arrive, taken back, and put back by an admin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Row, insert, select, update

from db import places
from db.leases import LEASE
from db.models import Run
from db.review_models import BLIND, Judgment, Lease, Round, RoundItem
from db.verdicts import VERDICTS, allowed
from db.writing import write

LONGEST_NOTE = 10_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A verdict as it was given. `rank` is the right one's, or None; `seconds` is >= 0 or None."""

    uuid: str
    round_uuid: str
    position: int
    verdict: str
    rank: int | None = None
    note: str | None = None
    seconds: float | None = None
    blind: str = BLIND[0]


@dataclass(frozen=True, slots=True)
class Retract:
    """An undo: the reviewer takes back the verdict called `judgment_uuid`."""

    uuid: str
    round_uuid: str
    judgment_uuid: str


Event = Judge | Retract


class Answer(NamedTuple):
    """What became of an event: `why` is None once it is stored for good, else why it never is.

    `ELSEWHERE` as the reason says that another database may know its round.
    """

    uuid: str
    why: str | None


ELSEWHERE = "its round is not in this database"


@dataclass(frozen=True, slots=True)
class _Bench:
    """One reviewer's events in one transaction that has locked their rounds."""

    connection: Connection
    reviewer_id: int
    now: datetime
    rounds: dict[str, Row]


class Showing(NamedTuple):
    """What is before a reviewer's eyes after the events of a request."""

    round_uuid: str
    position: int


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
    item if one is left. What is lent to the reviewer is not touched, but for the note of what is
    being shown: that is not taken for somebody else as merely prefetched.

    Raises
    ------
    StoreError
        If the database stays away or refuses; then nothing of it is stored.
    """

    def work(connection: Connection) -> list[Answer]:
        uuids = {event.round_uuid for event in (*events, *([showing] if showing else []))}
        # a locking read first: what is read after it is what others have committed before it
        rows = connection.execute(
            select(Round.id, Round.uuid, Round.design, Round.run_id)
            .where(Round.uuid.in_(uuids))
            .order_by(Round.id)
            .with_for_update()
        )
        found = {row.uuid: row for row in rows}
        bench = _Bench(connection, reviewer_id, now or datetime.now(UTC), found)
        answers = [Answer(event.uuid, _store(bench, event)) for event in events]
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
    before = bench.connection.execute(
        select(Judgment.reviewer_id).where(Judgment.uuid == event.uuid)
    ).scalar()
    if before is not None:
        return None if before == bench.reviewer_id else "somebody else has given a verdict so named"
    round_row = bench.rounds[event.round_uuid]
    refused = _wrong(bench.connection, round_row, event)
    if refused is not None:
        return refused
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
            seconds=event.seconds,
            blind=event.blind,
            created_at=bench.now,
        )
    )
    _keep_place(bench, round_row.id, event.position)
    return None


def _wrong(connection: Connection, round_row: Row, event: Judge) -> str | None:
    """Return what is wrong with a verdict, or None."""
    verdict = VERDICTS.get(event.verdict)
    if verdict is None or not allowed(verdict, round_row.design):
        return f"{event.verdict!r} is no verdict of a {round_row.design} round"
    if event.rank is not None:
        k = connection.execute(select(Run.k).where(Run.id == round_row.run_id)).scalar_one()
        if event.verdict != "topk" or not 2 <= event.rank <= k:
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


def _keep_place(bench: _Bench, round_id: int, position: int) -> None:
    """Turn the reviewer's lease into a place for good, or take a free or returned one."""
    connection = bench.connection
    at_item = (Lease.round_id == round_id) & (Lease.position == position)
    for_good = {"expires_at": None, "shown": True}
    own = update(Lease).where(at_item, Lease.reviewer_id == bench.reviewer_id).values(for_good)
    if connection.execute(own).rowcount:
        return
    if places.take(connection, round_id, bench.reviewer_id, [position], None):
        return
    returned = connection.execute(
        select(Lease.slot).where(at_item, Lease.expires_at <= bench.now).limit(1)
    ).scalar()
    if returned is not None:
        connection.execute(
            update(Lease)
            .where(at_item, Lease.slot == returned)
            .values(for_good | {"reviewer_id": bench.reviewer_id})
        )


def _retract(bench: _Bench, event: Retract) -> str | None:
    found = bench.connection.execute(
        select(Judgment.reviewer_id, Judgment.round_id, Judgment.position).where(
            Judgment.uuid == event.judgment_uuid
        )
    ).one_or_none()
    if found is None:  # it was refused when it came: there is nothing to take back
        return None
    if found.reviewer_id != bench.reviewer_id:
        return "only whoever gave a verdict takes it back"
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
    """Retract the standing verdicts on some items; with `own` only those of `by` itself."""
    standing = (
        (Judgment.round_id == round_id)
        & Judgment.position.in_(positions)
        & Judgment.retracted_at.is_(None)
    )
    if own:
        standing &= Judgment.reviewer_id == by
    connection.execute(update(Judgment).where(standing).values(retracted_at=now, retracted_by=by))


def put_back(engine: Engine, round_id: int, positions: Collection[int], by: int) -> int:
    """Put items back to be judged anew, by anybody; return how many.

    Their verdicts are retracted by the admin `by` and stay in the log.
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
        places.give_back(connection, round_id, there)
        return len(there)

    return write(engine, work)
