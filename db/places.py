"""The places of an item: how many reviewers it takes, and which of them are taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from db.review_models import FREE, FULL, PARTLY, Judgment, Lease, RoundItem

# Every caller has locked the round: nobody else changes its leases meanwhile.


def take(
    connection: Connection,
    round_id: int,
    reviewer_id: int,
    positions: Collection[int],
    expires_at: datetime | None,
) -> list[int]:
    """Give a reviewer a place at each of some items; return the positions where one was free.

    The reviewer must have none there yet. `expires_at` is None for good.
    """
    if not positions:
        return []
    taken: dict[int, set[int]] = {position: set() for position in positions}
    for position, slot in connection.execute(
        select(Lease.position, Lease.slot).where(_at(Lease, round_id, positions))
    ):
        taken[position].add(slot)
    reviews = connection.execute(
        select(RoundItem.position, RoundItem.reviews).where(_at(RoundItem, round_id, positions))
    )
    free = {position: set(range(number)) - taken[position] for position, number in reviews}
    slots = {position: (min(left), len(left)) for position, left in free.items() if left}
    _take(connection, round_id, reviewer_id, slots, expires_at)
    return list(slots)


def take_untouched(
    connection: Connection,
    round_id: int,
    reviewer_id: int,
    reviews: Mapping[int, int],
    expires_at: datetime,
) -> None:
    """Give a reviewer a place at items that nobody is at, by position; see `take`."""
    slots = {position: (0, number) for position, number in reviews.items()}
    _take(connection, round_id, reviewer_id, slots, expires_at)


def _take(
    connection: Connection,
    round_id: int,
    reviewer_id: int,
    slots: Mapping[int, tuple[int, int]],
    expires_at: datetime | None,
) -> None:
    """Take places; `slots` are a free one and how many are free, by position."""
    if not slots:
        return
    common = {"round_id": round_id, "reviewer_id": reviewer_id, "expires_at": expires_at}
    leases = [
        {"position": position, "slot": slot, "shown": False, **common}
        for position, (slot, _) in slots.items()
    ]
    connection.execute(insert(Lease), leases)
    last = [position for position, (_, number) in slots.items() if number == 1]
    _set(connection, round_id, last, FULL)
    _set(connection, round_id, slots.keys() - set(last), PARTLY)


def prolong(
    connection: Connection, round_id: int, reviewer_id: int, expires_at: datetime, slack: timedelta
) -> dict[int, bool]:
    """Prolong what is lent to a reviewer for a time; return the positions, and which are shown.

    For less than `slack` nothing is written.
    """
    lent = _lent(round_id, reviewer_id)
    rows = connection.execute(
        select(Lease.position, Lease.shown, Lease.expires_at).where(lent)
    ).all()
    if any(row.expires_at < expires_at - slack for row in rows):
        connection.execute(update(Lease).where(lent).values(expires_at=expires_at))
    return {row.position: row.shown for row in rows}


def show(connection: Connection, round_id: int, reviewer_id: int, position: int) -> None:
    """Note that an item that is lent to a reviewer is before their eyes.

    Those before it stay noted: their verdicts may be on the way.
    """
    at_item = _lent(round_id, reviewer_id) & (Lease.position == position)
    connection.execute(update(Lease).where(at_item).values(shown=True))


def _lent(round_id: int, reviewer_id: int) -> ColumnElement[bool]:
    return (
        (Lease.round_id == round_id)
        & (Lease.reviewer_id == reviewer_id)
        & Lease.expires_at.isnot(None)
    )


def settle(connection: Connection, round_id: int, now: datetime) -> None:
    """Give places whose time ran out to standing verdicts that came too late for one."""
    placed = aliased(Lease)
    rows = connection.execute(
        select(Lease.position, Lease.slot, Judgment.reviewer_id)
        .join(
            Judgment,
            (Judgment.round_id == Lease.round_id) & (Judgment.position == Lease.position),
        )
        .where(
            Lease.round_id == round_id,
            Lease.expires_at <= now,
            Judgment.retracted_at.is_(None),
            ~Judgment.settles,
            ~exists().where(
                placed.round_id == Lease.round_id,
                placed.position == Lease.position,
                placed.reviewer_id == Judgment.reviewer_id,
            ),
        )
        .order_by(Judgment.id)
    )
    settled: dict[tuple[int, int], int] = {}
    for position, slot, reviewer_id in rows.all():
        others = {who for (at, _), who in settled.items() if at == position}
        if (position, slot) not in settled and reviewer_id not in others:
            settled[position, slot] = reviewer_id
            give_for_good(connection, round_id, position, slot, reviewer_id)


def give_for_good(
    connection: Connection, round_id: int, position: int, slot: int, reviewer_id: int
) -> None:
    """Make a place that somebody has or had for a time that of a reviewer who has judged."""
    connection.execute(
        update(Lease)
        .where(Lease.round_id == round_id, Lease.position == position, Lease.slot == slot)
        .values(reviewer_id=reviewer_id, expires_at=None, shown=True)
    )


def open_anew(connection: Connection, round_id: int, positions: Collection[int]) -> None:
    """Free the places of some items that are taken for good; who is looking at one keeps it."""
    at_items = _at(Lease, round_id, positions)
    connection.execute(delete(Lease).where(at_items, Lease.expires_at.is_(None)))
    held = dict(
        connection.execute(
            select(Lease.position, func.count()).where(at_items).group_by(Lease.position)
        ).all()
    )
    reviews = connection.execute(
        select(RoundItem.position, RoundItem.reviews).where(_at(RoundItem, round_id, positions))
    )
    now_are: dict[str, list[int]] = {FREE: [], PARTLY: [], FULL: []}
    for position, number in reviews.all():
        there = held.get(position, 0)
        now_are[FULL if there == number else PARTLY if there else FREE].append(position)
    for state, changed in now_are.items():
        _set(connection, round_id, changed, state)


def _set(connection: Connection, round_id: int, positions: Collection[int], state: str) -> None:
    if positions:
        connection.execute(
            update(RoundItem).where(_at(RoundItem, round_id, positions)).values(places=state)
        )


def _at(
    table: type[Lease] | type[RoundItem], round_id: int, positions: Collection[int]
) -> ColumnElement[bool]:
    return (table.round_id == round_id) & table.position.in_(positions)
