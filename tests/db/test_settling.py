"""A settled disagreement: the last word on a picture, and no review of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from db import classic, judged, judged_list, review_history, review_progress, round_overview, rounds
from db.judged_list import ALL, DISAGREEMENT, SETTLED, Listing
from db.judgments import put_back
from db.leases import LEASE, Wish, hand_out
from db.review_events import Answer, Judge, Retract
from db.settling import settle
from tests.db.judging import Hand, draw, lent, people, standing, store_round
from tests.db.test_view import rows


class Dispute:
    """A round of two pictures; two reviewers disagree on the first, and there is an admin."""

    def __init__(
        self,
        engine: Engine,
        *,
        said: tuple[str, str] = ("top1", "none"),
        overlap: int = 2,
        design: str = "uniform",
    ) -> None:
        self.engine = engine
        self.row = draw(engine, 2, overlap=overlap, design=design)
        self.ann, self.bob, self.cid = (Hand(engine, self.row, each) for each in people(engine, 3))
        for hand, verdict in zip((self.ann, self.bob), said, strict=True):
            hand.judge(verdict, 0)

    def settle(self, verdict: str, rank: int | None = None, by: Hand | None = None, at: int = 0):
        event = Judge(str(uuid4()), self.row.uuid, at, verdict, rank)
        return settle(self.engine, (by or self.cid).reviewer_id, event)

    def listed(self, which: str, viewer: Hand | None = None) -> dict[int, list[tuple]]:
        """Return (verdict, settles) of the verdicts that the admin sees, by position."""
        asked = Listing(self.row.id, (viewer or self.cid).reviewer_id, which)
        with self.engine.connect() as connection:
            found = judged_list.judged(connection, asked)
        return {
            position: [(each.verdict, each.settles) for each in given or ()]
            for position, given in found.items()
        }

    def last_word(self) -> list[tuple[str, int]]:
        with self.engine.connect() as connection:
            found = judged.verdicts(connection, self.row.run_id)
        return list(zip(found.verdicts, found.settles, strict=True))


@pytest.fixture
def dispute(engine: Engine) -> Dispute:
    return Dispute(engine)


class Rounds:
    """Several rounds of the same two pictures, each judged once, and an admin."""

    def __init__(self, engine: Engine, number: int = 2) -> None:
        self.engine = engine
        first = draw(engine, 2)
        ids = [first.id, *(store_round(engine, first.run_id) for _ in range(number - 1))]
        with engine.connect() as connection:
            found = [rounds.by_id(connection, each) for each in ids]
        self.rows = [row for row in found if row is not None]
        self.ann, self.bob, self.cid = people(engine, 3)

    def judge(self, at: int, who: int, verdict: str, rank: int | None = None) -> None:
        Hand(self.engine, self.rows[at], who).judge(verdict, 0, rank=rank)

    def settle(self, at: int, verdict: str) -> str | None:
        event = Judge(str(uuid4()), self.rows[at].uuid, 0, verdict)
        return settle(self.engine, self.cid, event)

    def listed(self, which: str) -> list[list[tuple]]:
        """Return (verdict, settles, elsewhere) of what is listed of each round's first picture."""
        found = []
        with self.engine.connect() as connection:
            for row in self.rows:
                judged_ = judged_list.judged(connection, Listing(row.id, self.cid, which))
                given = judged_.get(0) or ()
                found.append([(each.verdict, each.settles, each.elsewhere) for each in given])
        return found


def test_a_disagreement_of_two_rounds_is_listed_and_settled_in_either(engine: Engine) -> None:
    both = Rounds(engine)
    both.judge(0, both.ann, "top1")
    assert both.settle(0, "top1") is not None  # nobody disagrees yet
    both.judge(1, both.bob, "none")
    name = both.rows[0].name
    assert both.listed(DISAGREEMENT) == [
        [("top1", False, None), ("none", False, name)],
        [("top1", False, name), ("none", False, None)],
    ]
    assert both.listed(SETTLED) == [[], []]
    assert both.settle(1, "top1") is None
    assert both.listed(DISAGREEMENT) == [[], []]
    assert [len(each) for each in both.listed(SETTLED)] == [3, 3]
    # settled anew in the other: one last word stands
    assert both.settle(0, "novocab") is None
    assert both.listed(SETTLED)[0][2:] == [("novocab", True, None)]
    with engine.connect() as connection:
        found = judged.verdicts(connection, both.rows[0].run_id)
    assert [
        each for each, settles in zip(found.verdicts, found.settles, strict=True) if settles
    ] == ["novocab"]


