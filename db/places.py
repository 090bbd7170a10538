"""The places of an item: how many reviewers it takes, and which of them are taken."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from db.review_models import FREE, FULL, PARTLY, Lease, RoundItem

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
    """Note that of all that is lent to a reviewer this item is before their eyes."""
    connection.execute(
        update(Lease).where(_lent(round_id, reviewer_id)).values(shown=Lease.position == position)
    )


def _lent(round_id: int, reviewer_id: int) -> ColumnElement[bool]:
    return (
        (Lease.round_id == round_id)
        & (Lease.reviewer_id == reviewer_id)
        & Lease.expires_at.isnot(None)
    )


def give_back(connection: Connection, round_id: int, positions: Collection[int]) -> None:
    """Free all places of some items."""
    connection.execute(delete(Lease).where(_at(Lease, round_id, positions)))
    _set(connection, round_id, positions, FREE)


def _set(connection: Connection, round_id: int, positions: Collection[int], state: str) -> None:
    if positions:
        connection.execute(
            update(RoundItem).where(_at(RoundItem, round_id, positions)).values(places=state)
        )


def _at(
    table: type[Lease] | type[RoundItem], round_id: int, positions: Collection[int]
) -> ColumnElement[bool]:
    return (table.round_id == round_id) & table.position.in_(positions)
