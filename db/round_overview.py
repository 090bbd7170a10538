"""What the pages of rounds ask: how far each round is, and how its verdicts divide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, case, func, select

from db import rounds
from db.models import Run
from db.review_models import Judgment, Lease, Round
from db.verdicts import VERDICTS

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


def states(connection: Connection) -> list[RoundState]:
    """Return all rounds, the latest first."""
    return _states(connection, Round.id.is_not(None))


def of_run(connection: Connection, run_id: int) -> list[RoundState]:
    """Return the rounds of a run, the latest first."""
    return _states(connection, Round.run_id == run_id)


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
        .where(Judgment.round_id == round_id, Judgment.retracted_at.is_(None), ~Judgment.settles)
        .group_by(Judgment.verdict)
    )
    number = dict(rows.all())
    answered = sum(count for verdict, count in number.items() if VERDICTS[verdict].answers)
    return Tally(answered, number.get("skip", 0), number.get("unsure", 0))
