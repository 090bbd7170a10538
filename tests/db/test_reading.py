"""Columns of a query come as they are stored, on either kind of database."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from db import bulk, reading
from db.engine import connect
from db.models import Image, Prediction
from db.reading import Wanted, columns
from tests.db.judging import label
from tests.mariadb import Server
from vision.errors import StoreError

WANTED = (
    Wanted(Prediction.image_id),
    Wanted(Prediction.score, float),
    Wanted(Prediction.class_id, nullable=True),
    Wanted(Prediction.label, str),
    Wanted(Image.text, str, nullable=True),
    Wanted(Image.width, float, nullable=True),
)

ROW = st.tuples(
    st.floats(0, 1),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    st.sampled_from([None, "", "-", ",", "a,b", "'\\\n", "é\U0001f426"]),
    st.sampled_from([None, 0, 7]),
)


def store(engine: Engine, rows: Sequence[tuple[int, tuple]]) -> None:
    """Store rows under their ids, and nothing else."""
    run_id = label(engine, 0)
    with engine.begin() as connection:
        connection.execute(delete(Prediction))
        connection.execute(delete(Image))
        bulk.insert_rows(
            connection,
            (Image.id, Image.key, Image.link, Image.text, Image.width),
            [(n, str(n), "", text, width) for n, (_, _, _, text, width) in rows],
        )
        bulk.insert_rows(
            connection,
            (
                Prediction.run_id,
                Prediction.image_id,
                Prediction.rank,
                Prediction.class_id,
                Prediction.label,
                Prediction.score,
            ),
            [(run_id, n, 1, index, name, score) for n, (score, index, name, _, _) in rows],
        )


def read(engine: Engine) -> list:
    query = select(Image.id).join(Prediction, Prediction.image_id == Image.id)
    with engine.connect() as connection:
        return columns(connection, query, WANTED, Prediction.image_id)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(ROW, max_size=30), st.randoms())
def test_every_value_comes_back(engine: Engine, rows: list[tuple], dice: Random) -> None:
    ids = range(1, 10_000, 333)[: len(rows)]
    store(engine, dice.sample(list(zip(ids, rows, strict=True)), len(rows)))
    found = read(engine)
    assert found[0] == array("q", ids)
    assert found[1] == array("d", (row[0] for row in rows))
    assert found[2:] == [[row[place] for row in rows] for place in range(1, 5)]


def test_equal_texts_are_one(engine: Engine) -> None:
    store(engine, [(n, (0.5, 1, "a rather long label", None, None)) for n in (1, 2, 5000)])
    assert len({id(text) for text in read(engine)[3]}) == 1


@pytest.mark.slow
def test_a_text_cut_short_is_noticed(mariadb: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = connect(mariadb.create("cut"))
    store(engine, [(n, (0.5, 1, "a label", None, None)) for n in range(1, 200)])
    monkeypatch.setattr(reading, "_LONGEST", 1000)
    with pytest.raises(StoreError, match="max_allowed_packet"):
        read(engine)
    engine.dispose()
