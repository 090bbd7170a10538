"""What has been said of the items of a round, for an admin to look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from db.review_models import Judgment, Reviewer, Round, RoundItem
from db.visibility import ANSWERS, said_at, same_question, visible

ALL, SKIPPED, UNSURE, NOTED, DISAGREEMENT, SETTLED = FILTERS = (
    "all",
    "skipped",
    "unsure",
    "noted",
    "disagreement",
    "settled",
)
"""Which judged items are listed.

A disagreement may be one of several rounds of the run. One that an admin has settled, in whichever
of them, is among the settled.
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict that stands, and whose it is; `settles` where it settles a disagreement.

    `elsewhere` is the name of the round that it was given in, None where it is the one asked for.
    """

    name: str
    verdict: str
    rank: int | None
    note: str | None
    at: datetime
    settles: bool
    elsewhere: str | None


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
    """Return judged items by position, in that order, with the verdicts that stand on the picture.

    Those of other rounds of the run that ask the same are among them. The verdicts on a picture
    that may still be given to the viewer are None: nobody sees another's verdict before giving one.
    The filters find what the viewer may see only, as to be listed under one of them tells what was
    said.
    """
    said = _said(asked).where(Judgment.position > asked.after)
    # few are left for the dearer question of who may see them
    query = (
        said.order_by(Judgment.position)
        if asked.which == ALL
        else _shown(asked, _FILTERS[asked.which](said))
    )
    positions = list(connection.execute(query.limit(asked.limit)).scalars())
    given = _given(connection, asked, positions)
    return {position: given.get(position) for position in positions}


def may_settle(connection: Connection, asked: Listing, position: int) -> bool:
    """Say whether reviewers disagree on an item, settled or not, and the viewer may see it."""
    at_item = _said(asked).where(Judgment.position == position)
    return any(
        connection.execute(_shown(asked, _FILTERS[which](at_item))).first() is not None
        for which in (DISAGREEMENT, SETTLED)
    )


def _said(asked: Listing) -> Select[int, int]:
    standing = (Judgment.round_id == asked.round_id) & Judgment.retracted_at.is_(None)
    # grouped by the position alone, an index gives the first page without a look at all of them
    round_id = literal(asked.round_id).label("round_id")
    return select(Judgment.position, round_id).where(standing).group_by(Judgment.position)


def _shown(asked: Listing, said: Select[int, int]) -> Select[int]:
    """Return those items that the viewer may see, in the order of positions."""
    found = said.subquery()
    return (
        select(found.c.position)
        .join(RoundItem, _is(RoundItem, found))
        .join(Round, Round.id == RoundItem.round_id)
        .where(visible(asked.viewer_id, own_round=False))
        .order_by(found.c.position)
    )


def _is(item: type[RoundItem], found: Subquery) -> ColumnElement[bool]:
    return (item.round_id == found.c.round_id) & (item.position == found.c.position)


def _given(
    connection: Connection, asked: Listing, positions: Collection[int]
) -> dict[int, tuple[Given, ...]]:
    """Return what was said of the pictures of those of some items that the viewer may see."""
    # limited, it is found by itself and first: a database may else look at all verdicts of the run
    here = (
        select(RoundItem.position, RoundItem.round_id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(
            RoundItem.round_id == asked.round_id,
            RoundItem.position.in_(positions),
            visible(asked.viewer_id, own_round=False),
        )
        .limit(len(positions))
        .subquery()
    )
    item, of = aliased(RoundItem), aliased(Round)
    rows = connection.execute(
        select(
            RoundItem.position,
            Reviewer.name,
            Judgment.verdict,
            Judgment.correct_rank,
            Judgment.note,
            Judgment.created_at,
            Judgment.settles,
            case((of.id != Round.id, of.name)),
        )
        .select_from(here)
        .join(RoundItem, _is(RoundItem, here))
        .join(Round, Round.id == RoundItem.round_id)
        .join(item, item.image_id == RoundItem.image_id)
        .join(of, same_question(item, of))
        .join(Judgment, said_at(item, Judgment))
        .join(Reviewer, Reviewer.id == Judgment.reviewer_id)
        .order_by(RoundItem.position, Judgment.id)
    )
    found: dict[int, tuple[Given, ...]] = {}
    for row in rows:
        found[row.position] = (*found.get(row.position, ()), Given(*row[1:]))
    return found


def _answered(said: Select[int, int]) -> tuple[Subquery, Select[int, int]]:
    """Return the last words on the pictures of some items, and the items, to be chosen by these.

    In whichever round of the run somebody answers, their last answer counts, as in every figure;
    what they say as an admin to settle a disagreement stands beside it.
    """
    found = said.subquery()
    item, of = aliased(RoundItem), aliased(Round)
    whose = (found.c.position, Judgment.reviewer_id, Judgment.settles)
    answers = (
        select(
            found.c.position,
            found.c.round_id,
            Judgment.verdict,
            Judgment.correct_rank,
            Judgment.settles,
            func.row_number().over(partition_by=whose, order_by=Judgment.id.desc()).label("age"),
        )
        .join(RoundItem, _is(RoundItem, found))
        .join(Round, Round.id == RoundItem.round_id)
        .join(item, item.image_id == RoundItem.image_id)
        .join(of, same_question(item, of))
        .join(Judgment, said_at(item, Judgment))
        .where(Judgment.verdict.in_(ANSWERS))
        .subquery()
    )
    where = (answers.c.position, answers.c.round_id)
    return answers, select(*where).where(answers.c.age == 1).group_by(*where)


def _disagreement(said: Select[int, int]) -> Select[int, int]:
    answers, items = _answered(said)
    verdict = case((~answers.c.settles, answers.c.verdict))
    rank = case((~answers.c.settles, answers.c.correct_rank))
    return items.having(
        or_(func.min(verdict) != func.max(verdict), func.min(rank) != func.max(rank)),
        func.max(answers.c.settles) == 0,
    )


def _settled(said: Select[int, int]) -> Select[int, int]:
    answers, items = _answered(said)
    return items.having(func.max(answers.c.settles) == 1)


_FILTERS = {
    SKIPPED: lambda said: said.where(Judgment.verdict == "skip"),
    UNSURE: lambda said: said.where(Judgment.verdict == "unsure"),
    NOTED: lambda said: said.where(Judgment.note.is_not(None)),
    DISAGREEMENT: _disagreement,
    SETTLED: _settled,
}
