"""Every picture of a run with its rank-1 prediction and people's last word on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select
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
class Picture:
    """A picture of a run.

    `best` is the rank-1 prediction. `verdict` is what was said last, or what settles a
    disagreement; None where nobody has answered. `right` is the prediction that it calls right,
    None where it calls none right or tells no rank.
    """

    image_id: int
    key: str
    tweet_id: str | None
    link: str
    best: Predicted
    verdict: str | None
    right: Predicted | None


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
        said = _last_words(connection, run_id, first, last)
        yield [_picture(row, *said.get(row.id, (None, None))) for row in found]


def _picture(row: Row, verdict: str | None, right: Predicted | None) -> Picture:
    best = Predicted(row.class_id, row.label, row.score)
    counted = best if verdict == "top1" else right
    return Picture(row.id, row.key, row.tweet_id, row.link, best, verdict, counted)


def _last_words(
    connection: Connection, run_id: int, first: int, last: int
) -> dict[int, tuple[str, Predicted | None]]:
    """Return verdicts on pictures of a range with what they call right, by image id."""
    right = aliased(Prediction)
    query = in_this_order(
        select(RoundItem.image_id, Judgment.verdict, right.class_id, right.label, right.score)
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
            & (right.rank == Judgment.correct_rank),
        )
        .where(
            Round.run_id == run_id,
            RoundItem.image_id.between(first, last),
            Judgment.retracted_at.is_(None),
            Judgment.verdict.in_(_ABOUT_PREDICTIONS),
        )
        # the last one stays: what settles, else what was said last
        .order_by(Judgment.settles, Judgment.id)
    )
    return {
        image_id: (verdict, None if label is None else Predicted(class_id, label, score))
        for image_id, verdict, class_id, label, score in connection.execute(query)
    }
