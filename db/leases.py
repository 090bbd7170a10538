"""Who looks at what: places of items are lent to reviewers for a time, and return by themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, Select, exists, or_, select, update
from sqlalchemy.orm import aliased

from db import places
from db.review_models import FREE, PARTLY, Judgment, Lease, Round, RoundItem
from db.writing import write

LEASE = timedelta(minutes=10)
"""How long a place stays lent after its reviewer was last heard of."""

MOST_WANTED = 20
"""No reviewer is handed more at once."""

_SLACK = timedelta(seconds=5)
"""What a lease is not prolonged for: most requests need not write it."""

_SILENT = timedelta(seconds=10)
"""A reviewer who was not heard of for so long is not about to turn to the next picture."""

_LOOKED_AT = 200
"""Half-taken items that are searched before untouched ones: most of them may be one's own."""

State = Literal["open", "waiting", "done", "closed"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reviewer asks for: `want` more items beside those in hand.

    `have` are the positions in hand, in the order in which they will be shown, and then those
    whose verdicts are still on their way; `showing` is the one before the reviewer's eyes.
    `gently` takes nothing out of the hands of others.
    """

    want: int
    have: Collection[int] = ()
    showing: int | None = None
    gently: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """The answer to a wish.

    `positions` are new in hand, in the order to be shown; `dropped` are those of `have` that are
    no longer this reviewer's. `state` is "open" when the wish was met, "waiting" when others hold
    items that may return, "done" when nothing is left for this reviewer, or "closed".
    """

    positions: Sequence[int]
    dropped: Sequence[int]
    state: State


@dataclass(frozen=True, slots=True)
class _Desk:
    """One reviewer at one round, in one transaction that has locked the round."""

    connection: Connection
    round_id: int
    reviewer_id: int
    now: datetime
    alone: bool
    """Whether every item takes a single reviewer."""

    @property
    def expires_at(self) -> datetime:
        return self.now + LEASE


def hand_out(
    engine: Engine, round_id: int, reviewer_id: int, wish: Wish, now: datetime | None = None
) -> Handed:
    """Lend items to a reviewer, and prolong those in hand.

    First come those that were lent to this reviewer already (a page that was loaded anew), then
    those whose time ran out, then free ones in the order of positions; when there are none, half
    of what the reviewer with the most has merely prefetched. Nobody gets an item twice, and no
    item is lent more often than it has places.

    Raises
    ------
    StoreError
        If the database stays away or refuses.
    """

    def work(connection: Connection) -> Handed:
        # whoever lends or judges locks the round first: decisions come one after the other
        row = connection.execute(
            select(Round.closed_at, Round.size, Round.reviews)
            .where(Round.id == round_id)
            .with_for_update()
        ).one_or_none()
        if row is None or row.closed_at is not None:
            return Handed((), tuple(wish.have), "closed")
        # one that is being filled counts the reviews to come too
        alone = row.reviews == row.size
        desk = _Desk(connection, round_id, reviewer_id, now or datetime.now(UTC), alone)
        return _hand_out(desk, wish)

    return write(engine, work)


def _hand_out(desk: _Desk, wish: Wish) -> Handed:
    mine = places.prolong(desk.connection, desk.round_id, desk.reviewer_id, desk.expires_at, _SLACK)
    kept = [position for position in wish.have if position in mine]
    want = min(wish.want, MOST_WANTED)
    handed = [position for position in sorted(mine) if position not in wish.have][:want]
    for source in (_expired, _free) if wish.gently else (_expired, _free, _prefetched):
        if len(handed) < want:
            handed += source(desk, want - len(handed))
    # a page whose picture was given to somebody else goes on to its next at once
    showing = wish.showing if wish.showing in mine else next(iter((*kept, *handed)), None)
    if showing is not None and not mine.get(showing):
        places.show(desk.connection, desk.round_id, desk.reviewer_id, showing)
    state: State = "open"
    if len(handed) < want:
        state = "waiting" if _others_hold_some(desk) else "done"
    dropped = [position for position in wish.have if position not in mine]
    return Handed(handed, dropped, state)


def _may_have(desk: _Desk, position: Any) -> ColumnElement[bool]:
    """Return the condition on an item that this reviewer is not at it and knows no verdict on it.

    Known are one's own standing verdict, which may have come too late for a place, and those of
    others that one has read to put them back, or to settle a disagreement.
    """
    own, said = aliased(Lease), aliased(Judgment)
    me = desk.reviewer_id
    holds = exists().where(
        own.round_id == desk.round_id, own.position == position, own.reviewer_id == me
    )
    knows = exists().where(
        said.round_id == desk.round_id,
        said.position == position,
        or_(
            (said.reviewer_id == me) & (said.retracted_at.is_(None) | said.settles),
            (said.retracted_by == me) & (said.reviewer_id != me),
        ),
    )
    return ~holds & ~knows


def _expired(desk: _Desk, want: int) -> list[int]:
    run_out = (Lease.round_id == desk.round_id) & (Lease.expires_at <= desk.now)
    if desk.connection.execute(select(Lease.position).where(run_out).limit(1)).first() is None:
        return []
    places.settle(desk.connection, desk.round_id, desk.now)
    rows = desk.connection.execute(
        select(Lease.position, Lease.slot)
        .where(run_out, _may_have(desk, Lease.position))
        .order_by(Lease.position)
    )
    # two places of one item may have run out; one of them is enough
    first: dict[int, int] = {}
    for position, slot in rows:
        first.setdefault(position, slot)
    return _take_over(desk, list(first.items())[:want])


def _take_over(desk: _Desk, places: Sequence[tuple[int, int]]) -> list[int]:
    for position, slot in places:
        desk.connection.execute(
            update(Lease)
            .where(Lease.round_id == desk.round_id, Lease.position == position, Lease.slot == slot)
            .values(reviewer_id=desk.reviewer_id, expires_at=desk.expires_at, shown=False)
        )
    return [position for position, _ in places]


def _free(desk: _Desk, want: int) -> list[int]:
    untouched = _untouched(desk, want)
    begun = [] if desk.alone else _begun(desk, want, _LOOKED_AT)
    if not desk.alone and len(begun) + len(untouched) < want:
        begun = _begun(desk, want, None)
    positions = sorted((*begun, *untouched))[:want]
    whose = (desk.connection, desk.round_id, desk.reviewer_id)
    places.take(*whose, [each for each in positions if each in begun], desk.expires_at)
    places.take_untouched(
        *whose, {each: untouched[each] for each in positions if each in untouched}, desk.expires_at
    )
    return positions


def _untouched(desk: _Desk, want: int) -> dict[int, int]:
    """Return items that nobody is at, with how many reviewers they take."""
    query = (
        _items_in_order(desk, FREE)
        .add_columns(RoundItem.reviews)
        .where(_may_have(desk, RoundItem.position))
        .limit(want)
    )
    return dict(desk.connection.execute(query).all())


def _begun(desk: _Desk, want: int, looked_at: int | None) -> list[int]:
    """Return items that lack a reviewer and are not this one's, of the first `looked_at`."""
    some = _items_in_order(desk, PARTLY).limit(looked_at).subquery()
    query = (
        select(some.c.position)
        .where(_may_have(desk, some.c.position))
        .order_by(some.c.position)
        .limit(want)
    )
    return list(desk.connection.execute(query).scalars())


def _items_in_order(desk: _Desk, places_taken: str) -> Select[Any]:
    return (
        select(RoundItem.position)
        .where(RoundItem.round_id == desk.round_id, RoundItem.places == places_taken)
        .order_by(RoundItem.position)
    )


def _prefetched(desk: _Desk, want: int) -> list[int]:
    """Take over half of what the reviewer with the most has in hand and has not looked at.

    Whoever was heard of just now keeps the next one: it may be before their eyes already.
    """
    rows = desk.connection.execute(
        select(Lease.reviewer_id, Lease.position, Lease.slot, Lease.expires_at)
        .where(_lent_to_others(desk), ~Lease.shown)
        .order_by(Lease.position)
    )
    theirs: dict[int, list[tuple[int, int]]] = {}
    for reviewer_id, position, slot, expires_at in rows:
        silent = expires_at is not None and expires_at - LEASE <= desk.now - _SILENT
        if reviewer_id in theirs or silent:
            theirs.setdefault(reviewer_id, []).append((position, slot))
        else:
            theirs[reviewer_id] = []
    most = max(theirs.values(), key=len, default=[])
    half = (len(most) + 1) // 2
    return sorted(_take_over(desk, most[::-1][: min(want, half)]))


def _lent_to_others(desk: _Desk) -> ColumnElement[bool]:
    return (
        (Lease.round_id == desk.round_id)
        & (Lease.expires_at > desk.now)
        & (Lease.reviewer_id != desk.reviewer_id)
        & _may_have(desk, Lease.position)
    )


def _others_hold_some(desk: _Desk) -> bool:
    query = select(Lease.position).where(_lent_to_others(desk)).limit(1)
    return desk.connection.execute(query).first() is not None