def test_a_changed_mind_is_no_disagreement(engine: Engine) -> None:
    """Of each reviewer the last word counts, as in every figure."""
    three = Rounds(engine, 3)
    three.judge(0, three.ann, "top1")
    three.judge(1, three.ann, "none")
    three.judge(2, three.bob, "none")
    assert three.listed(DISAGREEMENT) == [[], [], []]
    assert three.settle(0, "none") is not None


def test_ranks_of_two_rounds_may_disagree(engine: Engine) -> None:
    both = Rounds(engine)
    both.judge(0, both.ann, "topk", 2)
    both.judge(1, both.bob, "topk", 3)
    assert [len(each) for each in both.listed(DISAGREEMENT)] == [2, 2]


def test_a_disagreement_is_not_told_while_a_round_can_still_give_the_picture(
    engine: Engine,
) -> None:
    three = Rounds(engine, 3)
    three.judge(0, three.ann, "top1")
    three.judge(1, three.bob, "none")
    assert three.listed(DISAGREEMENT) == three.listed(ALL) == [[], [], []]
    assert three.settle(0, "top1") is not None
    rounds.close(engine, three.rows[2].id)
    assert [len(each) for each in three.listed(DISAGREEMENT)] == [2, 2, 0]
    assert three.settle(0, "top1") is None


def test_sorting_and_judging_do_not_disagree(engine: Engine) -> None:
    dispute = Dispute(engine, said=("keep", "keep"), design="curate")
    judging = store_round(engine, dispute.row.run_id)
    with engine.connect() as connection:
        row = rounds.by_id(connection, judging)
    assert row is not None
    Hand(engine, row, dispute.ann.reviewer_id).judge("none", 0)
    assert dispute.listed(DISAGREEMENT) == {}
    assert dispute.listed(ALL) == {0: [("keep", False), ("keep", False)]}


def test_the_last_word_wins_and_the_reviews_stand(dispute: Dispute) -> None:
    assert list(dispute.listed(DISAGREEMENT)) == [0]
    assert dispute.settle("topk", 3) is None
    assert dispute.last_word() == [("top1", 0), ("none", 0), ("topk", 1)]
    assert dispute.listed(DISAGREEMENT) == {}
    assert (
        dispute.listed(SETTLED)
        == dispute.listed(ALL)
        == {0: [("top1", False), ("none", False), ("topk", True)]}
    )
    assert [row["label_id"] for row in rows(dispute.engine)] == [1, None]


def test_a_review_that_comes_later_does_not_outweigh_it(dispute: Dispute) -> None:
    dispute.settle("topk")
    dispute.bob.judge("novocab", 0)
    assert dispute.last_word() == [("top1", 0), ("topk", 1), ("novocab", 0)]
    assert [row["label_id"] for row in rows(dispute.engine)] == [1, None]


def test_settling_anew_replaces_what_was_settled_whoever_did(dispute: Dispute) -> None:
    assert dispute.settle("topk") is None
    assert dispute.settle("none") is None
    assert dispute.last_word()[2:] == [("none", 1)]
    assert dispute.settle("top1", by=dispute.ann) is None
    assert dispute.last_word() == [("top1", 0), ("none", 0), ("top1", 1)]


def test_an_admin_who_reviewed_keeps_that_review_apart(dispute: Dispute) -> None:
    ann = dispute.ann
    assert dispute.settle("none", by=ann) is None
    assert dispute.last_word() == [("top1", 0), ("none", 0), ("none", 1)]
    with dispute.engine.connect() as connection:
        where = (connection, dispute.row.id, ann.reviewer_id)
        assert [each.verdict for each in review_history.history(*where, limit=9)] == ["top1"]
        assert classic.own_verdicts(*where, [0]) == {0: "top1"}
    # a changed mind and an undo are about the review alone
    ann.judge("novocab", 0)
    assert dispute.last_word() == [("none", 0), ("none", 1), ("novocab", 0)]
    ann.undo()
    assert dispute.last_word() == [("none", 0), ("none", 1)]


def test_who_was_overruled_may_still_change_their_review(dispute: Dispute) -> None:
    dispute.settle("top1", by=dispute.ann)
    dispute.settle("none", by=dispute.cid)
    dispute.ann.judge("none", 0)
    assert dispute.last_word() == [("none", 0), ("none", 1), ("none", 0)]


def test_it_cannot_be_undone_as_a_review(dispute: Dispute) -> None:
    event = Judge(str(uuid4()), dispute.row.uuid, 0, "top1")
    assert settle(dispute.engine, dispute.ann.reviewer_id, event) is None
    before = lent(dispute.engine, dispute.row.id)
    undo = Retract(str(uuid4()), dispute.row.uuid, event.uuid)
    assert dispute.ann.send(undo) == [Answer(undo.uuid, None)]
    assert dispute.last_word()[-1] == ("top1", 1)
    assert lent(dispute.engine, dispute.row.id) == before


