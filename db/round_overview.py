"""What the pages of rounds ask: how far each round is, and what has been said of its items."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from db import rounds
from db.models import Run
from db.review_models import FULL, Judgment, Lease, Reviewer, Round, RoundItem
from db.verdicts import VERDICTS

ALL, SKIPPED, UNSURE, NOTED, DISAGREEMENT = FILTERS = (
    "all",
    "skipped",
    "unsure",
    "noted",
    "disagreement",
)
"""Which judged items are listed."""

_ANSWERS = [name for name, verdict in VERDICTS.items() if verdict.answers]

State = Literal["open", "complete", "closed"]


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round, the model it is about, and the verdicts given (`done`) of all that it takes (`of`).

    `to_come` are pictures that a run's own round has not taken in yet; they are among `of`.
    """

    row: rounds.RoundRow
    model: str
    done: int
    to_come: int

    @property
    def of(self) -> int:
        # a run's own round that is being filled knows how many verdicts it will take
        return max(self.row.reviews, self.pictures)

    @property
    def pictures(self) -> int:
        return self.row.size + self.to_come

    @property
    def share(self) -> float:
        """The part of the verdicts that is given, 0 to 1."""
        return min(1.0, self.done / self.of) if self.of else 1.0

    @property
    def state(self) -> State:
        if self.row.closed_at is not None:
            return "closed"
        return "complete" if self.done >= self.of else "open"


@dataclass(frozen=True, slots=True)
class Tally:
    """The standing verdicts of a round: questions answered, and left open in two ways."""

    answered: int
    skipped: int
    unsure: int


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict that stands, and whose it is."""

    name: str
    verdict: str
    rank: int | None
    note: str | None
    at: datetime


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


def states(connection: Connection) -> list[RoundState]:
    """Return all rounds, the latest first."""
    return _states(connection, Round.id.is_not(None))


def state(connection: Connection, round_id: int) -> RoundState | None:
    """Return one round, or None."""
    return next(iter(_states(connection, Round.id == round_id)), None)


def _states(connection: Connection, which: ColumnElement[bool]) -> list[RoundState]:
    # places taken for good, as `review_progress` counts them
    done = (
        select(func.count())
        .where(Lease.round_id == Round.id, Lease.expires_at.is_(None))
        .scalar_subquery()
    )
    missing = Run.images_labeled - Round.size
    to_come = case((Round.implicit_run_id.is_not(None) & (missing > 0), missing), else_=0)
    query = (
        select(*rounds.COLUMNS, Run.model, done, to_come)
        .join(Run, Run.id == Round.run_id)
        .where(which)
        .order_by(Round.id.desc())
    )
    width = len(rounds.COLUMNS)
    return [
        RoundState(rounds.RoundRow(*row[:width]), *row[width:]) for row in connection.execute(query)
    ]


def tally(connection: Connection, round_id: int) -> Tally:
    """Return how the standing verdicts of a round divide."""
    rows = connection.execute(
        select(Judgment.verdict, func.count())
        .where(Judgment.round_id == round_id, Judgment.retracted_at.is_(None))
        .group_by(Judgment.verdict)
    )
    number = dict(rows.all())
    answered = sum(count for verdict, count in number.items() if VERDICTS[verdict].answers)
    return Tally(answered, number.get("skip", 0), number.get("unsure", 0))


def judged(connection: Connection, asked: Listing) -> dict[int, tuple[Given, ...] | None]:
    """Return judged items by position, in that order, with the verdicts that stand.

    The verdicts of an item that may still be given to the viewer are None: nobody sees another's
    verdict before giving one. The filters find what the viewer may see only, as to be listed under
    one of them tells what was said.
    """
    said = (
        select(Judgment.position)
        .where(
            Judgment.round_id == asked.round_id,
            Judgment.position > asked.after,
            Judgment.retracted_at.is_(None),
        )
        .group_by(Judgment.position)
    )
    if asked.which == ALL:
        query = said.order_by(Judgment.position).limit(asked.limit)
    else:
        # few are left for the dearer question of who may see them
        found = _FILTERS[asked.which](said).subquery()
        query = (
            select(found.c.position)
            .join(RoundItem, RoundItem.position == found.c.position)
            .where(RoundItem.round_id == asked.round_id, _visible(asked))
            .order_by(found.c.position)
            .limit(asked.limit)
        )
    positions = list(connection.execute(query).scalars())
    given = _given(connection, asked, positions)
    return {position: given.get(position) for position in positions}


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


def _disagreement(query: Any) -> Any:
    low, high = func.min(Judgment.verdict), func.max(Judgment.verdict)
    ranks = func.min(Judgment.correct_rank) != func.max(Judgment.correct_rank)
    return query.where(Judgment.verdict.in_(_ANSWERS)).having(or_(low != high, ranks))


_FILTERS = {
    SKIPPED: lambda query: query.where(Judgment.verdict == "skip"),
    UNSURE: lambda query: query.where(Judgment.verdict == "unsure"),
    NOTED: lambda query: query.where(Judgment.note.is_not(None)),
    DISAGREEMENT: _disagreement,
}
