"""Rounds drawn from a database and stored in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select

from analysis.drawing import Drawn, Request, draw
from db import rounds
from db.review_models import RoundItem
from db.sink import DatabaseSink
from db.verdicts import CERTIFY, DESIGNS, UNIFORM
from tests.db.making import failed, info, labeled, post
from vision.errors import InputError

PICTURES, COPIES = 30, 6
CLUSTERS = PICTURES - COPIES + 1


def fill(engine: Engine, pictures: int = PICTURES, copies: int = COPIES, **made_with: Any) -> int:
    """Store a run of pictures, the first few of the same content; return its id."""
    sink = DatabaseSink(engine, info(**made_with), resume=False)
    sink.write(
        [
            labeled(n, post(f"{n}"), content="copy" if n < copies else f"content {n}")
            for n in range(pictures)
        ]
    )
    return sink.run_id


def rows(engine: Engine, drawn: Drawn) -> Sequence[Any]:
    query = select(*RoundItem.__table__.columns).where(RoundItem.round_id == drawn.round_id)
    with engine.connect() as connection:
        return connection.execute(query.order_by(RoundItem.position)).all()


@pytest.mark.parametrize("design", DESIGNS)
def test_a_round_is_stored_as_it_was_drawn(engine: Engine, design: str) -> None:
    run_id = fill(engine)
    drawn = draw(engine, Request(20, design, seed=5))
    with engine.connect() as connection:
        found = rounds.by_id(connection, drawn.round_id)
    assert found is not None
    assert (found.run_id, found.design, found.size, found.seed) == (run_id, design, 20, 5)
    assert (found.overlap, found.reviewed_twice, found.reviews) == (1, 0, 20)
    assert found.name == drawn.name
    assert found.name.startswith(f"{design} 20, 20")
    assert found.strata is not None
    assert (found.strata["pictures"], found.strata["clusters"]) == (PICTURES, CLUSTERS)
    assert (drawn.pictures, drawn.clusters) == (PICTURES, CLUSTERS)

    stored = rows(engine, drawn)
    assert [row.position for row in stored] == list(range(20))
    assert sum(row.cluster_size == COPIES for row in stored) <= 1
    assert {row.cluster_size for row in stored} <= {1, COPIES}
    weights = sum(1 / row.inclusion_probability for row in stored)
    assert weights == pytest.approx(PICTURES)
    chances = [row.inclusion_probability for row in stored]
    assert drawn.probabilities == pytest.approx((min(chances), max(chances)))


def test_the_same_seed_draws_the_same_round(engine: Engine) -> None:
    fill(engine)
    given = {"size": 15, "reviewed_twice": 0.2}
    first, again, other = (draw(engine, Request(seed=seed, **given)) for seed in (1, 1, 2))

    def told(drawn: Drawn) -> list[tuple[int, int]]:
        return [(row.image_id, row.reviews) for row in rows(engine, drawn)]

    assert told(first) == told(again) != told(other)


def test_a_random_seed_is_stored(engine: Engine) -> None:
    fill(engine)
    first, second = draw(engine, Request(5)), draw(engine, Request(5))
    assert first.seed != second.seed
    with engine.connect() as connection:
        stored = {row.id: row.seed for row in rounds.all_rounds(connection)}
    assert stored == {first.round_id: first.seed, second.round_id: second.seed}


@pytest.mark.parametrize(("share", "twice"), [(0.1, 2), (0.33, 7), (1.0, 20), (0.0, 0)])
def test_a_share_is_reviewed_twice(engine: Engine, share: float, twice: int) -> None:
    fill(engine)
    stored = rows(engine, draw(engine, Request(20, reviewed_twice=share)))
    assert sorted(row.reviews for row in stored) == [1] * (20 - twice) + [2] * twice


def test_overlap_is_for_every_picture(engine: Engine) -> None:
    fill(engine)
    stored = rows(engine, draw(engine, Request(20, overlap=3)))
    assert [row.reviews for row in stored] == [3] * 20


def test_which_run_and_name(engine: Engine) -> None:
    first, second = fill(engine), fill(engine)
    DatabaseSink(engine, info(), resume=False)
    assert draw(engine, Request(5)).run_id == second
    drawn = draw(engine, Request(5, run_id=first, name=" birds of May "))
    assert (drawn.run_id, drawn.name) == (first, "birds of May")


def test_nothing_to_draw_from(engine: Engine) -> None:
    with pytest.raises(InputError, match="nothing was labeled yet: label pictures first"):
        draw(engine, Request(5))
    DatabaseSink(engine, info(), resume=False).write([failed(0)])
    with pytest.raises(InputError, match="run 1 has no predictions yet: wait for some, or name"):
        draw(engine, Request(5))


def test_an_unknown_run(engine: Engine) -> None:
    for number in range(7):
        fill(engine, 1, model=f"model{number}")
    with pytest.raises(InputError) as caught:
        draw(engine, Request(1, run_id=9))
    assert str(caught.value) == (
        "there is no run 9: choose one of 7 (model6), 6 (model5), 5 (model4), 4 (model3),"
        " 3 (model2) and 2 older"
    )


def test_more_than_there_are(engine: Engine) -> None:
    fill(engine)
    assert draw(engine, Request(CLUSTERS, UNIFORM)).size == CLUSTERS
    with pytest.raises(InputError, match=f"^this run has {CLUSTERS} pictures without"):
        draw(engine, Request(CLUSTERS + 1, UNIFORM))
    with pytest.raises(InputError, match=r"^the best-scored 80 % of this run are"):
        draw(engine, Request(CLUSTERS + 1, CERTIFY))
    with engine.connect() as connection:
        assert len(rounds.all_rounds(connection)) == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"size": 0}, "a round of 0 pictures cannot be drawn: choose 1 or more"),
        ({"design": "best"}, "'best' is no design: choose one of uniform, stratified, certify, "),
        ({"overlap": 0}, "0 reviewers cannot judge each picture: choose 1 to 20"),
        ({"overlap": 21}, "21 reviewers cannot judge each picture: choose 1 to 20"),
        ({"reviewed_twice": 1.5}, "1.5 is no share of pictures to review twice: choose 0 to 1"),
        ({"reviewed_twice": -0.1}, "-0.1 is no share of pictures to review twice"),
        ({"reviewed_twice": float("nan")}, "nan is no share of pictures to review twice"),
        ({"reviewed_twice": 0.1, "overlap": 2}, "with 2 reviewers for every picture none is left"),
        ({"seed": -1}, "-1 is no seed: choose a whole number from 0 to 9007199254740991"),
        ({"name": " "}, "a name of a round has 1 to 255 printable characters: choose another"),
        ({"name": "two\nlines"}, "a name of a round has 1 to 255 printable characters"),
        (
            {"name": "x" * 256},
            "a name of a round has 1 to 255 printable characters: choose another",
        ),
    ],
)
def test_requests_out_of_range(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        Request(**{"size": 5} | given)
    assert str(caught.value).startswith(told)
