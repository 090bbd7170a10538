"""Loading a CSV, however often and in whatever pieces, gives each row once."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from db.loader import LoadCounts, LoadOptions, load
from db.models import Failure, Image, Prediction, Run
from db.review_models import Base
from db.sink import DatabaseSink
from tests.db.making import content, info, labeled, post
from vision.errors import StoreError


def line(number: int, first: float = 0.5, link: str = "") -> str:
    return f"{number},{link or f'http://x/{number}.jpg'},crane,{first},crane,0.25\n"


def put(
    engine: Engine, lines: Sequence[str], **options: object
) -> tuple[LoadCounts, list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    counts = load(lines, engine, LoadOptions(**options), lambda *said: bad.append(said))  # type: ignore[arg-type]
    return counts, bad


def test_rows(engine: Engine) -> None:
    counts, bad = put(engine, [line(1), line(2)])
    assert counts == LoadCounts(run_id=1, loaded=2)
    assert bad == []
    rows = content(engine)
    assert [row[1:4] for row in rows["image"]] == [
        ("1/0", "1", "http://x/1.jpg"),
        ("2/0", "2", "http://x/2.jpg"),
    ]
    assert rows["prediction"][:2] == [
        (1, 1, 1, None, "crane", 0.5),
        (1, 1, 2, None, "crane", 0.25),
    ]
    with engine.connect() as connection:
        run = connection.execute(select(Run)).one()
    assert (run.model, run.k, run.images_seen, run.images_labeled) == ("vgg16", 2, 2, 2)
    assert run.arguments["loaded_from"] == "csv"
    assert run.weights_sha256 is None
    assert run.finished_at is not None


def test_loading_again_changes_nothing(engine: Engine) -> None:
    lines = [line(number) for number in range(30)]
    put(engine, lines, batch_size=7)
    before = content(engine)
    counts, bad = put(engine, lines, batch_size=4)
    assert counts == LoadCounts(run_id=1, there=30)
    assert bad == []
    assert content(engine) == before


def test_a_grown_file_adds_what_is_new(engine: Engine) -> None:
    put(engine, [line(1)])
    counts, _ = put(engine, [line(1), line(2)])
    assert counts == LoadCounts(run_id=1, loaded=1, there=1)
    assert content(engine)["run"] == [(1, 2, 2, 2, 0)]


def test_other_predictions_of_a_picture_are_a_conflict(engine: Engine) -> None:
    put(engine, [line(1)])
    counts, bad = put(engine, [line(2), line(1, first=0.75), line(2), line(2, first=0.6)])
    assert counts == LoadCounts(run_id=1, loaded=1, there=1, conflicts=2)
    assert [number for number, _ in bad] == [2, 4]
    assert "use --run new" in bad[0][1]
    counts, bad = put(engine, [line(1, first=0.75)], run="new")
    assert counts == LoadCounts(run_id=2, loaded=1)
    assert bad == []
    # the latest run of a CSV is the one that goes on
    assert put(engine, [line(1, first=0.75)])[0] == LoadCounts(run_id=2, there=1)


def test_each_model_and_k_has_a_run(engine: Engine) -> None:
    assert put(engine, [line(1)])[0].run_id == 1
    assert put(engine, [line(1)], model="resnet50")[0].run_id == 2
    assert put(engine, ["1,http://x/1.jpg,crane,0.5\n"])[0].run_id == 3
    assert put(engine, [line(2)])[0].run_id == 1


def test_a_given_run(engine: Engine) -> None:
    put(engine, [line(1)])
    put(engine, [line(1)], run="new")
    assert put(engine, [line(2)], run=1)[0] == LoadCounts(run_id=1, loaded=1)
    with pytest.raises(StoreError, match="no run 9"):
        put(engine, [line(3)], run=9)
    with pytest.raises(StoreError, match="has 2 predictions a picture, the input 1"):
        put(engine, ["1,http://x/1.jpg,crane,0.5\n"], run=1)
    sink = DatabaseSink(engine, info(), resume=False)
    with pytest.raises(StoreError, match="not loaded from a CSV"):
        put(engine, [line(3)], run=sink.run_id)


def test_a_run_of_the_model_itself_is_left_alone(engine: Engine) -> None:
    DatabaseSink(engine, info(k=2), resume=False).write([labeled(0, post("1"), k=2)])
    assert put(engine, [line(1)])[0].run_id == 2


def test_a_picture_that_was_labeled_before_is_the_same_picture(engine: Engine) -> None:
    DatabaseSink(engine, info(), resume=False).write([labeled(0, post("7", 2, "http://x/7.jpg"))])
    put(engine, [line(7)])
    assert [row[1] for row in content(engine)["image"]] == ["7/2"]


def test_the_pictures_of_a_post(engine: Engine) -> None:
    lines = [line(1, link=f"http://x/{number}.jpg") for number in range(4)]
    put(engine, lines, batch_size=3)
    assert [row[1] for row in content(engine)["image"]] == ["1/0", "1/1", "1/2", "1/3"]
    assert put(engine, lines[::-1])[0].there == 4


def test_bad_rows_are_counted(engine: Engine) -> None:
    counts, bad = put(engine, [line(1), "what?\n", line(2, first=7.0)])
    assert counts == LoadCounts(run_id=1, loaded=1, bad=2)
    assert counts.read == 3
    assert [number for number, _ in bad] == [2, 3]


def test_nothing_to_load_makes_no_run(engine: Engine) -> None:
    assert put(engine, [])[0] == LoadCounts()
    assert put(engine, ["what?\n"])[0] == LoadCounts(bad=1)
    assert content(engine)["run"] == []


def test_scores_and_words_are_stored_exactly(engine: Engine) -> None:
    chance = random.Random(7)
    labels = ["caf\u00e9", "\U0001f426", "O'Neil", 'say ""x""', "100 %s %% \\", "a ", "A", "a"]
    pairs = [(label, chance.random() * 10.0 ** -chance.randrange(0, 300)) for label in labels]
    pairs += [("zero", 0.0), ("one", 1.0), ("least", 5e-324), ("1e-05", 1e-05)]
    pairs.sort(key=lambda pair: -pair[1])
    cells = ",".join(f'"{label}",{score!r}' for label, score in pairs)
    counts, bad = put(engine, [f"1,http://x,{cells}\n"])
    assert (counts.loaded, bad) == (1, [])
    with engine.connect() as connection:
        found = connection.execute(select(Prediction.label, Prediction.score)).all()
    assert [tuple(row) for row in found] == [(a.replace('""', '"'), b) for a, b in pairs]


def test_more_rows_than_one_statement_holds(engine: Engine) -> None:
    lines = [line(number) for number in range(3000)]
    assert put(engine, lines)[0].loaded == 3000
    with engine.connect() as connection:
        for table, rows in ((Image, 3000), (Prediction, 6000), (Failure, 0)):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == rows
        keys = connection.execute(
            select(Image.key).join(Prediction).where(Prediction.rank == 2).order_by(Image.id)
        ).scalars()
        assert list(keys) == [f"{number}/0" for number in range(3000)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, 12), max_size=25),
    st.lists(st.tuples(st.integers(0, 25), st.integers(1, 9)), max_size=4),
)
def test_any_pieces_give_the_same_rows(
    engine: Engine, numbers: list[int], pieces: list[tuple[int, int]]
) -> None:
    def clear() -> None:
        with engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))

    def rows() -> list[list[tuple]]:
        found = content(engine)
        return [found["image"], [row[1:] for row in found["prediction"]]]

    lines = [line(number // 2, link=f"http://x/{number}.jpg") for number in numbers]
    clear()
    put(engine, lines)
    whole = rows()
    clear()
    for size, batch_size in pieces:
        put(engine, lines[:size], batch_size=batch_size)
    put(engine, lines)
    assert rows() == whole
    assert len(whole[0]) == len(set(numbers))
