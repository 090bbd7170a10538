"""Verdicts are stored exactly once, can be taken back, and stay in the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from db import rounds
from db.judgments import put_back
from db.leases import LEASE
from db.review_events import LONGEST_NOTE, Answer, Judge, Retract
from db.review_history import history
from db.review_models import Judgment
from db.sink import DatabaseSink
from tests.db.judging import Hand, draw, lent, people, standing, store_round
from tests.db.making import info, labeled, post
from vision.errors import StoreError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + LEASE + timedelta(seconds=1)


def hands(engine: Engine, row: rounds.RoundRow, number: int) -> list[Hand]:
    return [Hand(engine, row, reviewer_id) for reviewer_id in people(engine, number)]


def logged(engine: Engine) -> list[tuple]:
    """Return (position, reviewer, verdict, who retracted it) of every row, first to last."""
    columns = (Judgment.position, Judgment.reviewer_id, Judgment.verdict, Judgment.retracted_by)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(Judgment.id))]


def test_a_verdict_with_all_that_belongs_to_it(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    given = ann.verdict("topk", 0, rank=3, note="a note 📷", seconds=1.25, blind="scores")
    ann.send(given, now=NOW)
    with engine.connect() as connection:
        stored = connection.execute(select(Judgment)).mappings().one()
    assert stored == {
        "id": 1,
        "uuid": given.uuid,
        "round_id": row.id,
        "position": 0,
        "reviewer_id": ann.reviewer_id,
        "verdict": "topk",
        "correct_rank": 3,
        "note": "a note 📷",
        "seconds": 1.25,
        "blind": "scores",
        "browsed": False,
        "settles": False,
        "created_at": NOW,
        "retracted_at": None,
        "retracted_by": None,
    }


def test_posting_twice_stores_once(engine: Engine) -> None:
    row = draw(engine, 2)
    (ann,) = hands(engine, row, 1)
    ann.ask(2)
    given = ann.verdict("top1")
    for _ in range(3):
        assert ann.send(given) == [Answer(given.uuid, None)]
    assert ann.send(given, given) == [Answer(given.uuid, None)] * 2
    assert logged(engine) == [(0, ann.reviewer_id, "top1", None)]


def test_posting_at_the_same_moment_stores_once(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    given = ann.verdict("top1")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ann.send(given), range(8)))
    assert answers == [[Answer(given.uuid, None)]] * 8
    assert len(logged(engine)) == 1


def test_undo_is_logged_and_gives_the_item_back(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = hands(engine, row, 2)
    ann.ask(1, NOW)
    ann.judge("none")
    assert ann.undo().why is None
    assert standing(engine, row.id) == []
    assert logged(engine) == [(0, ann.reviewer_id, "none", ann.reviewer_id)]
    assert bob.ask(2).positions == [1]  # the undone one is before her eyes
    ann.judge("top1")
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "top1")]


def test_undoing_twice_and_what_was_never_stored(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    uuid = ann.judge()
    for target in (uuid, uuid, str(uuid4())):
        answer = ann.send(Retract(str(uuid4()), row.uuid, target))
        assert answer[0].why is None
    assert len(logged(engine)) == 1


def test_an_undo_that_arrives_with_its_verdict(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    given, again = ann.verdict("top1", 0), ann.verdict("none", 0)
    undo = Retract(str(uuid4()), row.uuid, given.uuid)
    for _ in range(2):
        assert [answer.why for answer in ann.send(given, undo, again)] == [None] * 3
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "none")]


def test_nobody_takes_back_anothers_verdict(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, bob = hands(engine, row, 2)
    ann.ask(1)
    uuid = ann.judge()
    assert bob.send(Retract(str(uuid4()), row.uuid, uuid))[0].why == (
        "only whoever gave a verdict takes it back"
    )
    assert bob.send(Judge(uuid, row.uuid, 0, "none"))[0].why is not None
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "top1")]


def test_a_changed_mind_replaces(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    ann.judge("top1")
    ann.judge("unsure", 0)
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "unsure")]
    assert [verdict for _, _, verdict, _ in logged(engine)] == ["top1", "unsure"]
    assert lent(engine, row.id) == [(0, ann.reviewer_id)]


def test_late_verdicts_are_kept(engine: Engine) -> None:
    """Ann was offline; her item went to Bob. Hers fills his place only while he has none."""
    row = draw(engine, 3)
    ann, bob = hands(engine, row, 2)
    ann.ask(3, NOW)
    assert bob.ask(2, LATER).positions == [0, 1]
    bob.judge("none")
    for position in (0, 1, 2):
        ann.send(ann.verdict("top1", position), now=LATER)
    assert standing(engine, row.id) == [
        (0, ann.reviewer_id, "top1"),
        (0, bob.reviewer_id, "none"),
        (1, ann.reviewer_id, "top1"),
        (2, ann.reviewer_id, "top1"),
    ]
    assert lent(engine, row.id) == [
        (0, bob.reviewer_id),
        (1, bob.reviewer_id),
        (2, ann.reviewer_id),
    ]


def test_a_verdict_nobody_was_asked_for_takes_a_free_place(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = hands(engine, row, 2)
    ann.judge("top1", 1)
    assert bob.ask(2).positions == [0]
    assert lent(engine, row.id) == [(0, bob.reviewer_id), (1, ann.reviewer_id)]


def test_a_place_whose_time_ran_out_is_taken_by_who_judges(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, bob = hands(engine, row, 2)
    ann.ask(1, NOW)
    bob.send(bob.verdict("top1", 0), now=LATER)
    assert lent(engine, row.id) == [(0, bob.reviewer_id)]


def test_a_closed_round_still_takes_what_is_on_its_way(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    rounds.close(engine, row.id)
    ann.judge()
    assert len(standing(engine, row.id)) == 1


@pytest.mark.parametrize(
    ("design", "wrong", "why"),
    [
        ("uniform", {"verdict": "keep"}, "'keep' is no verdict of a uniform round"),
        ("uniform", {"verdict": "good"}, "'good' is no verdict of a uniform round"),
        ("curate", {"verdict": "top1"}, "'top1' is no verdict of a curate round"),
        ("uniform", {"verdict": "topk", "rank": 1}, "rank 1 goes with topk alone, from 2 to 5"),
        ("uniform", {"verdict": "topk", "rank": 6}, "rank 6 goes with topk alone, from 2 to 5"),
        ("uniform", {"verdict": "none", "rank": 2}, "rank 2 goes with topk alone, from 2 to 5"),
        ("uniform", {"verdict": "top1", "blind": "eyes"}, "'eyes' is no way of hiding"),
        ("uniform", {"verdict": "top1", "position": 9}, "the round has no item 9"),
        ("uniform", {"verdict": "top1", "note": "x" * (LONGEST_NOTE + 1)}, "longer than 10,000"),
        ("uniform", {"verdict": "top1", "round_uuid": "gone"}, "its round is not in this database"),
    ],
)
def test_what_is_refused_leaves_the_rest(
    engine: Engine, design: str, wrong: dict, why: str
) -> None:
    row = draw(engine, 2, design=design)
    (ann,) = hands(engine, row, 1)
    bad = Judge(**{"uuid": str(uuid4()), "round_uuid": row.uuid, "position": 0} | wrong)
    good = Judge(str(uuid4()), row.uuid, 1, "skip")
    answers = ann.send(bad, good)
    assert answers[0].why is not None
    assert why in answers[0].why
    assert answers[1].why is None
    assert standing(engine, row.id) == [(1, ann.reviewer_id, "skip")]


def test_history_is_ones_own_and_pages_backwards(engine: Engine) -> None:
    row = draw(engine, 6, overlap=2)
    ann, bob = hands(engine, row, 2)
    for hand in (ann, bob):
        hand.ask(6)
    for _ in range(5):
        ann.judge()
    bob.judge("none")
    ann.undo()
    with engine.connect() as connection:
        first = history(connection, row.id, ann.reviewer_id, limit=3)
        rest = history(connection, row.id, ann.reviewer_id, before=first[-1].id, limit=3)
    assert [each.position for each in (*first, *rest)] == [3, 2, 1, 0]
    assert {each.verdict for each in (*first, *rest)} == {"top1"}


def test_put_back_opens_items_to_everybody_and_keeps_the_log(engine: Engine) -> None:
    row = draw(engine, 3)
    ann, bob, chief = hands(engine, row, 3)
    ann.ask(2)
    ann.judge("top1")
    ann.judge("none")
    bob.ask(1)
    assert put_back(engine, row.id, [1, 2, 77], chief.reviewer_id) == 2
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "top1")]
    assert logged(engine)[1] == (1, ann.reviewer_id, "none", chief.reviewer_id)
    assert ann.ask(5).positions == [1]
    assert bob.ask(0).dropped == []  # he is looking at it


def test_nothing_of_a_request_is_stored_where_the_database_fails(engine: Engine) -> None:
    row = draw(engine, 2)
    (ann,) = hands(engine, row, 1)
    nameless = Judge(None, row.uuid, 0, "top1")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="refuses"):
        ann.send(ann.verdict("top1", 1), nameless)
    assert logged(engine) == []
    assert lent(engine, row.id) == []


def test_who_has_judged_too_late_is_not_given_the_item_again(engine: Engine) -> None:
    """Ann's verdict came when Bob had her item, and Bob left: it takes his place in the end."""
    row = draw(engine, 1)
    ann, bob, cid = hands(engine, row, 3)
    ann.ask(1, NOW)
    bob.ask(1, LATER)
    ann.send(ann.verdict("none", 0), now=LATER)
    assert lent(engine, row.id) == [(0, bob.reviewer_id)]
    much_later = LATER + LEASE + timedelta(seconds=1)
    ann.queue.clear()
    assert ann.ask(1, much_later).positions == []
    assert lent(engine, row.id) == [(0, ann.reviewer_id)]
    assert cid.ask(1, much_later).state == "done"


