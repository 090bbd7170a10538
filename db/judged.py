"""What analysis reads: the verdicts on a run, and the pictures that they stand for."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import aliased

from db.models import Prediction, Run
from db.predictions import ranges
from db.reading import Wanted, columns
from db.review_models import Judgment, Reviewer, Round, RoundItem
from db.verdicts import CURATE, VERDICTS

Class = tuple[int | None, str]
"""A class of a model: its index, which is its identity, and its label. A run that was loaded from a
CSV knows labels alone."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Standing verdicts in the order of their ids, which is that of time; one row each.

    `strata` and `inclusion_probabilities` are the item's, None where it has none. `settles` is 1
    where an admin settled a disagreement, with the other verdicts in view, else 0. `right` is the
    class of the prediction at `correct_ranks`, None where no rank was told. Whose rank-1
    prediction is looked up in the `Pool`, by image id.
    """

    ids: array[int]
    round_ids: array[int]
    positions: array[int]
    image_ids: array[int]
    strata: list[int | None]
    inclusion_probabilities: list[float | None]
    cluster_sizes: array[int]
    reviewer_ids: array[int]
    verdicts: list[str]
    correct_ranks: list[int | None]
    settles: array[int]
    right: list[Class | None]


@dataclass(frozen=True, slots=True)
class Pool:
    """Every picture that a run labeled with its rank-1 prediction, in the order of image ids.

    `places` says of each which of the `classes` it is; these stand in the order in which they come.
    """

    image_ids: array[int]
    scores: array[float]
    places: array[int]
    classes: list[Class]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What figures about a run tell of it."""

    id: int
    model: str
    weights_sha256: str | None
    runtime: str | None
    precision: str | None
    preprocessing: str | None
    k: int
    images_labeled: int
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Two equal ones: no figure about the run has changed in between."""

    last_id: int
    verdicts: int
    retracted: int
    last_retracted_at: datetime | None
    rounds: int
    closed: int
    images_labeled: int


def verdicts(
    connection: Connection,
    run_id: int,
    round_ids: Collection[int] | None = None,
    after: int = 0,
) -> Verdicts:
    """Return the verdicts that stand in a run's rounds, or in some of them.

    Left out are curating rounds, in which no prediction is judged, and pictures that a reviewer
    chose and was not given. Only verdicts with an id of more than `after`.
    """
    right = aliased(Prediction)
    query = (
        select(Judgment.id)
        .join(Round, Round.id == Judgment.round_id)
        .join(
            RoundItem,
            (RoundItem.round_id == Judgment.round_id) & (RoundItem.position == Judgment.position),
        )
        .outerjoin(
            right,
            (right.run_id == Round.run_id)
            & (right.image_id == RoundItem.image_id)
            & (right.rank == Judgment.correct_rank),
        )
        .where(_in_run(run_id), _counted(), Judgment.id > after)
    )
    if round_ids is not None:
        query = query.where(Round.id.in_(round_ids))
    wanted = (
        Wanted(Judgment.id),
        Wanted(Judgment.round_id),
        Wanted(Judgment.position),
        Wanted(RoundItem.image_id),
        Wanted(RoundItem.stratum, nullable=True),
        Wanted(RoundItem.inclusion_probability, float, nullable=True),
        Wanted(RoundItem.cluster_size),
        Wanted(Judgment.reviewer_id),
        Wanted(Judgment.verdict, str),
        Wanted(Judgment.correct_rank, nullable=True),
        Wanted(Judgment.settles),
        Wanted(right.class_id, nullable=True),
        Wanted(right.label, str, nullable=True),
    )
    *found, class_ids, labels = columns(connection, query, wanted, Judgment.id)
    return Verdicts(*(*found, _classes(class_ids, labels)))


def pool(connection: Connection, run_id: int) -> Pool:
    """Return every picture of a run with its rank-1 prediction."""
    query = select(Prediction.image_id).where(Prediction.run_id == run_id, Prediction.rank == 1)
    wanted = (
        Wanted(Prediction.image_id),
        Wanted(Prediction.score, float),
        Wanted(Prediction.class_id, nullable=True),
        Wanted(Prediction.label, str),
    )
    image_ids, scores, *classes = columns(connection, query, wanted, Prediction.image_id)
    index: dict[Class, int] = {}
    places = array("q", (index.setdefault(each, len(index)) for each in zip(*classes, strict=True)))
    return Pool(image_ids, scores, places, list(index))


def top_classes(
    connection: Connection, run_id: int, image_ids: Collection[int]
) -> dict[int, tuple[Class, ...]]:
    """Return the classes that a run predicts for those of some pictures that it has, rank 1 first.

    This compares two runs on the same verdicts.
    """
    found: dict[int, list[Class]] = {}
    for some in ranges(image_ids):
        rows = connection.execute(
            select(Prediction.image_id, Prediction.class_id, Prediction.label)
            .where(Prediction.run_id == run_id, some)
            .order_by(Prediction.image_id, Prediction.rank)
        )
        for image_id, class_id, label in rows:
            found.setdefault(image_id, []).append((class_id, label))
    return {image_id: tuple(classes) for image_id, classes in found.items()}


def fingerprint(connection: Connection, run_id: int) -> Fingerprint:
    """Return what changes whenever a figure about a run may: a look at no verdict's content."""
    of_run = Round.id == Judgment.round_id
    said = select(
        func.coalesce(func.max(Judgment.id), 0),
        func.count(),
        func.count(Judgment.retracted_at),
        func.max(Judgment.retracted_at),
    ).join(Round, of_run)
    drawn = select(func.count(), func.count(Round.closed_at)).where(_in_run(run_id))
    labeled = select(Run.images_labeled).where(Run.id == run_id)
    return Fingerprint(
        *connection.execute(said.where(_in_run(run_id))).one(),
        *connection.execute(drawn).one(),
        connection.execute(labeled).scalar() or 0,
    )


