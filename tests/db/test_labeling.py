"""Pictures of a run with what people have said of each."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from db import implicit_rounds, labeling, rounds
from db.judgments import put_back
from db.labeling import Picture, Predicted, Word
from db.review_events import Judge
from db.settling import settle
from tests.db.judging import Hand, label, people, store_round
from tests.db.making import SCORES

FIRST, THIRD = Predicted(0, "class 0", SCORES[0]), Predicted(2, "class 2", SCORES[2])


def read(engine: Engine, run_id: int) -> list[Picture]:
    with engine.connect() as connection:
        return [picture for part in labeling.pictures(connection, run_id) for picture in part]


def said(engine: Engine, run_id: int) -> list[list[tuple]]:
    return [[(word.verdict, word.right) for word in each.said] for each in read(engine, run_id)]


def hands(engine: Engine, run_id: int, reviewers: list[int], design: str = "uniform") -> list[Hand]:
    """Store a round of all pictures of a run; return each reviewer at it."""
    round_id = store_round(engine, run_id, overlap=2, design=design)
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
    assert row is not None
    return [Hand(engine, row, each) for each in reviewers]


def test_pictures_of_the_run_in_order(engine: Engine) -> None:
    label(engine, 2, first=50)
    run_id = label(engine, 2)
    link = "http://x/{}-0.jpg"
    first = Picture(3, "1/0", "1", link.format(1), FIRST, ())
    assert read(engine, run_id) == [
        first, replace(first, image_id=4, key="2/0", tweet_id="2", link=link.format(2))
    ]  # fmt: skip
    assert read(engine, 99) == []


def test_all_answers_in_the_order_of_time(engine: Engine) -> None:
    run_id = label(engine, 7)
    ids = people(engine, 2)
    ann, bob = hands(engine, run_id, ids)
    ann.judge("top1", 0)
    ann.judge("topk", 1, rank=3)
    ann.judge("topk", 2)
    ann.judge("none", 3)
    ann.judge("novocab", 4)
    ann.judge("unsure", 5)
    assert said(engine, run_id) == [
        [("top1", FIRST)],
        [("topk", THIRD)],
        [("topk", None)],
        [("none", None)],
        [("novocab", None)],
        [],
        [],
    ]
    bob.judge("none", 0)
    bob.judge("skip", 1)
    bob.judge("top1", 2)
    bob.undo()
    event = Judge(str(uuid4()), ann.row.uuid, 0, "topk", 3)
    assert settle(engine, ids[0], event) is None
    bob.judge("novocab", 0)
    assert read(engine, run_id)[0].said == [
        Word(ids[0], "top1", False, FIRST),
        Word(ids[0], "topk", True, THIRD),
        Word(ids[1], "novocab", False, None),
    ]
    assert said(engine, run_id)[1:3] == [[("topk", THIRD)], [("topk", None)]]
    put_back(engine, ann.row.id, [0], ids[0])
    assert said(engine, run_id)[0] == []


def test_rounds_of_the_run_count_together_and_no_others(engine: Engine) -> None:
    run_id, other = label(engine, 1), label(engine, 1)
    ann = people(engine, 1)
    hands(engine, other, ann)[0].judge("none", 0)
    hands(engine, run_id, ann, design="curate")[0].judge("reject", 0)
    assert said(engine, run_id) == [[]]
    own = implicit_rounds.implicit(engine, run_id)
    implicit_rounds.top_up(engine, own.id)
    Hand(engine, own, ann[0]).judge("top1", 0)
    assert said(engine, run_id) == [[("top1", FIRST)]]


def test_a_large_run_comes_page_by_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labeling, "_PICTURES_AT_ONCE", 3)
    run_id = label(engine, 7)
    hands(engine, run_id, people(engine, 1))[0].judge("none", 5)
    with engine.connect() as connection:
        parts = list(labeling.pictures(connection, run_id))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [len(each.said) for part in parts for each in part] == [0, 0, 0, 0, 0, 1, 0]
