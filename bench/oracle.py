"""A reviewer who knows the truth: judges a whole round through the database, as the page does."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from db import judgments, review_items, reviewers, rounds
from db.engine import Engine
from db.review_events import Judge

Answer = tuple[str, int | None]
"""A verdict, and the rank of the right prediction where that is later than the first."""

_AT_ONCE = 500


def judge(engine: Engine, round_id: int, answer: Callable[[review_items.ItemRow], Answer]) -> int:
    """Give a verdict on every item of a round; return how many."""
    who = reviewers.local(engine).id
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
    assert row is not None
    for start in range(0, row.size, _AT_ONCE):
        positions = range(start, min(start + _AT_ONCE, row.size))
        with engine.connect() as connection:
            items = review_items.items(connection, row, positions)
        events = []
        for position, item in items.items():
            verdict, rank = answer(item)
            events.append(Judge(str(uuid4()), row.uuid, position, verdict, rank=rank))
        judgments.record(engine, who, events)
    return row.size
