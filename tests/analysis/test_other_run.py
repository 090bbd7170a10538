"""Another run on the judged pictures: its classes are matched, and what cannot be is said."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, delete, update

from analysis import frames
from analysis.compare import compare
from analysis.judged import UNKNOWN
from analysis.other_run import predictions
from db.engine import writing
from db.models import Image, Prediction
from tests.analysis.judged_run import judge, label
from tests.db.making import info, labeled, post
from vision.errors import InputError


def test_the_same_predictions_make_no_difference(engine: Engine) -> None:
    first = label(engine, 40)
    again = label(engine, 40, model="the same")
    judge(engine, 40, first)
    with engine.connect() as connection:
        judged = frames.read(connection, first)
        made = predictions(connection, judged, again)
    assert (made.judged[:, 0] == made.other).all()
    assert ((made.right == UNKNOWN) == (judged.right == UNKNOWN)).all()
    right = judged.top1 == 1
    assert (made.right[right] == made.judged[right, 0]).all()
    later = (judged.topk == 1) & ~right
    assert (made.right[later] == made.judged[later, 1]).all()
    found = compare(judged, made)
    assert found.unknown == 0
    assert found.low.difference.value == found.high.difference.value == 0
    assert found.accuracy_low.value == pytest.approx(judged.top1.mean())


def test_another_model_is_scored_where_verdicts_tell(engine: Engine) -> None:
    first, other = label(engine, 60), label(engine, 60, seed=9, model="another")
    with writing(engine) as connection:
        few = connection.execute(Image.__table__.select().limit(3)).scalars().all()
        connection.execute(
            delete(Prediction).where(Prediction.run_id == other, Prediction.image_id.in_(few))
        )
    judge(engine, 60, first)
    with engine.connect() as connection:
        judged = frames.read(connection, first)
        made = predictions(connection, judged, other)
    gone = np.isin(judged.image_ids, few)
    assert (made.other[gone] == UNKNOWN).all()
    assert (made.other[~gone] != UNKNOWN).all()
    assert compare(judged, made).unknown >= gone.mean()


def test_where_a_run_knows_no_indices_labels_count(engine: Engine) -> None:
    first, other = label(engine, 10), label(engine, 10, model="loaded")
    with writing(engine) as connection:
        connection.execute(
            update(Prediction).where(Prediction.run_id == other).values(class_id=None)
        )
    judge(engine, 10, first)
    with engine.connect() as connection:
        made = predictions(connection, frames.read(connection, first), other)
    assert (made.judged[:, 0] == made.other).all()


def test_a_label_that_two_ranks_share_tells_no_class(engine: Engine) -> None:
    first, other = label(engine, 30), label(engine, 30, model="again")
    with writing(engine) as connection:
        connection.execute(
            update(Prediction).where(Prediction.rank.in_([2, 3])).values(label="crane")
        )
    judge(engine, 30, first)
    with engine.connect() as connection:
        judged = frames.read(connection, first)
        made = predictions(connection, judged, other)
    later = (judged.topk == 1) & (judged.top1 == 0)
    assert later.any()
    assert (made.right[later] == UNKNOWN).all()


def test_what_cannot_be_compared_is_said(engine: Engine) -> None:
    first = label(engine, 10)
    judge(engine, 10, first)
    from db.sink import DatabaseSink

    elsewhere = DatabaseSink(engine, info(model="elsewhere"), resume=False)
    elsewhere.write([labeled(0, post("999"))])
    strange = DatabaseSink(engine, info(model="strange"), resume=False)
    strange.write([labeled(0, post("0", link="http://x/0.jpg"), k=1)])
    with writing(engine) as connection:
        connection.execute(
            update(Prediction).where(Prediction.run_id == strange.run_id).values(label="bird")
        )
    with engine.connect() as connection:
        judged = frames.read(connection, first)
        for run_id, said in (
            (first, "is the one that was judged"),
            (99, "there is no run 99"),
            (elsewhere.run_id, "labeled none of the judged pictures"),
            (strange.run_id, "no predicted class in common"),
        ):
            with pytest.raises(InputError, match=said):
                predictions(connection, judged, run_id)
