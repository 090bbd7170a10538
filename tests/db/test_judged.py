"""What analysis reads: which verdicts count, and what comes with them."""

from __future__ import annotations

from sqlalchemy import Engine, update

from db import implicit_rounds, judged, rounds
from db.judgments import put_back
from db.models import Prediction
from db.sink import DatabaseSink
from tests.db.judging import Hand, label, people, store_round
from tests.db.making import SCORES, info, labeled, post


def hand(engine: Engine, round_id: int, reviewer_id: int) -> Hand:
    with engine.connect() as connection:
        row = rounds.by_id(connection, round_id)
    assert row is not None
    return Hand(engine, row, reviewer_id)


def read(engine: Engine, run_id: int, **other: list[int]) -> list[tuple]:
    """Return (round, position, image, reviewer, verdict, rank, right) of each verdict."""
    with engine.connect() as connection:
        found = judged.verdicts(connection, run_id, **other)
    assert list(found.ids) == sorted(found.ids)
    columns = (
        found.round_ids,
        found.positions,
        found.image_ids,
        found.reviewer_ids,
        found.verdicts,
        found.correct_ranks,
        found.right,
    )
    return list(zip(*columns, strict=True))


def fingerprint(engine: Engine, run_id: int) -> judged.Fingerprint:
    with engine.connect() as connection:
        return judged.fingerprint(connection, run_id)


def test_verdicts_with_their_items_in_the_order_of_time(engine: Engine) -> None:
    label(engine, 2, first=50)
    run_id = label(engine, 3)
    ann, bob = people(engine, 2)
    draft = rounds.Draft(
        run_id=run_id,
        name="half",
        design="stratified",
        seed=1,
        strata=None,
        overlap=2,
        reviewed_twice=0.0,
        image_ids=[5, 3],
        stratum=[4, None],
        inclusion_probability=[0.25, 1.0],
        cluster_size=[2, 1],
        reviews=[2, 2],
    )
    drawn = rounds.store(engine, draft)
    hand(engine, drawn, ann).judge("topk", 1, rank=3)
    hand(engine, drawn, bob).judge("none", 0)
    hand(engine, drawn, ann).judge("topk", 0)
    assert read(engine, run_id) == [
        (drawn, 1, 3, ann, "topk", 3, (2, "class 2")),
        (drawn, 0, 5, bob, "none", None, None),
        (drawn, 0, 5, ann, "topk", None, None),
    ]
    with engine.connect() as connection:
        found = judged.verdicts(connection, run_id)
        assert judged.reviewer_names(connection, found.reviewer_ids) == {
            ann: "reviewer 0",
            bob: "reviewer 1",
        }
    assert found.strata == [None, 4, 4]
    assert found.inclusion_probabilities == [1.0, 0.25, 0.25]
    assert list(found.cluster_sizes) == [1, 2, 2]
    assert list(found.settles) == [0, 0, 0]


def test_only_what_stands_was_given_and_is_about_a_prediction(engine: Engine) -> None:
    run_id = label(engine, 5)
    (ann,) = people(engine, 1)
    drawn = store_round(engine, run_id)
    curating = store_round(engine, run_id, design="curate")
    other = store_round(engine, label(engine, 5))
    first = hand(engine, drawn, ann)
    for position in range(4):
        first.judge("top1", position)
    first.undo()
    first.judge("none", 0)  # instead of the verdict before
    first.judge("top1", 4, browsed=True)
    put_back(engine, drawn, [1], ann)
    hand(engine, curating, ann).judge("keep", 0)
    hand(engine, other, ann).judge("top1", 0)
    assert [row[1:3] + row[4:5] for row in read(engine, run_id)] == [(2, 3, "top1"), (0, 1, "none")]
    with engine.connect() as connection:
        assert judged.verdict_counts(connection) == {2: 1, 1: 2}


