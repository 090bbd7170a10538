"""Rounds are stored as drawn and found again; a run has one by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from db import implicit_rounds, rounds
from db.leases import Wish, hand_out
from db.review_items import items
from db.review_models import RoundItem
from db.review_progress import progress
from db.sink import DatabaseSink
from tests.db.judging import Hand, draw, label, people
from tests.db.making import NOON, SCORES, info, labeled, post
from tests.db.test_leases import NOW


def positions(engine: Engine, round_id: int) -> list[tuple[int, int, float]]:
    """Return (image, stratum, inclusion probability) in the order of positions."""
    columns = (RoundItem.image_id, RoundItem.stratum, RoundItem.inclusion_probability)
    query = select(*columns).where(RoundItem.round_id == round_id).order_by(RoundItem.position)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_a_stored_round_is_found_again(engine: Engine) -> None:
    row = draw(engine, 3, reviews=[1, 2, 1])
    with engine.connect() as connection:
        assert rounds.by_id(connection, row.id) == rounds.by_uuid(connection, row.uuid) == row
        assert rounds.all_rounds(connection) == [row]
        assert rounds.by_id(connection, row.id + 1) is None
    assert (row.size, row.reviews, row.overlap, row.closed_at) == (3, 4, 1, None)
    assert positions(engine, row.id) == [(1, 0, 1.0), (2, 0, 1.0), (3, 0, 1.0)]


def test_the_frame_is_the_run(engine: Engine) -> None:
    label(engine, 2, first=50)
    run_id = label(engine, 3)
    with engine.connect() as connection:
        frame = rounds.frame(connection, run_id)
        assert list(rounds.frame(connection, 99).image_ids) == []
    assert list(frame.image_ids) == [3, 4, 5]
    assert list(frame.scores) == [SCORES[0]] * 3
    assert len(set(frame.hashes)) == len(set(frame.dhashes)) == 3


def test_the_pictures_of_rounds(engine: Engine) -> None:
    first = draw(engine, 3)
    own = implicit_rounds.implicit(engine, first.run_id)
    implicit_rounds.top_up(engine, own.id)
    label(engine, 4)  # another run with the first three pictures
    with engine.begin() as connection:
        part = rounds.begin(
            connection,
            run_id=2,
            name="two",
            design="uniform",
            seed=1,
            size=2,
            reviews=2,
            follows_id=first.id,
        )
        rounds.add_items(connection, part, 0, ([4, 2], [0, 0], [0.5] * 2, [1, 1], [1, 1]))
    with engine.connect() as connection:
        assert rounds.drawn_images(connection, first.run_id) == {1, 2, 3}
        assert rounds.drawn_images(connection, 2) == {2, 4}
        assert rounds.drawn_images(connection, 99) == set()
        assert rounds.images_of(connection, [part, own.id]) == {1, 2, 3, 4}
        assert rounds.images_of(connection, []) == set()
        row = rounds.by_id(connection, part)
    assert row is not None
    assert (row.follows_id, first.follows_id) == (first.id, None)


def test_reviewing_starts_on_the_newest_open_round_of_the_newest_run(engine: Engine) -> None:
    assert implicit_rounds.current(engine) is None
    first = draw(engine, 2)
    assert implicit_rounds.current(engine) == first
    second = draw(engine, 2)  # with a run of its own
    assert implicit_rounds.current(engine) == second
    rounds.close(engine, second.id)
    closed = implicit_rounds.current(engine)
    assert closed is not None
    assert closed.id == second.id
    run_id = label(engine, 1)
    own = implicit_rounds.current(engine)
    assert own is not None
    assert (own.run_id, own.implicit_run_id) == (run_id, run_id)


def test_the_implicit_round_is_made_once_by_whoever_asks_first(engine: Engine) -> None:
    run_id = label(engine, 30)
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: implicit_rounds.implicit(engine, run_id).id, range(8)))
        assert len(made) == 1
        (round_id,) = made
        added = list(pool.map(lambda _: implicit_rounds.top_up(engine, round_id), range(8)))
    assert sorted(added) == [0] * 7 + [30]
    drawn = positions(engine, round_id)
    assert sorted(image for image, _, _ in drawn) == list(range(1, 31))
    assert [image for image, _, _ in drawn] != list(range(1, 31))
    assert {(stratum, probability) for _, stratum, probability in drawn} == {(0, 1.0)}


def test_what_is_labeled_later_becomes_a_stratum_behind(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(n + 1))) for n in range(4)])
    made = implicit_rounds.implicit(engine, sink.run_id)
    assert implicit_rounds.top_up(engine, made.id) == 4
    assert implicit_rounds.top_up(engine, made.id) == 0
    sink.write([labeled(n, post(str(n + 1))) for n in range(4, 7)])
    assert implicit_rounds.top_up(engine, made.id) == 3
    sink.close(finished=True)
    drawn = positions(engine, made.id)
    assert Counter(stratum for _, stratum, _ in drawn) == {0: 4, 1: 3}
    assert {image for image, stratum, _ in drawn if stratum == 1} == {5, 6, 7}
    row = implicit_rounds.implicit(engine, sink.run_id)
    assert (row.size, row.reviews) == (7, 7)
    assert row.strata == {"batches": [{"pictures": 4}, {"pictures": 3}]}


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implicit_rounds, "AT_ONCE", 4)


@pytest.mark.usefixtures("few_at_once")
def test_a_large_run_comes_step_by_step(engine: Engine) -> None:
    made = implicit_rounds.implicit(engine, label(engine, 10))
    rest: list[Iterator[int]] = []
    assert implicit_rounds.top_up(engine, made.id, rest.append) == 10
    row = implicit_rounds.implicit(engine, made.run_id)
    assert (row.size, row.reviews, len(positions(engine, made.id))) == (4, 10, 4)
    assert list(rest[0]) == [10, 10]
    row = implicit_rounds.implicit(engine, made.run_id)
    assert (row.size, row.reviews, row.strata) == (10, 10, {"batches": [{"pictures": 10}]})
    drawn = positions(engine, made.id)
    assert sorted(image for image, _, _ in drawn) == list(range(1, 11))
    assert {stratum for _, stratum, _ in drawn} == {0}


@pytest.mark.usefixtures("few_at_once")
def test_what_was_broken_off_is_finished_by_the_next(engine: Engine) -> None:
    made = implicit_rounds.implicit(engine, label(engine, 10))
    broken: list[Iterator[int]] = []
    implicit_rounds.top_up(engine, made.id, broken.append)
    assert implicit_rounds.top_up(engine, made.id) == 6
    assert list(broken[0]) == []  # its process comes back, and finds that others went on
    row = implicit_rounds.implicit(engine, made.run_id)
    assert (row.size, row.reviews, row.strata) == (10, 10, {"batches": [{"pictures": 10}]})
    assert sorted(image for image, _, _ in positions(engine, made.id)) == list(range(1, 11))


@pytest.mark.usefixtures("few_at_once")
def test_growth_after_a_break_is_a_stratum_with_the_rest(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(n, post(str(n + 1))) for n in range(10)])
    made = implicit_rounds.implicit(engine, sink.run_id)
    implicit_rounds.top_up(engine, made.id, lambda _: None)
    sink.write([labeled(n, post(str(n + 1))) for n in range(10, 13)])
    sink.close(finished=True)
    assert implicit_rounds.top_up(engine, made.id) == 9
    row = implicit_rounds.implicit(engine, made.run_id)
    assert (row.size, row.reviews) == (13, 13)
    assert row.strata == {"batches": [{"pictures": 4}, {"pictures": 9}]}
    strata = Counter(stratum for _, stratum, _ in positions(engine, made.id))
    assert strata == {0: 4, 1: 9}


def test_a_drawn_round_is_never_topped_up(engine: Engine) -> None:
    assert implicit_rounds.top_up(engine, draw(engine, 2).id) == 0


def test_random_order_is_random() -> None:
    assert len({rounds.random_seed() for _ in range(50)}) == 50


def test_items_show_the_picture_and_the_runs_predictions(engine: Engine) -> None:
    row = draw(engine, 3)
    with engine.connect() as connection:
        found = items(connection, row, [2, 0, 9])
    assert sorted(found) == [0, 2]
    assert (found[2].image_id, found[2].tweet_id, found[2].copies) == (3, "3", 1)
    assert found[2].predictions == tuple((f"class {n}", score) for n, score in enumerate(SCORES))
    with engine.connect() as connection:
        assert items(connection, row, []) == {}


def test_progress(engine: Engine) -> None:
    row = draw(engine, 10, overlap=2)
    ann, bob = (Hand(engine, row, each) for each in people(engine, 2))
    for hand in (ann, bob):
        hand.ask(10, NOW)
    for minute in range(4):
        ann.send(ann.verdict("top1"), now=NOON + timedelta(minutes=minute))
    bob.send(bob.verdict("skip"), now=NOON - timedelta(hours=1))
    ann.given.append((ann.send(again := ann.verdict("none"), now=NOON)[0].uuid, again.position))
    ann.undo()
    with engine.connect() as connection:
        now = progress(connection, row.id, NOON + timedelta(minutes=4))
        later = progress(connection, row.id, NOON + timedelta(days=1))
    assert (now.done, now.of) == (5, 20)
    assert [(each.name, each.done) for each in now.reviewers] == [
        ("reviewer 0", 4),
        ("reviewer 1", 1),
    ]
    assert now.per_minute == pytest.approx(1.0)
    assert now.minutes_left == pytest.approx(15.0)
    assert (later.per_minute, later.minutes_left) == (0, None)


def test_progress_of_a_finished_round_and_of_none(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = (Hand(engine, row, each) for each in people(engine, 1))
    with engine.connect() as connection:
        assert progress(connection, row.id, NOON).minutes_left is None
    ann.ask(1)
    ann.judge()
    with engine.connect() as connection:
        assert progress(connection, row.id, NOON).minutes_left == 0


def test_an_implicit_round_is_handed_out_in_its_random_order(engine: Engine) -> None:
    run_id = label(engine, 12)
    made = implicit_rounds.implicit(engine, run_id)
    (ann,) = people(engine, 1)
    assert hand_out(engine, made.id, ann, Wish(5)).state == "done"  # before it is filled
    implicit_rounds.top_up(engine, made.id)
    assert hand_out(engine, made.id, ann, Wish(5)).positions == [0, 1, 2, 3, 4]