def count_after(connection: Connection, run_id: int, last_id: int) -> int:
    """Return how many verdicts of a run, whether they count or not, have an id beyond `last_id`."""
    query = select(func.count()).select_from(Judgment).join(Round, Round.id == Judgment.round_id)
    return connection.execute(query.where(_in_run(run_id), Judgment.id > last_id)).scalar_one()


def retracted(connection: Connection, run_id: int) -> set[int]:
    """Return the ids of a run's verdicts that were taken back."""
    query = select(Judgment.id).join(Round, Round.id == Judgment.round_id)
    rows = connection.execute(query.where(_in_run(run_id), Judgment.retracted_at.is_not(None)))
    return set(rows.scalars())


def about_run(connection: Connection, run_id: int) -> RunFacts | None:
    """Return what figures tell of a run, or None where there is no such run."""
    facts = [getattr(Run, name) for name in RunFacts.__slots__]
    row = connection.execute(select(*facts).where(Run.id == run_id)).one_or_none()
    return None if row is None else RunFacts(*row)


def verdict_counts(connection: Connection) -> dict[int, int]:
    """Return how many verdicts stand on each run, by run id, the newest run first."""
    counts = dict(
        connection.execute(
            select(Round.run_id, func.count())
            .join(Judgment, Judgment.round_id == Round.id)
            .where(_counted(), ~Judgment.settles)
            .group_by(Round.run_id)
        ).all()
    )
    runs = connection.execute(select(Run.id).order_by(Run.id.desc())).scalars()
    return {run_id: counts.get(run_id, 0) for run_id in runs}


def designs(connection: Connection, run_id: int | None = None) -> list[str]:
    """Return the designs of rounds that verdicts stand in, of one run or all, sorted."""
    query = (
        select(Round.design)
        .distinct()
        .join(Judgment, Judgment.round_id == Round.id)
        .where(_counted())
    )
    if run_id is not None:
        query = query.where(Round.run_id == run_id)
    return sorted(connection.execute(query).scalars())


def verdict_count(connection: Connection, round_id: int) -> int:
    """Return how many answers stand in a round on pictures that were drawn with a known chance."""
    answers = [name for name, verdict in VERDICTS.items() if verdict.label_id is not None]
    query = (
        select(func.count())
        .select_from(Judgment)
        .join(Round, Round.id == Judgment.round_id)
        .join(
            RoundItem,
            (RoundItem.round_id == Judgment.round_id) & (RoundItem.position == Judgment.position),
        )
        .where(
            Round.id == round_id,
            _counted(),
            Judgment.verdict.in_(answers),
            RoundItem.inclusion_probability.is_not(None),
        )
    )
    return connection.execute(query).scalar_one()


def reviewer_names(connection: Connection, reviewer_ids: Collection[int]) -> dict[int, str]:
    """Return what some reviewers are called, by id."""
    query = select(Reviewer.id, Reviewer.name).where(Reviewer.id.in_(set(reviewer_ids)))
    return dict(connection.execute(query).all())


def _in_run(run_id: int) -> ColumnElement[bool]:
    return Round.run_id == run_id


def _counted() -> ColumnElement[bool]:
    """Return the condition on a verdict of a round that it is about a prediction and stands."""
    return (Round.design != CURATE) & Judgment.retracted_at.is_(None) & ~Judgment.browsed


def _classes(class_ids: Iterable[int | None], labels: Iterable[str | None]) -> list[Any]:
    """Return pairs of both, equal ones one object; None where there is no label."""
    pairs = list(zip(class_ids, labels, strict=True))
    same: dict[Any, Any] = {
        pair: None if pair[1] is None else pair for pair in dict.fromkeys(pairs)
    }
    return list(map(same.__getitem__, pairs))