def test_rounds_are_read_together_or_by_themselves(engine: Engine) -> None:
    run_id = label(engine, 2)
    (ann,) = people(engine, 1)
    own = implicit_rounds.implicit(engine, run_id).id
    implicit_rounds.top_up(engine, own)
    drawn, second = store_round(engine, run_id), store_round(engine, run_id)
    for each in (own, drawn, second):
        hand(engine, each, ann).judge("skip", 0)
    assert [row[0] for row in read(engine, run_id)] == [own, drawn, second]
    assert [row[0] for row in read(engine, run_id, round_ids=[second, own])] == [own, second]
    assert read(engine, run_id, round_ids=[]) == read(engine, 99) == []


def test_the_pool_is_the_run(engine: Engine) -> None:
    label(engine, 2, first=50)
    run_id = label(engine, 3)
    with engine.begin() as connection:
        # as a run that was loaded from a CSV
        connection.execute(
            update(Prediction)
            .where(Prediction.image_id == 4, Prediction.rank == 1)
            .values(class_id=None, label="crane")
        )
    with engine.connect() as connection:
        found = judged.pool(connection, run_id)
        nothing = judged.pool(connection, 99)
    assert list(found.image_ids) == [3, 4, 5]
    assert list(found.scores) == [SCORES[0]] * 3
    assert found.classes == [(0, "class 0"), (None, "crane")]
    assert list(found.places) == [0, 1, 0]
    assert [list(getattr(nothing, name)) for name in nothing.__slots__] == [[], [], [], []]


def test_classes_by_rank_for_another_run_on_the_same_pictures(engine: Engine) -> None:
    label(engine, 3)
    DatabaseSink(engine, info(k=2), resume=False).write([labeled(0, post("2"), k=2)])
    with engine.connect() as connection:
        assert judged.top_classes(connection, 2, [1, 2, 3]) == {2: ((0, "class 0"), (1, "class 1"))}
        assert sorted(judged.top_classes(connection, 1, [3, 1])) == [1, 3]
        assert judged.top_classes(connection, 1, []) == {}


def test_a_fingerprint_changes_with_whatever_figures_rest_on(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1")), labeled(1, post("2"))])
    (ann,) = people(engine, 1)
    before = [fingerprint(engine, sink.run_id)]

    def changed() -> bool:
        before.append(fingerprint(engine, sink.run_id))
        return before[-1] not in before[:-1]

    assert not changed()
    drawn = store_round(engine, sink.run_id)
    assert changed()
    first = hand(engine, drawn, ann)
    first.judge("top1", 0)
    assert changed()
    first.undo()
    assert changed()
    first.judge("top1", 0)
    assert changed()
    put_back(engine, drawn, [0], ann)
    assert changed()
    sink.write([labeled(2, post("3"))])
    assert changed()
    rounds.close(engine, drawn)
    assert changed()
    other = store_round(engine, label(engine, 1))
    hand(engine, other, ann).judge("top1", 0)
    assert not changed()
    assert fingerprint(engine, 99) == judged.Fingerprint(0, 0, 0, None, 0, 0, 0)


def test_what_is_known_of_a_run(engine: Engine) -> None:
    run_id = label(engine, 2)
    with engine.connect() as connection:
        assert judged.about_run(connection, 99) is None
        assert judged.verdict_counts(connection) == {run_id: 0}
        found = judged.about_run(connection, run_id)
    assert found == judged.RunFacts(
        run_id, "vgg16", "ab" * 32, "keras", "f32", "crop 224", 5, 2, info().arguments
    )


def test_a_rank_that_a_picture_does_not_have_has_no_class(engine: Engine) -> None:
    sink = DatabaseSink(engine, info(), resume=False)
    sink.write([labeled(0, post("1"), k=2)])
    (ann,) = people(engine, 1)
    hand(engine, store_round(engine, sink.run_id), ann).judge("topk", 0, rank=5)
    assert [row[-2:] for row in read(engine, sink.run_id)] == [(5, None)]
