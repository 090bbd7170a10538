"""The view `classifications`: the seed's 14 columns."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from db.sink import DatabaseSink
from db.view import COLUMNS, RUN_STRIDE
from tests.db.making import SCORES, info, judge, labeled, post
from vision.records import ImageRecord


def rows(engine: Engine) -> list[dict]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM classifications ORDER BY id"))
        return [dict(row) for row in found.mappings()]


def test_columns_and_values(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("99")), labeled(1, ImageRecord("a/b.jpg", "a/b.jpg"))])
    first, second = rows(engine)
    assert tuple(first) == COLUMNS
    assert len(COLUMNS) == 14
    assert first["id"] == 1
    assert first["tweet_id"] == "99"
    assert second["tweet_id"] == "a/b.jpg"
    assert [first[f"score{rank}"] for rank in range(1, 6)] == list(SCORES)
    assert [first[f"keyword{rank}"] for rank in (1, 5)] == ["class 0", "class 4"]
    assert first["label_id"] is None


def test_fewer_than_five_predictions(engine: Engine) -> None:
    DatabaseSink(engine, info(k=2), resume=False).write([labeled(0, post("1"), k=2)])
    (row,) = rows(engine)
    assert row["keyword2"] == "class 1"
    assert row["keyword3"] is None
    assert row["score5"] is None


def test_more_than_five_predictions_are_one_row(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO prediction VALUES (1, 1, 6, 7, 'sixth', 0.0)"))
    assert len(rows(engine)) == 1


@pytest.mark.parametrize(
    ("verdicts", "label_id"),
    [
        ([("top1", False)], 0),
        ([("topk", False)], 1),
        ([("none", False)], 2),
        ([("novocab", False)], 2),
        ([("unsure", False)], None),
        ([("skip", False)], None),
        ([("top1", True)], None),
        ([("top1", False), ("none", False)], 2),
        ([("top1", False), ("none", True)], 0),
        ([("topk", False), ("skip", False)], 1),
    ],
)
def test_label_id_is_the_latest_that_holds(
    engine: Engine, verdicts: list[tuple[str, bool]], label_id: int | None
) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(n, post(str(n))) for n in range(2)])
    judge(engine, 1, [(2, verdict, retracted) for verdict, retracted in verdicts])
    assert [row["label_id"] for row in rows(engine)] == [None, label_id]


def test_a_later_round_outweighs_an_earlier_one(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    judge(engine, 1, [(1, "top1", False)])
    judge(engine, 1, [(1, "none", False)])
    assert [row["label_id"] for row in rows(engine)] == [2]


def test_a_verdict_belongs_to_its_run(engine: Engine) -> None:
    for _ in range(2):
        DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    judge(engine, 2, [(1, "top1", False)])
    assert [(row["id"], row["label_id"]) for row in rows(engine)] == [
        (1, None),
        (RUN_STRIDE + 1, 0),
    ]
