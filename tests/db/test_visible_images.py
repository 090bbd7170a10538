"""Whose verdicts may be seen: pictures that the viewer can be given to judge no more."""

from __future__ import annotations

from sqlalchemy import Engine

from db import rounds
from db.judged_list import visible_images
from tests.db.judging import Hand, draw, people, store_round


def visible(engine: Engine, round_ids: list[int], viewer: int, images: range) -> set[int]:
    with engine.connect() as connection:
        return visible_images(connection, round_ids, viewer, images)


def test_what_one_has_judged_and_what_is_full(engine: Engine) -> None:
    row = draw(engine, 4, overlap=2)
    ann, bob, cid = (Hand(engine, row, each) for each in people(engine, 3))
    ann.judge("top1", 0)
    for hand in (ann, bob):
        hand.judge("none", 1)
    ann.judge("skip", 2)
    seen = {
        hand.reviewer_id: visible(engine, [row.id], hand.reviewer_id, range(1, 5))
        for hand in (ann, bob, cid)
    }
    # the first two places of picture 2 are taken: nobody is given it any more
    assert seen == {ann.reviewer_id: {1, 2}, bob.reviewer_id: {2}, cid.reviewer_id: {2}}
    assert visible(engine, [row.id], ann.reviewer_id, range(2, 3)) == {2}


def test_nobody_is_given_a_picture_of_a_closed_round(engine: Engine) -> None:
    row = draw(engine, 2, overlap=2)
    ann, bob = people(engine, 2)
    Hand(engine, row, ann).judge("top1", 0)
    assert visible(engine, [row.id], bob, range(1, 3)) == set()
    rounds.close(engine, row.id)
    assert visible(engine, [row.id], bob, range(1, 3)) == {1, 2}


def test_one_round_of_several_is_enough(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = people(engine, 2)
    other = store_round(engine, row.run_id)
    Hand(engine, row, ann).judge("top1", 0)
    both = [row.id, other]
    assert visible(engine, both, bob, range(1, 3)) == {1}
    assert visible(engine, [other], bob, range(1, 3)) == set()
