"""Makes events and judged rows, and reads a database back as plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, insert, select

from db.models import Failure, Image, Prediction, Run
from db.review_models import Judgment, Reviewer, Round, RoundItem
from vision.records import Failure as FailureEvent
from vision.records import ImageFacts, ImageRecord, Labeled, RunInfo
from vision.records import Prediction as Scored

NOON = datetime(2016, 12, 1, 12, 0, 0, 250_000, tzinfo=UTC)
SCORES = (0.7884975075721741, 0.1, 0.05, 6.103515625e-05, 5e-324)


def info(**changed: Any) -> RunInfo:
    made_with: dict[str, Any] = {
        "model": "vgg16",
        "weights_sha256": "ab" * 32,
        "runtime": "keras",
        "precision": "f32",
        "preprocessing": "crop 224",
        "k": 5,
        "arguments": {"input": "tweets.json", "roots": [], "keep_images": None},
    }
    return RunInfo(**made_with | changed)


def facts(content: str) -> ImageFacts:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return ImageFacts(digest, int(digest[:16], 16) - 2**63, 640, 480)


def labeled(position: int, record: ImageRecord, content: str = "", k: int = 5) -> Labeled:
    best = tuple(Scored(n, f"class {n}", score) for n, score in enumerate(SCORES[:k]))
    return Labeled(position, record, facts(content or record.link), best)


def failed(position: int, key: str = "line") -> FailureEvent:
    return FailureEvent(position, key, "http://x/gone.jpg", "fetch", "gone (404)", "404", NOON)


def post(tweet_id: str, index: int = 0, link: str | None = None) -> ImageRecord:
    link = link or f"http://x/{tweet_id}-{index}.jpg"
    return ImageRecord(f"{tweet_id}/{index}", link, tweet_id, None, "ann", "a text", NOON)


def content(engine: Engine) -> dict[str, list[tuple]]:
    """Return what a database holds, but for the times of runs and the ids of failures."""
    with engine.connect() as connection:

        def rows(*columns: Any, by: Sequence[Any]) -> list[tuple]:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(*by))]

        return {
            "image": rows(*Image.__table__.columns, by=[Image.id]),
            "run": rows(
                Run.id, Run.k, Run.images_seen, Run.images_labeled, Run.images_failed, by=[Run.id]
            ),
            "prediction": rows(
                *Prediction.__table__.columns,
                by=[Prediction.run_id, Prediction.image_id, Prediction.rank],
            ),
            "failure": rows(
                *[column for column in Failure.__table__.columns if column.name != "id"],
                by=[Failure.run_id, Failure.position],
            ),
        }


def judge(engine: Engine, run_id: int, verdicts: Sequence[tuple[int, str, bool]]) -> None:
    """Store a round of a run with verdicts: (image id, verdict, retracted?) in their order."""
    with engine.begin() as connection:

        def add(table: Any, **values: Any) -> int:
            return connection.execute(insert(table).values(**values)).inserted_primary_key[0]

        who = add(Reviewer, name=uuid4().hex, role="reviewer", created_at=NOON)
        drawn = add(
            Round,
            uuid=str(uuid4()),
            run_id=run_id,
            name="first",
            design="uniform",
            seed=1,
            size=len(verdicts),
            overlap=1,
            reviews=len(verdicts),
            created_at=NOON,
        )
        places: dict[int, int] = {}
        for image_id, verdict, retracted in verdicts:
            if image_id not in places:
                places[image_id] = len(places)
                add(
                    RoundItem,
                    round_id=drawn,
                    position=places[image_id],
                    image_id=image_id,
                    inclusion_probability=0.5,
                )
            add(
                Judgment,
                uuid=str(uuid4()),
                round_id=drawn,
                position=places[image_id],
                reviewer_id=who,
                verdict=verdict,
                created_at=NOON,
                retracted_at=NOON if retracted else None,
            )