def test_it_counts_nowhere_as_a_review(dispute: Dispute) -> None:
    def counts() -> tuple:
        with dispute.engine.connect() as connection:
            now = review_progress.progress(connection, dispute.row.id, datetime.now(UTC))
            return (
                now.done,
                {each.name: each.per_minute > 0 for each in now.reviewers},
                round_overview.tally(connection, dispute.row.id),
                judged.verdict_counts(connection),
            )

    before, places = counts(), lent(dispute.engine, dispute.row.id)
    dispute.settle("none")
    assert counts() == before
    assert lent(dispute.engine, dispute.row.id) == places


def test_a_place_that_runs_out_is_not_given_to_it(dispute: Dispute) -> None:
    """A place goes to a late review, and a settling verdict is none."""
    dispute.settle("none")
    later = datetime.now(UTC) + 2 * LEASE
    dispute.bob.undo()
    assert hand_out(dispute.engine, dispute.row.id, dispute.bob.reviewer_id, Wish(2), later)
    much_later = later + 2 * LEASE
    hand_out(dispute.engine, dispute.row.id, dispute.ann.reviewer_id, Wish(2), much_later)
    assert dispute.cid.reviewer_id not in dict(lent(dispute.engine, dispute.row.id)).values()


def test_who_settled_is_not_given_the_picture(dispute: Dispute) -> None:
    dispute.settle("none")
    put_back(dispute.engine, dispute.row.id, [0], dispute.ann.reviewer_id)
    assert standing(dispute.engine, dispute.row.id) == []
    assert dispute.cid.ask(9).positions == [1]
    assert dispute.bob.ask(9).positions == [0, 1]


def test_a_fresh_look_after_putting_back_is_settled_anew(dispute: Dispute) -> None:
    dispute.settle("none")
    put_back(dispute.engine, dispute.row.id, [0], dispute.cid.reviewer_id)
    assert dispute.last_word() == []
    assert dispute.listed(SETTLED) == dispute.listed(DISAGREEMENT) == {}
    assert dispute.settle("none") is not None


def test_sent_twice_it_is_stored_once(dispute: Dispute) -> None:
    event = Judge(str(uuid4()), dispute.row.uuid, 0, "top1")
    for _ in range(2):
        assert settle(dispute.engine, dispute.cid.reviewer_id, event) is None
    assert dispute.last_word() == [("top1", 0), ("none", 0), ("top1", 1)]


def test_a_closed_round_is_settled_too(dispute: Dispute) -> None:
    rounds.close(dispute.engine, dispute.row.id)
    assert dispute.settle("top1") is None
    assert dispute.last_word()[-1] == ("top1", 1)


@pytest.mark.parametrize(
    ("verdict", "rank", "at", "why"),
    [
        ("skip", None, 0, "leaves the question open"),
        ("keep", None, 0, "no verdict of a uniform round"),
        ("maybe", None, 0, "no verdict of a uniform round"),
        ("topk", 6, 0, "rank 6 goes with topk alone, from 2 to 5"),
        ("top1", 2, 0, "goes with topk alone"),
        ("top1", None, 1, "do not disagree"),
        ("top1", None, 9, "the round has no item 9"),
    ],
)
def test_what_is_not_settled(
    dispute: Dispute, verdict: str, rank: int | None, at: int, why: str
) -> None:
    refused = dispute.settle(verdict, rank, at=at)
    assert refused is not None
    assert why in refused
    assert dispute.last_word() == [("top1", 0), ("none", 0)]


def test_an_unknown_round_settles_nothing(dispute: Dispute) -> None:
    event = Judge(str(uuid4()), str(uuid4()), 0, "top1")
    assert settle(dispute.engine, dispute.cid.reviewer_id, event) is not None


def test_nobody_settles_what_they_may_still_be_given(engine: Engine) -> None:
    dispute = Dispute(engine, overlap=3)
    assert dispute.settle("top1") is not None
    assert dispute.cid.ask(1).positions == [0]
    assert dispute.settle("top1") is not None
    dispute.cid.judge("none")
    assert dispute.settle("top1") is None
    assert dispute.last_word() == [("top1", 0), ("none", 0), ("none", 0), ("top1", 1)]


def test_what_to_keep_is_settled_in_its_own_words(engine: Engine) -> None:
    dispute = Dispute(engine, said=("keep", "reject"), design="curate")
    assert dispute.settle("top1") is not None
    assert dispute.settle("reject") is None
    assert dispute.listed(SETTLED)[0][-1] == ("reject", True)
