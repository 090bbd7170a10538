"""Nobody gets an item twice, no item goes to too many, and what nobody looks at comes back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from db import rounds
from db.leases import LEASE, MOST_WANTED, Wish, hand_out
from tests.db.judging import Hand, draw, lent, people, standing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SILENT = timedelta(seconds=11)
LATER = NOW + LEASE + timedelta(seconds=1)


def hands(engine: Engine, row: rounds.RoundRow, number: int) -> list[Hand]:
    return [Hand(engine, row, reviewer_id) for reviewer_id in people(engine, number)]


def test_items_come_in_the_order_of_positions_and_never_twice(engine: Engine) -> None:
    row = draw(engine, 7)
    ann, bob = hands(engine, row, 2)
    assert ann.ask(3).positions == [0, 1, 2]
    assert bob.ask(2).positions == [3, 4]
    assert ann.ask(1).positions == [5]
    assert lent(engine, row.id) == [
        *[(position, ann.reviewer_id) for position in (0, 1, 2)],
        *[(position, bob.reviewer_id) for position in (3, 4)],
        (5, ann.reviewer_id),
    ]


def test_an_empty_page_is_given_what_it_had_before(engine: Engine) -> None:
    (ann,) = hands(engine, draw(engine, 9), 1)
    ann.ask(4)
    ann.judge()
    ann.queue.clear()
    assert ann.ask(5).positions == [1, 2, 3, 4, 5]


def test_what_is_wished_for_is_bounded(engine: Engine) -> None:
    (ann,) = hands(engine, draw(engine, 30), 1)
    assert len(ann.ask(1000).positions) == MOST_WANTED


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_every_item_gets_as_many_reviewers_as_it_takes(engine: Engine, overlap: int) -> None:
    row = draw(engine, 6, overlap=overlap)
    crew = hands(engine, row, 4)
    states: set[str] = {"open"}
    while states & {"open", "waiting"}:
        states = set()
        for hand in crew:
            states.add(hand.ask(2).state)
            if hand.queue:
                hand.judge()
    judged = standing(engine, row.id)
    assert Counter(position for position, _, _ in judged) == dict.fromkeys(range(6), overlap)
    assert len({(position, who) for position, who, _ in judged}) == len(judged)


def test_items_may_take_different_numbers_of_reviewers(engine: Engine) -> None:
    row = draw(engine, 4, reviews=[1, 2, 1, 2])
    ann, bob, cid = hands(engine, row, 3)
    assert ann.ask(4).positions == [0, 1, 2, 3]
    assert bob.ask(2).positions == [1, 3]
    assert bob.ask(1).state == "waiting"  # for the two that only she may have
    for hand in (ann, bob):
        while hand.queue:
            hand.judge()
    assert [hand.ask(1).state for hand in (ann, bob, cid)] == ["done"] * 3


def test_one_reviewer_alone_finishes_a_round_that_takes_two(engine: Engine) -> None:
    row = draw(engine, 250, overlap=2)
    ann, bob = hands(engine, row, 2)
    seen = []
    while ann.ask(20).positions:
        seen += ann.queue
        while ann.queue:
            ann.judge()
    assert seen == list(range(250))
    assert ann.ask(1).state == "done"
    assert bob.ask(20).positions == list(range(20))


def test_more_half_taken_items_than_are_looked_at_first(engine: Engine) -> None:
    """Bob's own 220 half-judged items stand before the one that he may still take."""
    row = draw(engine, 221, overlap=2)
    ann, bob = hands(engine, row, 2)
    while bob.ask(20).positions:
        while bob.queue:
            bob.judge()
    assert bob.ask(1).state == "done"
    assert ann.ask(1).positions == [0]


def test_leases_return_by_themselves(engine: Engine) -> None:
    row = draw(engine, 3)
    ann, bob = hands(engine, row, 2)
    ann.ask(2, NOW)
    assert bob.ask(3, NOW + LEASE - timedelta(seconds=1)).positions == [2, 1]
    assert bob.ask(3, LATER).positions == [0]
    assert ann.ask(0, LATER).dropped == [0, 1]
    assert ann.queue == []


