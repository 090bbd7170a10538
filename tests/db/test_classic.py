"""What the original client asks of a run's own round."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from db import classic
from db.leases import LEASE
from tests.db.judging import Hand, draw, people


def listed(hand: Hand, offset: int = 0, limit: int = 1000) -> list[int]:
    with hand.engine.connect() as connection:
        return classic.unjudged(
            connection, hand.row.id, hand.reviewer_id, offset=offset, limit=limit
        )


def test_what_a_reviewer_may_judge_is_listed_once_and_in_order(engine: Engine) -> None:
    row = draw(engine, 10)
    ann, bob = (Hand(engine, row, reviewer_id) for reviewer_id in people(engine, 2))
    assert listed(ann) == list(range(10))
    ann.ask(2)
    bob.ask(3)
    ann.ask(2)
    ann.judge()
    assert listed(ann) == [1, 5, 6, 7, 8, 9]
    assert listed(bob) == [2, 3, 4, 7, 8, 9]
    windows = [listed(ann, offset, 2) for offset in range(0, 8, 2)]
    assert windows == [[1, 5], [6, 7], [8, 9], []]
    assert listed(ann, 1, 3) == [5, 6, 7]
    ann.undo()
    assert listed(ann, 0, 2) == [0, 1]


def test_what_ran_out_is_still_listed_for_who_had_it(engine: Engine) -> None:
    row = draw(engine, 2)
    (ann,) = (Hand(engine, row, reviewer_id) for reviewer_id in people(engine, 1))
    ann.ask(2, datetime.now(UTC) - 2 * LEASE)
    assert listed(ann) == [0, 1]


def test_own_verdicts_alone(engine: Engine) -> None:
    row = draw(engine, 4)
    ann, bob = (Hand(engine, row, reviewer_id) for reviewer_id in people(engine, 2))
    ann.judge("top1", 0)
    ann.judge("none", 0)
    bob.judge("topk", 1)
    ann.judge("skip", 2)
    ann.judge("top1", 3)
    ann.undo()
    with engine.connect() as connection:
        found = classic.own_verdicts(connection, row.id, ann.reviewer_id, range(4))
        assert classic.own_verdicts(connection, row.id, ann.reviewer_id, []) == {}
    assert found == {0: "none", 2: "skip"}


def test_where_a_picture_lies(engine: Engine) -> None:
    row = draw(engine, 3)
    with engine.connect() as connection:
        assert [classic.position_of(connection, row.id, n) for n in (1, 3, 4)] == [0, 2, None]
