"""Rounds: what they are drawn from, how they are stored, found and closed."""

from __future__ import annotations

import random
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from db import bulk
from db.engine import writing
from db.models import Image, Prediction
from db.review_models import FREE, Round, RoundItem
from db.writing import write

_ITEMS_AT_ONCE = 50_000
_MOST_SEEDS = 2**53
"""Seeds stay whole numbers in JSON."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A round that has been drawn and not been stored. The items stand in position order.

    `follows_id` is the round that this one is the second phase of.
    """

    run_id: int
    name: str
    design: str
    seed: int
    strata: dict[str, Any] | None
    overlap: int
    reviewed_twice: float
    image_ids: Sequence[int]
    stratum: Sequence[int | None]
    inclusion_probability: Sequence[float]
    cluster_size: Sequence[int]
    reviews: Sequence[int]
    follows_id: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Every picture that a run labeled, by image id: what a round is drawn from.

    `scores` are those of rank 1; `hashes` are of the content and `dhashes` of the looks, None
    where a picture was never seen (its predictions came from a CSV).
    """

    image_ids: array[int]
    scores: array[float]
    hashes: list[str | None]
    dhashes: list[int | None]


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round. `implicit_run_id` is set on the one that a run has by itself.

    `follows_id` is set on a second phase.
    """

    id: int
    uuid: str
    run_id: int
    implicit_run_id: int | None
    name: str
    design: str
    strata: dict[str, Any] | None
    seed: int
    size: int
    overlap: int
    reviewed_twice: float
    reviews: int
    created_at: datetime
    closed_at: datetime | None
    follows_id: int | None = None


COLUMNS = [getattr(Round, name) for name in RoundRow.__slots__]


def random_seed() -> int:
    """Return a seed for a round that was given none."""
    return random.SystemRandom().randrange(_MOST_SEEDS)


def frame(connection: Connection, run_id: int) -> Frame:
    """Return what a round of this run is drawn from; empty if nothing was labeled."""
    made = Frame(array("q"), array("d"), [], [])
    query = (
        select(Image.id, Prediction.score, Image.content_sha256, Image.dhash)
        .join(Prediction, Prediction.image_id == Image.id)
        .where(Prediction.run_id == run_id, Prediction.rank == 1)
        .order_by(Prediction.image_id)
    )
    for image_id, score, content, dhash in connection.execution_options(yield_per=10_000).execute(
        query
    ):
        made.image_ids.append(image_id)
        made.scores.append(score)
        made.hashes.append(content)
        made.dhashes.append(dhash)
    return made


def store(engine: Engine, draft: Draft) -> int:
    """Store a round with its items, all or nothing; return its id."""
    with writing(engine) as connection:
        round_id = begin(
            connection,
            run_id=draft.run_id,
            follows_id=draft.follows_id,
            name=draft.name,
            design=draft.design,
            strata=draft.strata,
            seed=draft.seed,
            size=len(draft.image_ids),
            overlap=draft.overlap,
            reviewed_twice=draft.reviewed_twice,
            reviews=sum(draft.reviews),
        )
        columns = (
            draft.image_ids,
            draft.stratum,
            draft.inclusion_probability,
            draft.cluster_size,
            draft.reviews,
        )
        add_items(connection, round_id, 0, columns)
    return round_id


def begin(connection: Connection, **values: Any) -> int:
    """Add a round without items; return its id."""
    values |= {"uuid": str(uuid4()), "created_at": datetime.now(UTC)}
    key = connection.execute(insert(Round).values(**values)).inserted_primary_key
    assert key is not None
    return key[0]


def add_items(
    connection: Connection, round_id: int, first: int, columns: Sequence[Sequence[Any]]
) -> None:
    """Add items from position `first` on; the columns are those of a `Draft`, in its order."""
    for start in range(0, len(columns[0]), _ITEMS_AT_ONCE):
        chunk = [column[start : start + _ITEMS_AT_ONCE] for column in columns]
        image_ids, strata, probabilities, clusters, reviews = chunk
        bulk.insert(
            connection,
            {
                RoundItem.round_id: repeat(round_id),
                RoundItem.position: range(first + start, first + start + len(image_ids)),
                RoundItem.image_id: image_ids,
                RoundItem.stratum: strata,
                RoundItem.inclusion_probability: probabilities,
                RoundItem.cluster_size: clusters,
                RoundItem.reviews: reviews,
                RoundItem.places: repeat(FREE),
            },
        )


def all_rounds(connection: Connection) -> list[RoundRow]:
    """Return all rounds, the latest first."""
    return [
        RoundRow(*row) for row in connection.execute(select(*COLUMNS).order_by(Round.id.desc()))
    ]


def by_id(connection: Connection, round_id: int) -> RoundRow | None:
    """Return a round, or None."""
    return one(connection, Round.id == round_id)


def by_uuid(connection: Connection, uuid: str) -> RoundRow | None:
    """Return the round that a browser names, or None."""
    return one(connection, Round.uuid == uuid)


def one(connection: Connection, condition: Any) -> RoundRow | None:
    """Return the only round of which a condition holds, or None."""
    row = connection.execute(select(*COLUMNS).where(condition)).one_or_none()
    return None if row is None else RoundRow(*row)


def drawn_images(connection: Connection, run_id: int) -> set[int]:
    """Return the pictures of all rounds that were drawn from a run; its own round is none."""
    return _images(connection, (Round.run_id == run_id) & Round.implicit_run_id.is_(None))


def images_of(connection: Connection, round_ids: Collection[int]) -> set[int]:
    """Return the pictures of some rounds."""
    return _images(connection, Round.id.in_(round_ids))


def _images(connection: Connection, which: ColumnElement[bool]) -> set[int]:
    query = select(RoundItem.image_id).join(Round, Round.id == RoundItem.round_id).where(which)
    return set(connection.execute(query).scalars())


def close(engine: Engine, round_id: int) -> None:
    """Close a round: nobody is given more of it. Verdicts on their way are still stored."""

    def work(connection: Connection) -> None:
        still_open = (Round.id == round_id) & Round.closed_at.is_(None)
        connection.execute(update(Round).where(still_open).values(closed_at=datetime.now(UTC)))

    write(engine, work)
