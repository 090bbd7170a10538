"""Runs, rounds and reviewers for the tests of judging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, select

from db import reviewers, rounds
from db.judgments import record
from db.leases import Handed, Wish, hand_out
from db.review_events import Answer, Judge, Retract, Showing
from db.review_models import Judgment, Lease
from db.sink import DatabaseSink
from tests.db.making import info, labeled, post


def label(engine: Engine, pictures: int, first: int = 1) -> int:
    """Label some pictures in a new run; return its id."""
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(first + n))) for n in range(pictures)])
    sink.close(finished=True)
    return sink.run_id


def store_round(
    engine: Engine,
    run_id: int,
    *,
    overlap: int = 1,
    reviews: Sequence[int] | None = None,
    design: str = "uniform",
) -> int:
    """Store a round of all pictures of a run, in the order of their ids; return its id."""
    with engine.connect() as connection:
        ids = rounds.frame(connection, run_id).image_ids
    every = len(ids)
    draft = rounds.Draft(
        run_id=run_id,
        name="the round",
        design=design,
        seed=1,
        strata=None,
        overlap=overlap,
        reviewed_twice=0.0,
        image_ids=ids,
        stratum=[0] * every,
        inclusion_probability=[1.0] * every,
        cluster_size=[1] * every,
        reviews=reviews or [overlap] * every,
    )
    return rounds.store(engine, draft)


def draw(engine: Engine, size: int, **other: Any) -> rounds.RoundRow:
    """Label `size` pictures and store a round of all of them; see `store_round`."""
    round_id = store_round(engine, label(engine, size), **other)
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
    assert row is not None
    return row


def people(engine: Engine, number: int, called: str = "reviewer") -> list[int]:
    """Add reviewers; return their ids."""
    ids = []
    for name in (f"{called} {n}" for n in range(number)):
        assert reviewers.add(engine, name, "reviewer", None)
        with engine.connect() as connection:
            found = reviewers.credentials(connection, name)
        assert found is not None
        ids.append(found[0].id)
    return ids


class Hand:
    """One reviewer at one round, who keeps the queue as the page does."""

    def __init__(self, engine: Engine, row: rounds.RoundRow, reviewer_id: int) -> None:
        self.engine, self.row, self.reviewer_id = engine, row, reviewer_id
        self.queue: list[int] = []
        self.given: list[tuple[str, int]] = []

    def ask(self, want: int = 1, now=None) -> Handed:
        showing = self.queue[0] if self.queue else None
        wish = Wish(want, tuple(self.queue), showing)
        handed = hand_out(self.engine, self.row.id, self.reviewer_id, wish, now)
        self.queue = [each for each in self.queue if each not in handed.dropped]
        self.queue += handed.positions
        return handed

    def verdict(self, verdict: str = "top1", position: int | None = None, **other) -> Judge:
        at = self.queue.pop(0) if position is None else position
        return Judge(str(uuid4()), self.row.uuid, at, verdict, **other)

    def judge(self, verdict: str = "top1", position: int | None = None, **other) -> str:
        """Give a verdict, on the first of the queue by default; return its uuid."""
        given = self.verdict(verdict, position, **other)
        assert self.send(given) == [Answer(given.uuid, None)]
        self.given.append((given.uuid, given.position))
        return given.uuid

    def undo(self) -> Answer:
        uuid, position = self.given.pop()
        self.queue.insert(0, position)
        return self.send(Retract(str(uuid4()), self.row.uuid, uuid))[0]

    def send(self, *events: Judge | Retract, now=None) -> list[Answer]:
        showing = Showing(self.row.uuid, self.queue[0]) if self.queue else None
        return record(self.engine, self.reviewer_id, events, showing, now)


def standing(engine: Engine, round_id: int) -> list[tuple[int, int, str]]:
    """Return (position, reviewer, verdict) of the verdicts that stand."""
    query = (
        select(Judgment.position, Judgment.reviewer_id, Judgment.verdict)
        .where(Judgment.round_id == round_id, Judgment.retracted_at.is_(None))
        .order_by(Judgment.position, Judgment.reviewer_id)
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def lent(engine: Engine, round_id: int) -> list[tuple[int, int]]:
    """Return (position, reviewer) of every place that is taken, for a time or for good."""
    query = select(Lease.position, Lease.reviewer_id).where(Lease.round_id == round_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(Lease.position))]
