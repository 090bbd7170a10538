"""Nothing lost, nothing doubled: the small form of bench/reviewer_soak.py, and that it can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from bench.reviewer_soak import Plan, Soak
from bench.reviewing.databases import account, fill
from bench.reviewing.proof import Found, compare
from bench.reviewing.protocol import Log
from db import judgments, leases, review_events, reviewers, rounds
from db.engine import writing
from db.review_models import Judgment, Lease
from tests.db.judging import store_round

RIGHT = Found(lost=0, doubled=0, over=0, surplus=0, strange=0, open_places=0, unreturned=0)
NOW = datetime(2016, 12, 1, tzinfo=UTC)


@pytest.fixture
def soak(database_url: str) -> Iterator[Soak]:
    plan = Plan(verdicts=1000, reviewers=5, kills=2, overlap=2, lease_seconds=12.0, seed=7)
    soak = Soak(plan, database_url)
    yield soak
    soak.engine.dispose()


@pytest.mark.slow
def test_kills_and_leavers_lose_and_double_nothing(soak: Soak) -> None:
    soak.run()
    with soak.engine.connect() as connection:
        found = compare(connection, soak.round_id, soak.plan.overlap, soak.logs)
    assert found == RIGHT
    assert soak.over == set()
    assert soak.kills == soak.plan.kills
    assert any(log.left_with for log in soak.logs)
    assert not any(log.refused for log in soak.logs)


class Judged:
    """A round of four items that three reviewers have judged to its end, two each item."""

    def __init__(self, engine: Engine) -> None:
        self.round_id = store_round(engine, fill(engine, 4), overlap=2)
        with engine.connect() as connection:
            row = rounds.by_id(connection, self.round_id)
        assert row is not None
        self.uuid = row.uuid
        self.logs = [self._review(engine, name) for name in ("ann", "bob", "cem")]

    def _review(self, engine: Engine, name: str) -> Log:
        account(engine, name)
        with engine.connect() as connection:
            found = reviewers.credentials(connection, name)
        assert found is not None
        log, reviewer_id = Log(name), found[0].id
        want = 4 if name == "bob" else 2
        handed = leases.hand_out(engine, self.round_id, reviewer_id, leases.Wish(want))
        for position in handed.positions:
            fields: dict[str, Any] = {
                "uuid": str(uuid4()),
                "position": position,
                "verdict": "topk",
                "rank": 3,
                "note": "ein Hündchen",
                "seconds": 1.5,
                "blind": "none",
            }
            event = review_events.Judge(round_uuid=self.uuid, **fields)
            assert judgments.record(engine, reviewer_id, [event])[0].why is None
            log.sent.add(event.uuid)
            log.acknowledged[event.uuid] = fields | {"kind": "judge"}
        return log

    def found(self, connection: Connection) -> Found:
        return compare(connection, self.round_id, 2, self.logs)


def _another(row: Row, **changed: Any) -> Any:
    return insert(Judgment).values(row._asdict() | {"id": None, "uuid": str(uuid4())} | changed)


def _at(row: Row) -> Any:
    return (Lease.position == row.position) & (Lease.reviewer_id == row.reviewer_id)


DAMAGES: list[tuple[Callable[[Row], Any], dict[str, int]]] = [
    (lambda row: delete(Judgment).where(Judgment.id == row.id), {"lost": 1}),
    (
        lambda row: update(Judgment).where(Judgment.id == row.id).values(seconds=1.25),
        {"lost": 1},
    ),
    (
        lambda row: update(Judgment).where(Judgment.id == row.id).values(retracted_at=NOW),
        {"lost": 1},
    ),
    (lambda row: _another(row), {"doubled": 1, "strange": 1}),
    (lambda row: delete(Lease).where(_at(row)), {"surplus": 1}),
    (lambda row: update(Lease).where(_at(row)).values(expires_at=NOW), {"unreturned": 1}),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGES)
def test_the_comparison_tells_every_damage(
    engine: Engine, damage: Callable[[Row], Any], told: dict[str, int]
) -> None:
    judged = Judged(engine)
    with writing(engine) as connection:
        assert judged.found(connection) == RIGHT
        row = connection.execute(select(Judgment).order_by(Judgment.id)).first()
        connection.execute(damage(row))
        assert judged.found(connection) == replace(RIGHT, **told)


def test_a_third_reviewer_of_an_item_for_two_is_told(engine: Engine) -> None:
    judged = Judged(engine)
    with writing(engine) as connection:
        rows = connection.execute(select(Judgment).order_by(Judgment.id)).all()
        # ann judged the first two items, cem the others, bob all
        connection.execute(_another(rows[-1], reviewer_id=rows[0].reviewer_id))
        assert judged.found(connection) == replace(RIGHT, over=1, surplus=1, strange=1)
