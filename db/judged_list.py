"""What has been said of the items of a round, for an admin to look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from db.review_models import FULL, Judgment, Lease, Reviewer, Round, RoundItem
from db.verdicts import VERDICTS

ALL, SKIPPED, UNSURE, NOTED, DISAGREEMENT, SETTLED = FILTERS = (
    "all",
    "skipped",
    "unsure",
    "noted",
    "disagreement",
    "settled",
)
"""Which judged items are listed. A disagreement that an admin has settled is among the settled."""

_ANSWERS = [name for name, verdict in VERDICTS.items() if verdict.answers]


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict that stands, and whose it is; `settles` where it settles a disagreement."""

    name: str
    verdict: str
    rank: int | None
    note: str | None
    at: datetime
    settles: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of the judged items is asked for.

    `viewer_id` is the reviewer who looks; `which` is one of `FILTERS`; `after` is the last position
    of the page before; `limit` is how many items at most.
    """

    round_id: int
    viewer_id: int
    which: str = ALL
    after: int = -1
    limit: int = 50


def judged(connection: Connection, asked: Listing) -> dict[int, tuple[Given, ...] | None]:
    """Return judged items by position, in that order, with the verdicts that stand.

    The verdicts of an item that may still be given to the viewer are None: nobody sees another's
    verdict before giving one. The filters find what the viewer may see only, as to be listed under
    one of them tells what was said.
    """
    said = _said(asked).where(Judgment.position > asked.after)
    if asked.which == ALL:
        query = said.order_by(Judgment.position).limit(asked.limit)
    else:
        # few are left for the dearer question of who may see them
        query = _shown(asked, _FILTERS[asked.which](said)).limit(asked.limit)
    positions = list(connection.execute(query).scalars())
    given = _given(connection, asked, positions)
    return {position: given.get(position) for position in positions}


def visible_images(
    connection: Connection, round_ids: Collection[int], viewer_id: int, image_ids: Collection[int]
) -> set[int]:
    """Return those of some pictures, judged in some rounds, whose verdicts the viewer may see.

    As `judged`; and nobody is given a picture of a closed round any more.
    """
    found: set[int] = set()
    for round_id in round_ids:
        query = (
            select(RoundItem.image_id)
            .join(Round, Round.id == RoundItem.round_id)
            .where(
                RoundItem.round_id == round_id,
                RoundItem.image_id.in_(image_ids),
                or_(Round.closed_at.is_not(None), _visible(Listing(round_id, viewer_id))),
            )
        )
        found.update(connection.execute(query).scalars())
    return found


def may_settle(connection: Connection, asked: Listing, position: int) -> bool:
    """Say whether reviewers disagree on an item, settled or not, and the viewer may see it."""
    at_item = _said(asked).where(Judgment.position == position)
    return any(
        connection.execute(_shown(asked, _FILTERS[which](at_item))).first() is not None
        for which in (DISAGREEMENT, SETTLED)
    )


def _said(asked: Listing) -> Select[int]:
    standing = (Judgment.round_id == asked.round_id) & Judgment.retracted_at.is_(None)
    return select(Judgment.position).where(standing).group_by(Judgment.position)


def _shown(asked: Listing, said: Select[int]) -> Select[int]:
    """Return those items that the viewer may see, in the order of positions."""
    found = said.subquery()
    return (
        select(found.c.position)
        .join(RoundItem, RoundItem.position == found.c.position)
        .where(RoundItem.round_id == asked.round_id, _visible(asked))
        .order_by(found.c.position)
    )


def _given(
    connection: Connection, asked: Listing, positions: Collection[int]
) -> dict[int, tuple[Given, ...]]:
    """Return the standing verdicts on those of some items whose verdicts the viewer may see."""
    rows = connection.execute(
        select(
            Judgment.position,
            Reviewer.name,
            Judgment.verdict,
            Judgment.correct_rank,
            Judgment.note,
            Judgment.created_at,
            Judgment.settles,
        )
        .join(Reviewer, Reviewer.id == Judgment.reviewer_id)
        .join(
            RoundItem,
            (RoundItem.round_id == Judgment.round_id) & (RoundItem.position == Judgment.position),
        )
        .where(
            Judgment.round_id == asked.round_id,
            Judgment.position.in_(positions),
            Judgment.retracted_at.is_(None),
            _visible(asked),
        )
        .order_by(Judgment.position, Judgment.id)
    )
    found: dict[int, tuple[Given, ...]] = {}
    for row in rows:
        found[row.position] = (*found.get(row.position, ()), Given(*row[1:]))
    return found


def _visible(asked: Listing) -> ColumnElement[bool]:
    """Return the condition on an item that it can be given to the viewer no more.

    They have answered themselves, or every place of the item is taken for good.
    """
    own = aliased(Judgment)
    judged_it = exists().where(
        own.round_id == asked.round_id,
        own.position == RoundItem.position,
        own.reviewer_id == asked.viewer_id,
        own.retracted_at.is_(None),
        own.verdict.in_(_ANSWERS),
    )
    returns = exists().where(
        Lease.round_id == asked.round_id,
        Lease.position == RoundItem.position,
        Lease.expires_at.is_not(None),
    )
    return or_(judged_it, (RoundItem.places == FULL) & ~returns)


def _disagreement(query: Select[int]) -> Select[int]:
    verdict = case((~Judgment.settles, Judgment.verdict))
    rank = case((~Judgment.settles, Judgment.correct_rank))
    settled = case((Judgment.settles, 1), else_=0)
    return query.where(Judgment.verdict.in_(_ANSWERS)).having(
        or_(
            func.min(verdict) != func.max(verdict),
            func.min(rank) != func.max(rank),
        ),
        func.max(settled) == 0,
    )


_FILTERS = {
    SKIPPED: lambda query: query.where(Judgment.verdict == "skip"),
    UNSURE: lambda query: query.where(Judgment.verdict == "unsure"),
    NOTED: lambda query: query.where(Judgment.note.is_not(None)),
    DISAGREEMENT: _disagreement,
    SETTLED: lambda query: query.where(Judgment.settles),
}
