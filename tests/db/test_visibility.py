"""Whose verdicts may be seen: on pictures that the viewer can be given to judge no more."""

from __future__ import annotations

from sqlalchemy import Engine

from db import implicit_rounds, judged_list, rounds
from db.judged_list import Listing
from db.visibility import share_pictures, visible_images
from tests.db.judging import Hand, draw, label, people, store_round


def visible(engine: Engine, round_ids: list[int], viewer: int, images: range) -> set[int]:
    with engine.connect() as connection:
        return visible_images(connection, round_ids, viewer, images)


def again(engine: Engine, row: rounds.RoundRow, **other: str | int) -> rounds.RoundRow:
    """Store another round of the same pictures."""
    round_id = store_round(engine, row.run_id, **other)  # type: ignore[arg-type]
    with engine.connect() as connection:
        found = rounds.by_id(connection, round_id)
    assert found is not None
    return found


def test_what_one_has_judged_and_what_is_full(engine: Engine) -> None:
    row = draw(engine, 3, overlap=2)
    ann, bob, cid = (Hand(engine, row, each) for each in people(engine, 3))
    ann.judge("top1", 0)
    for hand in (ann, bob):
        hand.judge("none", 1)
    ann.judge("skip", 2)
    seen = {
        hand.reviewer_id: visible(engine, [row.id], hand.reviewer_id, range(1, 4))
        for hand in (ann, bob, cid)
    }
    # the first two places of picture 2 are taken: nobody is given it any more
    assert seen == {ann.reviewer_id: {1, 2, 3}, bob.reviewer_id: {2}, cid.reviewer_id: {2}}
    assert visible(engine, [row.id], ann.reviewer_id, range(2, 3)) == {2}


def test_who_left_a_question_open_may_still_answer_it(engine: Engine) -> None:
    row = draw(engine, 1, overlap=2)
    ann, bob = (Hand(engine, row, each) for each in people(engine, 2))
    ann.judge("skip", 0)
    assert visible(engine, [row.id], ann.reviewer_id, range(1, 2)) == {1}  # their own word alone
    bob.ask(1)
    bob.judge("none")
    bob.undo()
    assert visible(engine, [row.id], ann.reviewer_id, range(1, 2)) == {1}
    bob.judge("none")
    assert visible(engine, [row.id], ann.reviewer_id, range(1, 2)) == {1}  # every place is taken


def test_nobody_is_given_a_picture_of_a_closed_round(engine: Engine) -> None:
    row = draw(engine, 1, overlap=2)
    ann, bob = people(engine, 2)
    Hand(engine, row, ann).judge("top1", 0)
    assert visible(engine, [row.id], bob, range(1, 2)) == set()
    rounds.close(engine, row.id)
    assert visible(engine, [row.id], bob, range(1, 2)) == {1}


def test_an_open_round_that_can_still_give_it_is_enough_to_hide_it(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, bob, cid = people(engine, 3)
    Hand(engine, row, ann).judge("top1", 0)
    assert visible(engine, [row.id], bob, range(1, 2)) == {1}
    other = again(engine, row, overlap=2)
    # whether verdicts of that round are asked about or not
    for asked in ([row.id], [other.id], [row.id, other.id]):
        assert visible(engine, asked, bob, range(1, 2)) == set()
    Hand(engine, other, bob).judge("none", 0)
    # an answer given before does not make the second look a blind one
    seen = {each: visible(engine, [row.id], each, range(1, 2)) for each in (ann, bob, cid)}
    assert seen == {ann: set(), bob: {1}, cid: set()}
    Hand(engine, other, ann).judge("none", 0)
    seen = {each: visible(engine, [row.id], each, range(1, 2)) for each in (ann, bob, cid)}
    assert seen == {ann: {1}, bob: {1}, cid: {1}}


def test_one_s_own_verdicts_tell_one_nothing(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, bob = people(engine, 2)
    Hand(engine, row, ann).judge("top1", 0)
    again(engine, row)
    assert visible(engine, [row.id], ann, range(1, 2)) == {1}
    assert visible(engine, [row.id], bob, range(1, 2)) == set()


def test_another_question_about_the_picture_hides_nothing(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, bob = people(engine, 2)
    Hand(engine, row, ann).judge("top1", 0)
    sorting = again(engine, row, design="curate", overlap=2)
    assert visible(engine, [row.id], bob, range(1, 2)) == {1}
    Hand(engine, sorting, ann).judge("keep", 0)
    assert visible(engine, [sorting.id], bob, range(1, 2)) == set()


def test_the_round_of_a_run_hides_pictures_but_no_lists_of_drawn_rounds(engine: Engine) -> None:
    """It is never closed: disagreements of drawn rounds could not be settled."""
    row = draw(engine, 2, overlap=2)
    ann, bob, cid = people(engine, 3)
    for each in (ann, bob):
        Hand(engine, row, each).judge("top1", 0)
    own = implicit_rounds.implicit(engine, row.run_id)
    implicit_rounds.top_up(engine, own.id)
    assert visible(engine, [row.id], cid, range(1, 2)) == set()
    with engine.connect() as connection:
        listed = judged_list.judged(connection, Listing(row.id, cid))
    assert [each.verdict for each in listed[0] or ()] == ["top1", "top1"]


def test_whether_a_judged_picture_lies_in_another_round(engine: Engine) -> None:
    row, far = draw(engine, 2), store_round(engine, label(engine, 1, first=50))
    (ann,) = people(engine, 1)
    other = again(engine, row)

    def shared(*others: int) -> bool:
        with engine.connect() as connection:
            return share_pictures(connection, [row.id], others)

    assert not shared(row.id, other.id)  # nothing is judged yet
    Hand(engine, row, ann).judge("top1", 0)
    assert shared(row.id)
    assert shared(far, other.id)
    assert not shared(far)
    assert not shared()
