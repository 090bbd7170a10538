"""What a run has labeled since comes in before anything is taken from other reviewers."""

from __future__ import annotations

import pytest

from db import implicit_rounds, rounds
from db.engine import connect
from db.leases import Wish, hand_out
from db.sink import DatabaseSink
from tests.db.judging import draw, people
from tests.db.making import info, labeled, post
from webapp.app import create_app
from webapp.lending import lend


@pytest.mark.parametrize("later", [0, 3, 10])
def test_others_keep_theirs_while_the_run_has_more(empty_database: str, later: int) -> None:
    engine = connect(empty_database)
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(n + 1))) for n in range(6)])
    made = implicit_rounds.implicit(engine, sink.run_id)
    implicit_rounds.top_up(engine, made.id)
    ann, bob = people(engine, 2)
    held = set(hand_out(engine, made.id, ann, Wish(6)).positions)
    sink.write([labeled(n, post(str(n + 1))) for n in range(6, 6 + later)])
    sink.close(finished=True)
    with create_app(empty_database).app_context():
        row = implicit_rounds.implicit(engine, sink.run_id)
        handed = lend(row, bob, Wish(3), behind=later > 0)
    taken = held & set(handed.positions)
    # without more, half of what she has not looked at is his
    assert (len(handed.positions), len(taken)) == ((2, 2) if later == 0 else (3, 0))
    engine.dispose()


def test_a_drawn_round_is_lent_as_it_is(empty_database: str) -> None:
    engine = connect(empty_database)
    row = draw(engine, 2)
    (ann,) = people(engine, 1)
    with create_app(empty_database).app_context():
        assert lend(row, ann, Wish(5), behind=False).positions == [0, 1]
        rounds.close(engine, row.id)
        assert lend(row, ann, Wish(5), behind=False).state == "closed"
    engine.dispose()


def test_the_first_picture_of_a_run_that_nobody_has_looked_at(empty_database: str) -> None:
    engine = connect(empty_database)
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(n + 1))) for n in range(6)])
    (ann,) = people(engine, 1)
    with create_app(empty_database).app_context():
        row = implicit_rounds.implicit(engine, sink.run_id)
        handed = lend(row, ann, Wish(4), behind=True)
    assert (handed.positions, handed.state) == ((0, 1, 2, 3), "open")
    engine.dispose()
