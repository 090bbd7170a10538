"""How far a round is: verdicts of all that it takes, and at what pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from db.review_models import Judgment, Lease, Reviewer, Round

PACE_OVER = timedelta(minutes=10)
"""The pace is that of the last minutes: a pause of yesterday says nothing of today."""

_LEAST_SPAN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """What one reviewer has judged, and verdicts a minute of late (0 after a pause)."""

    name: str
    done: int
    per_minute: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Verdicts given of those that the round takes; `minutes_left` is None while nobody judges."""

    done: int
    of: int
    reviewers: Sequence[ReviewerProgress]

    @property
    def per_minute(self) -> float:
        return sum(each.per_minute for each in self.reviewers)

    @property
    def minutes_left(self) -> float | None:
        left = self.of - self.done
        if left <= 0:
            return 0.0
        return left / self.per_minute if self.per_minute else None


def progress(connection: Connection, round_id: int, now: datetime) -> Progress:
    """Return how far a round is.

    Places that are taken for good are counted, so that a verdict given twice counts once.
    """
    of = connection.execute(select(Round.reviews).where(Round.id == round_id)).scalar_one()
    taken = (
        select(Lease.reviewer_id, func.count())
        .where(Lease.round_id == round_id, Lease.expires_at.is_(None))
        .group_by(Lease.reviewer_id)
    )
    done: dict[int, int] = dict(connection.execute(taken).all())
    paces = _paces(connection, round_id, now)
    names = select(Reviewer.id, Reviewer.name).where(Reviewer.id.in_(done | paces))
    reviewers = [
        ReviewerProgress(name, done.get(reviewer_id, 0), paces.get(reviewer_id, 0.0))
        for reviewer_id, name in connection.execute(names.order_by(Reviewer.name))
    ]
    return Progress(sum(done.values()), of, reviewers)


def _paces(connection: Connection, round_id: int, now: datetime) -> dict[int, float]:
    """Return verdicts a minute by reviewer, from the first of the late ones until now."""
    rows = connection.execute(
        select(Judgment.reviewer_id, func.count(), func.min(Judgment.created_at))
        .where(
            Judgment.round_id == round_id,
            Judgment.created_at > now - PACE_OVER,
            Judgment.retracted_at.is_(None),
            ~Judgment.settles,
        )
        .group_by(Judgment.reviewer_id)
    )
    return {
        reviewer_id: number / (max(now - first, _LEAST_SPAN) / timedelta(minutes=1))
        for reviewer_id, number, first in rows
    }
