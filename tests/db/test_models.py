"""Constraints hold in the database itself, on either kind."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import DBAPIError, StatementError

from db.models import Failure, Image, Prediction, Run
from db.review_models import Judgment, Reviewer
from db.sink import DatabaseSink
from db.verdicts import VERDICTS
from tests.db.making import NOON, info, judge, labeled, post


@pytest.fixture
def filled(engine: Engine) -> Engine:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    return engine


def add(engine: Engine, table: Any, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(**values))


@pytest.mark.parametrize(
    "changed",
    [
        {"score": 1.5},
        {"score": -0.1},
        {"score": None},
        {"label": None},
        {"rank": 0},
        {"rank": 1},  # there is one
        {"run_id": 99},
        {"image_id": 99},
    ],
)
def test_predictions(filled: Engine, changed: dict[str, Any]) -> None:
    values: dict[str, Any] = {
        "run_id": 1, "image_id": 1, "rank": 6, "class_id": None, "label": "crane", "score": 0.0
    }  # fmt: skip
    with pytest.raises(DBAPIError):
        add(filled, Prediction, **values | changed)
    add(filled, Prediction, **values)


def test_verdicts_are_the_vocabulary(filled: Engine) -> None:
    for verdict in VERDICTS:
        judge(filled, 1, [(1, verdict, False)])
    with pytest.raises(DBAPIError):
        judge(filled, 1, [(1, "maybe", False)])


@pytest.mark.parametrize(
    ("verdict", "rank", "allowed"),
    [("topk", 2, True), ("topk", None, True), ("topk", 1, False), ("top1", 2, False)],
)
def test_correct_rank(filled: Engine, verdict: str, rank: int | None, allowed: bool) -> None:
    judge(filled, 1, [(1, "top1", False)])
    values = {
        "uuid": "0" * 36, "round_id": 1, "position": 0, "reviewer_id": 1, "verdict": verdict,
        "correct_rank": rank, "created_at": NOON,
    }  # fmt: skip
    if not allowed:
        with pytest.raises(DBAPIError):
            add(filled, Judgment, **values)
        return
    add(filled, Judgment, **values)
    with pytest.raises(DBAPIError):  # the same uuid
        add(filled, Judgment, **values)


def test_stages_and_roles(filled: Engine) -> None:
    failure = {
        "run_id": 1, "position": 5, "key": "k", "link": "", "reason": "r", "detail": "", "at": NOON
    }  # fmt: skip
    with pytest.raises(DBAPIError):
        add(filled, Failure, **failure, stage="sleep")
    add(filled, Failure, **failure, stage="read")
    with pytest.raises(DBAPIError):  # one failure a position
        add(filled, Failure, **failure, stage="read")
    with pytest.raises(DBAPIError):
        add(filled, Reviewer, name="ann", role="boss", created_at=NOON)


def test_names_differ_by_case_and_trailing_spaces(filled: Engine) -> None:
    for name in ("ann", "Ann", "ann ", "änn"):
        add(filled, Reviewer, name=name, role="reviewer", created_at=NOON)
    with pytest.raises(DBAPIError):
        add(filled, Reviewer, name="ann", role="reviewer", created_at=NOON)


def test_times_come_back_in_utc(filled: Engine) -> None:
    elsewhere = timezone(timedelta(hours=-7))
    with filled.begin() as connection:
        connection.execute(
            insert(Image).values(key="k", link="l", posted_at=NOON.astimezone(elsewhere))
        )
        back = connection.execute(select(Image.posted_at).where(Image.key == "k")).scalar()
        assert back == NOON
        assert back.utcoffset() == timedelta(0)
        assert connection.execute(select(Run.started_at)).scalar().tzinfo is not None


def test_a_time_without_a_zone_is_refused(filled: Engine) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        add(filled, Image, key="k", link="l", posted_at=datetime(2016, 12, 1))
