"""How far rounds are, and that nobody sees a verdict before giving one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from db import implicit_rounds, judged_list, round_overview, rounds
from db.judged_list import DISAGREEMENT, FILTERS, NOTED, SKIPPED, UNSURE, Listing
from db.judgments import put_back
from db.leases import LEASE, Wish, hand_out
from db.round_overview import Tally
from tests.db.judging import Hand, draw, label, people, standing

LATER = datetime.now(UTC) + LEASE + timedelta(hours=1)


def hands(engine: Engine, row: rounds.RoundRow, number: int) -> list[Hand]:
    return [Hand(engine, row, reviewer_id) for reviewer_id in people(engine, number)]


def state(engine: Engine, round_id: int) -> round_overview.RoundState:
    with engine.connect() as connection:
        found = round_overview.state(connection, round_id)
    assert found is not None
    return found


def listed(hand: Hand, which: str = "all", **other: int) -> dict[int, list[tuple] | None]:
    """Return what a reviewer sees: (name, verdict, rank, note) of each verdict, by position."""
    asked = Listing(hand.row.id, hand.reviewer_id, which, **other)
    with hand.engine.connect() as connection:
        found = judged_list.judged(connection, asked)
    return {
        position: given and [(each.name, each.verdict, each.rank, each.note) for each in given]
        for position, given in found.items()
    }


def test_rounds_with_their_state_latest_first(engine: Engine) -> None:
    first, second = draw(engine, 3, overlap=2), draw(engine, 1)
    ann, bob = hands(engine, first, 2)
    for hand in (ann, bob):
        hand.ask(3)
        hand.judge()
    ann.judge()
    ann.undo()
    with engine.connect() as connection:
        newest, oldest = round_overview.states(connection)
        assert round_overview.state(connection, 99) is None
    assert (newest.row, oldest.row) == (second, first)
    assert (oldest.model, oldest.pictures) == ("vgg16", 3)
    assert (oldest.done, oldest.of, oldest.state) == (2, 6, "open")
    assert oldest.share == pytest.approx(1 / 3)
    assert (newest.done, newest.of, newest.share) == (0, 1, 0)


def test_a_round_is_complete_then_closed(engine: Engine) -> None:
    row = draw(engine, 2)
    (ann,) = hands(engine, row, 1)
    ann.ask(2)
    ann.judge("skip")
    assert state(engine, row.id).state == "open"
    ann.judge()
    assert state(engine, row.id).state == "complete"
    rounds.close(engine, row.id)
    assert state(engine, row.id).state == "closed"


def test_the_round_of_a_run_counts_what_is_still_to_come(engine: Engine) -> None:
    run_id = label(engine, 4)
    row = implicit_rounds.implicit(engine, run_id)
    before = state(engine, row.id)
    assert (before.pictures, before.of, before.to_come, before.state) == (4, 4, 4, "open")
    implicit_rounds.top_up(engine, row.id)
    after = state(engine, row.id)
    assert (after.pictures, after.of, after.to_come) == (4, 4, 0)


def test_a_sample_has_nothing_to_come(engine: Engine) -> None:
    row = draw(engine, 2)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE run SET images_labeled = 7")
    assert state(engine, row.id).to_come == 0


def test_answers_and_open_questions_are_tallied(engine: Engine) -> None:
    row = draw(engine, 7)
    (ann,) = hands(engine, row, 1)
    ann.ask(7)
    for verdict in ("top1", "topk", "none", "novocab", "skip", "unsure", "skip"):
        ann.judge(verdict)
    ann.undo()
    with engine.connect() as connection:
        assert round_overview.tally(connection, row.id) == Tally(4, 1, 1)
        assert round_overview.tally(connection, 99) == Tally(0, 0, 0)


def test_a_verdict_is_hidden_from_who_may_still_be_given_the_item(engine: Engine) -> None:
    row = draw(engine, 3, overlap=2)
    ann, bob, cid = hands(engine, row, 3)
    ann.judge("none", 0, note="a boat")
    said = [("reviewer 0", "none", None, "a boat")]
    assert listed(ann) == {0: said}
    assert listed(bob) == listed(cid) == {0: None}

    assert bob.ask(1).positions == [0]  # every place is taken, one of them for a time
    assert listed(cid) == listed(bob) == {0: None}
    bob.judge("topk", rank=3)
    both = {0: [*said, ("reviewer 1", "topk", 3, None)]}
    assert listed(ann) == listed(bob) == listed(cid) == both

    bob.undo()
    assert listed(bob) == listed(cid) == {0: None}
    assert listed(ann) == {0: said}


def test_a_verdict_without_a_place_reveals_nothing_to_others(engine: Engine) -> None:
    """Ann's lease went to Bob before her verdict came: Bob must not see it, nor must Cid."""
    row = draw(engine, 1)
    ann, bob, cid = hands(engine, row, 3)
    ann.ask(1, LATER - LEASE * 2)
    assert bob.ask(1, LATER).positions == [0]
    ann.judge("none")
    assert listed(bob) == listed(cid) == {0: None}
    assert listed(ann) == {0: [("reviewer 0", "none", None, None)]}


