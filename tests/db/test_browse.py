"""What the pages ask."""

from __future__ import annotations

from sqlalchemy import Engine

from db import browse
from db.sink import DatabaseSink
from tests.db.making import NOON, SCORES, failed, info, labeled, post


def test_runs_latest_first(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1")), failed(1), labeled(2, post("1"))])
    sink.close(finished=True)
    DatabaseSink(engine, info(model="resnet50"), resume=False)
    with engine.connect() as connection:
        second, first = browse.runs(connection)
    assert (first.id, first.model, first.k) == (1, "vgg16", 5)
    assert (first.seen, first.labeled, first.failed) == (3, 1, 1)
    assert first.finished_at is not None
    assert first.finished_at >= first.started_at
    assert first.arguments["input"] == "tweets.json"
    assert (second.id, second.model, second.finished_at) == (2, "resnet50", None)


def test_sheets_page_through_a_run(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("0"))])
    DatabaseSink(engine, info(), resume=False).write([labeled(n, post(str(n))) for n in range(7)])
    pages: list[list[browse.SheetRow]] = []
    with engine.connect() as connection:
        after = None
        while rows := browse.sheet(connection, 2, after=after, limit=3):
            pages.append(rows)
            after = rows[-1].image_id
        assert browse.sheet(connection, 3, limit=3) == []
    assert [[row.key for row in page] for page in pages] == [
        ["0/0", "1/0", "2/0"],
        ["3/0", "4/0", "5/0"],
        ["6/0"],
    ]
    row = pages[0][1]
    assert (row.link, row.author, row.text) == ("http://x/1-0.jpg", "ann", "a text")
    assert list(row.predictions) == [(f"class {n}", score) for n, score in enumerate(SCORES)]


def test_one_image(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("1"))])
    with engine.connect() as connection:
        found = browse.image(connection, 1)
        assert browse.image(connection, 2) is None
    assert found is not None
    assert found.key == "1/0"
    assert len(found.content_sha256 or "") == 64


def test_failures(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([failed(n, f"line {n}") for n in range(5)])
    other = failed(5)
    sink.write([type(other)(5, "k", "l", "decode", "not a picture", "HTML", NOON)])
    with engine.connect() as connection:
        rows = browse.failures(connection, 1, 3)
        counts = browse.failure_counts(connection, 1)
        assert browse.failures(connection, 2, 3) == []
    assert [(row.position, row.key) for row in rows] == [(n, f"line {n}") for n in range(3)]
    assert rows[0].at == NOON
    assert [(count.stage, count.reason, count.count) for count in counts] == [
        ("fetch", "gone (404)", 5),
        ("decode", "not a picture", 1),
    ]


def test_some_pictures_with_the_predictions_of_a_run(engine: Engine) -> None:
    for k in (5, 2):
        sink = DatabaseSink(engine, info(k=k), resume=False)
        sink.write([labeled(n, post(str(n)), k=k) for n in range(3)])
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("9"))])
    with engine.connect() as connection:
        found = browse.pictures(connection, 2, [3, 1, 4, 99])
        assert browse.pictures(connection, 2, []) == {}
    assert sorted(found) == [1, 3, 4]
    assert found[3].key == "2/0"
    assert found[3].predictions == (("class 0", SCORES[0]), ("class 1", SCORES[1]))
    assert found[4].predictions == ()  # not labeled in this run