def test_a_verdict_counts_for_more_than_an_item_merely_prefetched(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, bob = hands(engine, row, 2)
    ann.ask(2, NOW)
    bob.ask(2, LATER)  # 0 is before his eyes, 1 is not
    for position in (0, 1):
        ann.send(ann.verdict("top1", position), now=LATER)
    assert lent(engine, row.id) == [(0, bob.reviewer_id), (1, ann.reviewer_id)]
    assert bob.ask(0, LATER).dropped == [1]


def test_what_is_put_back_is_not_given_to_who_has_read_it(engine: Engine) -> None:
    row = draw(engine, 2)
    ann, chief = hands(engine, row, 2)
    ann.ask(1)
    ann.judge()
    chief.ask(1)
    chief.judge("none")
    put_back(engine, row.id, [0, 1], chief.reviewer_id)
    assert chief.ask(5).positions == [1]
    assert ann.ask(5).positions == [0]


def test_who_is_looking_keeps_what_is_put_back(engine: Engine) -> None:
    row = draw(engine, 1, overlap=2)
    ann, bob, cid, chief = hands(engine, row, 4)
    ann.ask(1)
    ann.judge()
    bob.ask(1)
    put_back(engine, row.id, [0], chief.reviewer_id)
    assert cid.ask(1).positions == [0]
    assert ann.ask(1).positions == []
    for hand in (bob, cid):
        hand.judge()
    assert [who for _, who, _ in standing(engine, row.id)] == [bob.reviewer_id, cid.reviewer_id]


def test_a_page_that_knows_nothing_of_it_does_not_undo_a_put_back(engine: Engine) -> None:
    row = draw(engine, 1)
    ann, chief = hands(engine, row, 2)
    ann.ask(1)
    ann.judge("top1")
    put_back(engine, row.id, [0], chief.reviewer_id)
    (answer,) = ann.send(ann.verdict("top1", 0, note="a note on it"))
    assert answer.why == "an admin has put this picture back to be judged anew"
    assert standing(engine, row.id) == []
    ann.ask(1)
    ann.judge("none")
    assert standing(engine, row.id) == [(0, ann.reviewer_id, "none")]


def test_what_stood_when_a_round_was_closed_stands(engine: Engine) -> None:
    row = draw(engine, 3)
    ann, bob = hands(engine, row, 2)
    ann.ask(2)
    uuid = ann.judge("top1")
    rounds.close(engine, row.id)
    undo = Retract(str(uuid4()), row.uuid, uuid)
    late = ann.verdict("none")
    refused = [undo, ann.verdict("none", 0), bob.verdict("top1", 2)]
    closed = "the round has been closed meanwhile"
    assert [answer.why for answer in ann.send(undo, refused[1], late)] == [closed, closed, None]
    assert bob.send(refused[2])[0].why == closed
    # the one that came later may still be taken back and given anew
    again = Retract(str(uuid4()), row.uuid, late.uuid), ann.verdict("top1", 1)
    assert [answer.why for answer in ann.send(*again)] == [None, None]
    assert standing(engine, row.id) == [
        (0, ann.reviewer_id, "top1"),
        (1, ann.reviewer_id, "top1"),
    ]


def test_one_name_is_one_verdict(engine: Engine) -> None:
    row = draw(engine, 2)
    (ann,) = hands(engine, row, 1)
    ann.ask(2)
    uuid = ann.judge("top1", 0)
    for other in ({"position": 1}, {"verdict": "none"}):
        event = Judge(
            **{"uuid": uuid, "round_uuid": row.uuid, "position": 0, "verdict": "top1"} | other
        )
        assert ann.send(event)[0].why == "another verdict has the same name"


def test_an_undo_names_the_round_of_its_verdict(engine: Engine) -> None:
    row, other = draw(engine, 1), draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    ann.ask(1)
    uuid = ann.judge()
    answer = ann.send(Retract(str(uuid4()), other.uuid, uuid))[0]
    assert answer.why == "the verdict belongs to another round"
    assert len(standing(engine, row.id)) == 1


def test_a_note_renews_a_verdict_and_changes_nothing_else(engine: Engine) -> None:
    row = draw(engine, 3)
    (ann,) = hands(engine, row, 1)
    first = ann.verdict("topk", 0, rank=2, seconds=1.5, blind="labels")
    ann.send(first, ann.verdict("top1", 1), ann.verdict("none", 2), now=NOW)
    noted = ann.verdict("topk", 0, rank=2, note="why", renews=first.uuid)
    ann.send(noted, now=LATER)
    with engine.connect() as connection:
        latest = history(connection, row.id, ann.reviewer_id, limit=2)
        oldest = history(connection, row.id, ann.reviewer_id, before=latest[-1].id, limit=2)
        stored = connection.execute(select(Judgment).where(Judgment.uuid == noted.uuid)).one()
    assert [each.position for each in (*latest, *oldest)] == [2, 1, 0]
    assert (oldest[0].note, oldest[0].blind, oldest[0].at) == ("why", "labels", NOW)
    assert (stored.seconds, stored.correct_rank) == (1.5, 2)
    assert logged(engine)[0] == (0, ann.reviewer_id, "topk", ann.reviewer_id)


def test_what_renews_another_verdict_is_a_verdict_of_its_own(engine: Engine) -> None:
    row = draw(engine, 1)
    (ann,) = hands(engine, row, 1)
    first = ann.verdict("top1", 0, blind="labels")
    ann.send(first, now=NOW)
    ann.send(ann.verdict("none", 0, renews=first.uuid), now=LATER)
    with engine.connect() as connection:
        (only,) = history(connection, row.id, ann.reviewer_id, limit=5)
    assert (only.verdict, only.blind, only.at) == ("none", "none", LATER)


def test_with_one_prediction_no_later_one_is_right(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(k=1), resume=False)
    sink.write([labeled(0, post("1"), k=1)])
    sink.close(finished=True)
    with engine.connect() as connection:
        row = rounds.by_id(connection, store_round(engine, sink.run_id))
    assert row is not None
    (ann,) = hands(engine, row, 1)
    assert "no later one" in str(ann.send(ann.verdict("topk", 0))[0].why)
    assert ann.send(ann.verdict("top1", 0))[0].why is None