def test_lists_of_what_was_said_hold_only_what_is_not_hidden(engine: Engine) -> None:
    """To be listed among the skipped would tell that it was skipped."""
    row = draw(engine, 4, overlap=2)
    ann, bob = hands(engine, row, 2)
    for position, verdict in enumerate(("skip", "unsure", "top1")):
        ann.judge(verdict, position, note="see" if position == 2 else None)
    # as long as nobody else has said anything, one's own words tell one nothing
    assert [list(listed(ann, which)) for which in FILTERS] == [[0, 1, 2], [0], [1], [2], [], []]
    assert [list(listed(bob, which)) for which in FILTERS] == [[0, 1, 2], [], [], [], [], []]
    assert listed(bob) == dict.fromkeys(range(3))
    for position in range(3):
        bob.judge("top1", position)
    assert list(listed(bob, SKIPPED)) == [0]
    assert list(listed(bob, UNSURE)) == [1]
    assert list(listed(bob, NOTED)) == [2]
    assert len(listed(bob, SKIPPED)[0] or []) == 2  # the whole item, not the skip alone


@pytest.mark.parametrize(
    ("verdicts", "disagree"),
    [
        (["top1", "none"], True),
        (["none", "novocab"], True),
        (["top1", "top1"], False),
        (["top1", "skip"], False),
        (["unsure", "skip"], False),
        ([("topk", 2), ("topk", 3)], True),
        ([("topk", 2), "topk"], False),
    ],
)
def test_disagreement_is_between_answers(engine: Engine, verdicts: list, disagree: bool) -> None:
    row = draw(engine, 1, overlap=2)
    crew = hands(engine, row, 2)
    for hand, said in zip(crew, verdicts, strict=True):
        verdict, rank = said if isinstance(said, tuple) else (said, None)
        hand.judge(verdict, 0, rank=rank)
    for hand in crew:
        assert list(listed(hand, DISAGREEMENT)) == ([0] if disagree else [])


def test_what_was_taken_back_is_no_disagreement(engine: Engine) -> None:
    row = draw(engine, 2, overlap=2)
    ann, bob = hands(engine, row, 2)
    ann.judge("top1", 0)
    bob.judge("none", 0)
    bob.judge("top1", 0)
    ann.judge("none", 1)
    ann.undo()
    assert listed(ann, DISAGREEMENT) == {}
    assert list(listed(ann)) == [0]


def test_pages_of_judged_items(engine: Engine) -> None:
    row = draw(engine, 9, overlap=2)
    ann, bob = hands(engine, row, 2)
    for hand, verdict in ((ann, "top1"), (bob, "skip")):
        for position in range(8):
            hand.judge(verdict, position)
    for which in ("all", SKIPPED):
        seen, after = [], -1
        while page := list(listed(ann, which, after=after, limit=3)):
            assert len(page) <= 3
            seen += page
            after = page[-1]
        assert seen == list(range(8))


def test_what_is_put_back_is_not_judged(engine: Engine) -> None:
    row = draw(engine, 3)
    (ann,) = hands(engine, row, 1)
    for position in range(3):
        ann.judge("skip", position)
    put_back(engine, row.id, [0, 2], ann.reviewer_id)
    assert list(listed(ann)) == list(listed(ann, SKIPPED)) == [1]
    assert state(engine, row.id).done == 1


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_given_an_item_whose_verdicts_they_have_seen(engine: Engine, seed: int) -> None:
    """Whatever reviewers do, what one sees of others is never handed to them afterwards."""
    dice = random.Random(seed)
    row = draw(engine, 12, reviews=[dice.randint(1, 3) for _ in range(12)])
    *crew, viewer = hands(engine, row, 4)
    for _ in range(40):
        hand = dice.choice([*crew, viewer])
        move = dice.random()
        if move < 0.4:
            hand.ask(dice.randint(1, 3))
        elif move < 0.85 and hand.queue:
            hand.judge(dice.choice(["top1", "none", "skip"]))
        elif hand.given:
            hand.undo()
    own = {
        position
        for position, who, verdict in standing(engine, row.id)
        if who == viewer.reviewer_id and verdict != "skip"
    }
    seen = {position for position, said in listed(viewer).items() if said is not None}
    assert own <= seen
    given, wish = set(), Wish(20)
    while fresh := set(hand_out(engine, row.id, viewer.reviewer_id, wish, LATER).positions) - given:
        given |= fresh
    assert not seen & given
    assert given | seen  # and the test is about something
