"""Whatever reviewers, clocks and networks do: no verdict is lost, doubled, or one too many."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from db.engine import connect
from db.judgments import put_back, record
from db.leases import LEASE, Wish, hand_out
from db.review_events import Judge, Retract, Showing
from db.review_models import FREE, FULL, PARTLY, Judgment, Lease, RoundItem
from tests.db.judging import draw, people

SIZE, CREW = 5, 3
who = st.integers(0, CREW - 1)


class Reviewing(RuleBasedStateMachine):
    """Three reviewers over five pictures; what each sends may arrive late, again, or at once."""

    given = Bundle("given")

    @initialize(reviews=st.lists(st.integers(1, 3), min_size=SIZE, max_size=SIZE))
    def begin(self, reviews: list[int]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.engine = connect(f"sqlite:///{Path(self.folder.name)}/a.db")
        self.row = draw(self.engine, SIZE, reviews=reviews)
        self.reviews = reviews
        self.crew = people(self.engine, CREW)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.queues: dict[int, list[int]] = defaultdict(list)
        # what must stand: by reviewer and position, the verdict
        self.truth: dict[tuple[int, int], str] = {}

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()

    @rule(who=who, want=st.integers(0, 4))
    def ask(self, who: int, want: int) -> None:
        queue = self.queues[who]
        wish = Wish(want, tuple(queue), queue[0] if queue else None)
        handed = hand_out(self.engine, self.row.id, self.crew[who], wish, self.now)
        kept = [position for position in queue if position not in handed.dropped]
        assert not set(kept) & set(handed.positions)
        assert len(handed.positions) <= want
        for position in handed.positions:
            assert (who, position) not in self.truth, "judged before by the same reviewer"
        self.queues[who] = kept + list(handed.positions)
        if handed.state == "open":
            assert len(handed.positions) == want

    @rule(target=given, who=who, verdict=st.sampled_from(("top1", "none", "skip")))
    def judge(self, who: int, verdict: str) -> tuple[int, Judge] | None:
        queue = self.queues[who]
        if not queue:
            return None
        event = Judge(str(uuid4()), self.row.uuid, queue.pop(0), verdict)
        showing = Showing(self.row.uuid, queue[0]) if queue else None
        answers = record(self.engine, self.crew[who], [event], showing, self.now)
        assert answers[0].why is None
        self.truth[who, event.position] = verdict
        return who, event

    @rule(given=given)
    def again(self, given: tuple[int, Judge] | None) -> None:
        """The acknowledgement was lost, and the browser sends once more."""
        if given is not None:
            who, event = given
            assert record(self.engine, self.crew[who], [event], None, self.now)[0].why is None

    @rule(given=given)
    def undo(self, given: tuple[int, Judge] | None) -> None:
        if given is None:
            return
        who, event = given
        with self.engine.connect() as connection:
            stood = connection.execute(
                select(Judgment.retracted_at).where(Judgment.uuid == event.uuid)
            ).scalar()
        retract = Retract(str(uuid4()), self.row.uuid, event.uuid)
        assert record(self.engine, self.crew[who], [retract], None, self.now)[0].why is None
        if stood is None:
            del self.truth[who, event.position]
            self.queues[who].insert(0, event.position)

    @rule(who=who)
    def reload(self, who: int) -> None:
        self.queues[who].clear()

    @rule(share=st.sampled_from((0.1, 0.6, 1.1)))
    def wait(self, share: float) -> None:
        self.now += share * LEASE

    @rule(position=st.integers(0, SIZE - 1))
    def put_back(self, position: int) -> None:
        put_back(self.engine, self.row.id, [position], self.crew[0])
        for who in range(CREW):
            self.truth.pop((who, position), None)

    @invariant()
    def what_was_acknowledged_stands_once(self) -> None:
        if not hasattr(self, "row"):
            return
        query = select(Judgment.reviewer_id, Judgment.position, Judgment.verdict).where(
            Judgment.retracted_at.is_(None)
        )
        with self.engine.connect() as connection:
            stored = [tuple(row) for row in connection.execute(query)]
        expected = [(self.crew[who], at, verdict) for (who, at), verdict in self.truth.items()]
        assert sorted(stored) == sorted(expected)

    @invariant()
    def no_item_is_with_too_many(self) -> None:
        if not hasattr(self, "row"):
            return
        with self.engine.connect() as connection:
            leases = connection.execute(
                select(Lease.position, Lease.slot, Lease.reviewer_id, Lease.expires_at)
            ).all()
            places = dict(
                connection.execute(select(RoundItem.position, RoundItem.places)).all()  # type: ignore[arg-type]
            )
        held: dict[int, list[int]] = defaultdict(list)
        for lease in leases:
            held[lease.position].append(lease.reviewer_id)
            assert lease.slot < self.reviews[lease.position]
        for position, number in enumerate(self.reviews):
            holders = held[position]
            assert len(holders) == len(set(holders)) <= number
            state = FULL if len(holders) == number else PARTLY if holders else FREE
            assert places[position] == state


Reviewing.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestReviewing = pytest.mark.slow(Reviewing.TestCase)
