"""A simulated run with a round that is judged to the last picture, stored in bulk."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import repeat
from uuid import UUID

import numpy as np
from sqlalchemy import Engine, insert, select, update

from analysis import drawing
from analysis.simulated import FAIR, Corpus, corpus
from db import bulk, reviewers
from db.columns import stored_time
from db.engine import writing
from db.models import Image, Prediction, Run
from db.review_models import FULL, Judgment, Lease, RoundItem

_RANKS = 5
_VERDICTS = ("top1", "topk", "none")


def label(engine: Engine, pictures: int, rng: np.random.Generator) -> tuple[int, Corpus]:
    """Store a run of so many pictures; return its id, and what the truth is."""
    made, now = corpus(FAIR, pictures, rng), datetime.now(UTC)
    with writing(engine) as connection:
        run = insert(Run).values(
            model="bench",
            k=_RANKS,
            arguments={},
            started_at=now,
            finished_at=now,
            images_seen=pictures,
            images_labeled=pictures,
        )
        key = connection.execute(run).inserted_primary_key
        assert key is not None
        ids = range(1, pictures + 1)
        links = [f"https://pictures.example/{image_id}.jpg" for image_id in ids]
        bulk.insert(connection, {Image.id: ids, Image.key: links, Image.link: links})
        ranks = np.tile(np.arange(1, _RANKS + 1), pictures)
        classes = (np.repeat(made.classes, _RANKS) + 7 * (ranks - 1)) % 1000
        bulk.insert(
            connection,
            {
                Prediction.run_id: repeat(key[0]),
                Prediction.image_id: np.repeat(np.arange(1, pictures + 1), _RANKS).tolist(),
                Prediction.rank: ranks.tolist(),
                Prediction.class_id: classes.tolist(),
                Prediction.label: [f"class {each}" for each in classes.tolist()],
                Prediction.score: (np.repeat(made.scores, _RANKS) / ranks).tolist(),
            },
        )
    return key[0], made


def judge(engine: Engine, run_id: int, made: Corpus, verdicts: int) -> int:
    """Draw a round of so many pictures and judge all of it but the last; return its id."""
    drawn = drawing.draw(engine, drawing.Request(verdicts, run_id=run_id, seed=1))
    who, now = reviewers.local(engine).id, stored_time(datetime.now(UTC))
    items = select(RoundItem.image_id).where(RoundItem.round_id == drawn.round_id)
    with writing(engine) as connection:
        images = connection.execute(items.order_by(RoundItem.position)).scalars().all()[:-1]
        at = np.array(images) - 1
        said = np.where(made.top1[at] == 1, 0, np.where(made.topk[at] == 1, 1, 2)).tolist()
        positions = range(len(images))
        bulk.insert(
            connection,
            {
                Judgment.uuid: (str(UUID(int=position)) for position in positions),
                Judgment.round_id: repeat(drawn.round_id),
                Judgment.position: positions,
                Judgment.reviewer_id: repeat(who),
                Judgment.verdict: [_VERDICTS[each] for each in said],
                Judgment.correct_rank: [2 if each == 1 else None for each in said],
                Judgment.blind: repeat("none"),
                # a truth value is text to `bulk`, and a number to every database
                Judgment.browsed: repeat("0"),
                Judgment.settles: repeat("0"),
                Judgment.created_at: repeat(now),
            },
        )
        bulk.insert(
            connection,
            {
                Lease.round_id: repeat(drawn.round_id),
                Lease.position: positions,
                Lease.slot: repeat(0),
                Lease.reviewer_id: repeat(who),
                Lease.shown: repeat("1"),
            },
        )
        of_round = (RoundItem.round_id == drawn.round_id) & (RoundItem.position < len(images))
        connection.execute(update(RoundItem).where(of_round).values(places=FULL))
    return drawn.round_id
