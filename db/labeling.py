"""Every picture of a run with its rank-1 prediction and what people have said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, select
from sqlalchemy.orm import aliased

from db.models import Image, Prediction
from db.reading import in_this_order
from db.review_models import Judgment, Round, RoundItem
from db.verdicts import VERDICTS

_PICTURES_AT_ONCE = 5000

_ABOUT_PREDICTIONS = [
    name for name, verdict in VERDICTS.items() if verdict.answers and not verdict.curating
]


@dataclass(frozen=True, slots=True)
class Predicted:
    """A class of the model, its label, and the score that a picture got for it."""

    class_id: int | None
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Word:
    """An answer, given in whichever round of the run; `settles` where it settles a disagreement.

    `right` is the prediction that it calls right, None where it calls none right or tells no rank.
    """

    reviewer_id: int
    verdict: str
    settles: bool
    right: Predicted | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a run, its rank-1 prediction, and the answers on it in the order of time."""

    image_id: int
    key: str
    tweet_id: str | None
    link: str
    best: Predicted
    said: Sequence[Word]


def pictures(connection: Connection, run_id: int) -> Iterator[list[Picture]]:
    """Yield all pictures of a run, some thousand at a time, in the order of image ids."""
    query = (
        select(
            Image.id,
            Image.key,
            Image.tweet_id,
            Image.link,
            Prediction.class_id,
            Prediction.label,
            Prediction.score,
        )
        .join(Prediction, Prediction.image_id == Image.id)
        .where(Prediction.run_id == run_id, Prediction.rank == 1)
        .order_by(Prediction.image_id)
        .limit(_PICTURES_AT_ONCE)
    )
    # page by page: while a server streams, the connection can ask for no verdicts
    last = 0
    while found := connection.execute(query.where(Prediction.image_id > last)).all():
        first, last = found[0].id, found[-1].id
        said = _said(connection, run_id, first, last)
        yield [
            Picture(*row[:4], best=Predicted(*row[4:]), said=said.get(row.id, ())) for row in found
        ]


def _said(connection: Connection, run_id: int, first: int, last: int) -> dict[int, list[Word]]:
    """Return the answers on pictures of a range, by image id."""
    right = aliased(Prediction)
    query = in_this_order(
        select(
            RoundItem.image_id,
            Judgment.reviewer_id,
            Judgment.verdict,
            Judgment.settles,
            right.class_id,
            right.label,
            right.score,
        )
        .select_from(RoundItem)
        .join(Round, Round.id == RoundItem.round_id)
        .join(
            Judgment,
            (Judgment.round_id == RoundItem.round_id) & (Judgment.position == RoundItem.position),
        )
        .outerjoin(
            right,
            (right.run_id == Round.run_id)
            & (right.image_id == RoundItem.image_id)
            & (right.rank == case((Judgment.verdict == "top1", 1), else_=Judgment.correct_rank)),
        )
        .where(
            Round.run_id == run_id,
            RoundItem.image_id.between(first, last),
            Judgment.retracted_at.is_(None),
            Judgment.verdict.in_(_ABOUT_PREDICTIONS),
        )
        .order_by(Judgment.id)
    )
    found: dict[int, list[Word]] = {}
    for image_id, reviewer_id, verdict, settles, class_id, name, score in connection.execute(query):
        told = None if name is None else Predicted(class_id, name, score)
        found.setdefault(image_id, []).append(Word(reviewer_id, verdict, settles, told))
    return found
