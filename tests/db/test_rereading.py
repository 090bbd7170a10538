"""Reading a run again finds what reading it anew does, whatever has happened in between."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from db import judged
from db.judgments import put_back
from db.rereading import Seen, see
from db.sink import DatabaseSink
from tests.db.judging import people, store_round
from tests.db.making import info, labeled, post
from tests.db.test_judged import hand


@pytest.fixture
def run(engine: Engine) -> DatabaseSink:
    """A run of four pictures, with more to come."""
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(n))) for n in range(4)])
    return sink


def seen(engine: Engine, run_id: int, before: Seen | None = None, **other: list[int]) -> Seen:
    with engine.connect() as connection:
        return see(connection, run_id, before=before, **other)


def test_whatever_happens_in_between(engine: Engine, run: DatabaseSink) -> None:
    ann, bob = people(engine, 2)
    rounds = [store_round(engine, run.run_id, overlap=2) for _ in range(2)]
    curating = store_round(engine, run.run_id, design="curate")
    other = store_round(engine, DatabaseSink(engine, info(), resume=False).run_id)
    hands = [hand(engine, each, who) for each in rounds for who in (ann, bob)]
    die = random.Random(1)

    def judge() -> None:
        die.choice(hands).judge(die.choice(("top1", "topk", "none", "skip")), die.randrange(4))

    def undo() -> None:
        given = [each for each in hands if each.given]
        if given:
            die.choice(given).undo()

    def elsewhere() -> None:
        hand(engine, curating, ann).judge("keep", die.randrange(4))

    def back() -> None:
        put_back(engine, die.choice(rounds), [die.randrange(4)], ann)

    def grow() -> None:
        at = 4 + len(states)
        run.write([labeled(at, post(str(at)))])

    states: list[Seen] = []
    assert other not in rounds
    for step in (judge, *die.choices((judge, undo, elsewhere, back, grow), (5, 3, 1, 1, 1), k=40)):
        step()
        for asked in ({}, {"round_ids": rounds[:1]}):
            fresh = seen(engine, run.run_id, **asked)
            for before in states if not asked else ():
                assert seen(engine, run.run_id, before) == fresh
        states.append(seen(engine, run.run_id))


def test_of_some_rounds_alone(engine: Engine, run: DatabaseSink) -> None:
    (ann,) = people(engine, 1)
    first, second = (hand(engine, store_round(engine, run.run_id), ann) for _ in range(2))
    asked = {"round_ids": [second.row.id]}
    first.judge("top1", 0)
    second.judge("none", 1)
    before = seen(engine, run.run_id, **asked)
    first.judge("top1", 2)
    second.judge("topk", 3)
    now = seen(engine, run.run_id, before, **asked)
    assert now == seen(engine, run.run_id, **asked)
    assert list(now.verdicts.positions) == [1, 3]


def test_nothing_new_is_not_read_again(engine: Engine, run: DatabaseSink) -> None:
    (ann,) = people(engine, 1)
    reviewer = hand(engine, store_round(engine, run.run_id), ann)
    reviewer.judge("top1", 0)
    before = seen(engine, run.run_id)
    assert seen(engine, run.run_id, before) is before
    reviewer.judge("none", 1)
    assert seen(engine, run.run_id, before).pool is before.pool


def test_a_verdict_that_is_seen_late_is_not_missed(engine: Engine, run: DatabaseSink) -> None:
    (ann,) = people(engine, 1)
    reviewer = hand(engine, store_round(engine, run.run_id), ann)
    reviewer.judge("top1", 0)
    reviewer.judge("none", 1)
    now = seen(engine, run.run_id)
    # as if the first had been stored by a transaction that ended after the second's
    late = replace(now.fingerprint, verdicts=1)
    before = Seen(late, _without_first(now.verdicts), now.pool)
    assert seen(engine, run.run_id, before) == now


def _without_first(verdicts: judged.Verdicts) -> judged.Verdicts:
    return judged.Verdicts(*(getattr(verdicts, name)[1:] for name in verdicts.__slots__))