def test_who_is_heard_of_keeps_what_is_in_hand(engine: Engine) -> None:
    row = draw(engine, 4)
    ann, bob = hands(engine, row, 2)
    ann.ask(2, NOW)
    ann.ask(0, NOW + LEASE / 2)
    assert 0 not in bob.ask(4, LATER).positions


def test_back_before_anybody_took_it(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = hands(engine, row, 2)
    ann.ask(2, NOW)
    assert ann.ask(0, LATER).dropped == []
    assert bob.ask(2, LATER).positions == []
    assert bob.ask(2, LATER + SILENT).positions == [1]  # merely prefetched


def test_an_item_with_two_places_run_out_is_given_once(engine: Engine) -> None:
    row = draw(engine, 1, overlap=2)
    ann, bob, cid = hands(engine, row, 3)
    ann.ask(1, NOW)
    bob.ask(1, NOW)
    assert cid.ask(5, LATER).positions == [0]
    assert lent(engine, row.id).count((0, cid.reviewer_id)) == 1


def test_at_the_end_prefetched_items_go_to_who_has_nothing_left(engine: Engine) -> None:
    row = draw(engine, 6)
    ann, bob, cid = hands(engine, row, 3)
    ann.ask(6, NOW)
    # the first is before her eyes and the next may be at any moment
    assert bob.ask(6, NOW).positions == [4, 5]
    assert cid.ask(6, NOW).positions == [3]
    for hand in (ann, bob):
        hand.ask(0, NOW)
    assert [hand.queue for hand in (ann, bob, cid)] == [[0, 1, 2], [4, 5], [3]]
    assert cid.ask(6, NOW).positions == [2]
    assert cid.ask(6, NOW).state == "waiting"


def test_who_falls_silent_keeps_only_what_is_shown(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = hands(engine, row, 2)
    ann.ask(2, NOW)
    assert bob.ask(1, NOW).state == "waiting"
    assert bob.ask(1, NOW + SILENT).positions == [1]
    assert bob.ask(1, NOW + SILENT).state == "waiting"
    assert ann.ask(0, NOW + SILENT).dropped == [1]


def test_gently_nothing_is_taken_from_others(engine: Engine) -> None:
    row = draw(engine, 6)
    ann, bob = people(engine, 2)
    hand_out(engine, row.id, ann, Wish(6))
    assert hand_out(engine, row.id, bob, Wish(6, gently=True)).positions == []
    assert hand_out(engine, row.id, bob, Wish(6)).positions == [4, 5]


def test_with_everything_on_show_the_others_wait(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob, cid = hands(engine, row, 3)
    ann.ask(1)
    bob.ask(1)
    handed = cid.ask(1)
    assert (handed.positions, handed.state) == ([], "waiting")
    ann.judge()
    bob.judge()
    assert cid.ask(1).state == "done"


def test_a_closed_round_hands_nothing_out(engine: Engine) -> None:
    row = draw(engine, 3)
    ann, bob = hands(engine, row, 2)
    ann.ask(2)
    rounds.close(engine, row.id)
    rounds.close(engine, row.id)
    handed = ann.ask(1)
    assert (handed.positions, handed.dropped, handed.state) == ((), (0, 1), "closed")
    assert bob.ask(1).state == "closed"


def test_a_round_that_is_not_there(engine: Engine) -> None:
    (ann,) = people(engine, 1)
    assert hand_out(engine, 99, ann, Wish(1)).state == "closed"


@pytest.mark.parametrize("overlap", [1, 2])
def test_many_at_once(engine: Engine, overlap: int) -> None:
    """Threads that ask and judge at the same time share a round without a gap or a double."""
    row = draw(engine, 40, overlap=overlap)
    crew = hands(engine, row, 5)

    def work(hand: Hand) -> None:
        while hand.ask(2).state in ("open", "waiting") or hand.queue:
            if hand.queue:
                hand.judge()

    with ThreadPoolExecutor(len(crew)) as pool:
        list(pool.map(work, crew))
    judged = standing(engine, row.id)
    assert len({(position, who) for position, who, _ in judged}) == len(judged)
    assert Counter(position for position, _, _ in judged) == dict.fromkeys(range(40), overlap)
