"""The places of an item: how many reviewers it takes, and which of them are taken."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

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
    leases: dict[int, dict[str, object]] = {}
    now_are: dict[str, list[int]] = {PARTLY: [], FULL: []}
    for position, number in reviews:
        free = set(range(number)) - taken[position]
        if not free:
            continue
        leases[position] = {
            "round_id": round_id,
            "position": position,
            "slot": min(free),
            "reviewer_id": reviewer_id,
            "expires_at": expires_at,
            "shown": False,
        }
        now_are[FULL if len(taken[position]) + 1 == number else PARTLY].append(position)
    if leases:
        connection.execute(insert(Lease), list(leases.values()))
    for state, changed in now_are.items():
        _set(connection, round_id, changed, state)
    return list(leases)


def prolong(
    connection: Connection, round_id: int, reviewer_id: int, expires_at: datetime
) -> set[int]:
    """Prolong what is lent to a reviewer for a time; return the positions."""
    lent = _lent(round_id, reviewer_id)
    positions = set(connection.execute(select(Lease.position).where(lent)).scalars())
    if positions:
        connection.execute(update(Lease).where(lent).values(expires_at=expires_at))
    return positions


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
