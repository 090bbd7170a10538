"""Databases for the benches of the reviewer: empty ones of either kind, filled to any size."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, repeat

from sqlalchemy import Engine, func, insert, select

from db import bulk, reviewers
from db.engine import writing
from db.models import Image, Prediction, Run
from tests import mariadb
from webapp import passwords

KINDS = ("sqlite", "mariadb")
PASSWORD = "a password of ten signs"

_SCORES = (0.5, 0.25, 0.125, 0.0625, 0.03125)


@contextmanager
def databases(kind: str) -> Iterator[Iterator[str]]:
    """Yield the addresses of as many empty databases of a kind as are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            # each in a folder of its own, beside its session key
            yield (f"sqlite:///{folder}/{number}/bench.db" for number in count())
        else:
            if lacking := mariadb.missing():
                raise SystemExit(f"missing: {', '.join(lacking)}")
            with mariadb.running() as server:
                yield (server.create(f"bench_{number}") for number in count())


def fill(engine: Engine, pictures: int) -> int:
    """Store a run of pictures never seen, five predictions each; return its id."""
    now = datetime.now(UTC)
    with writing(engine) as connection:
        first = (connection.execute(select(func.max(Image.id))).scalar() or 0) + 1
        run = insert(Run).values(
            model="bench",
            k=len(_SCORES),
            arguments={},
            started_at=now,
            finished_at=now,
            images_seen=pictures,
            images_labeled=pictures,
        )
        key = connection.execute(run).inserted_primary_key
        assert key is not None
        ids = range(first, first + pictures)
        links = [f"https://pictures.example/{image_id}.jpg" for image_id in ids]
        bulk.insert(connection, {Image.id: ids, Image.key: links, Image.link: links})
        ranked = [(image_id, rank) for image_id in ids for rank in range(1, len(_SCORES) + 1)]
        bulk.insert(
            connection,
            {
                Prediction.run_id: repeat(key[0]),
                Prediction.image_id: [image_id for image_id, _ in ranked],
                Prediction.rank: [rank for _, rank in ranked],
                Prediction.label: [f"class {(7 * each + rank) % 1000}" for each, rank in ranked],
                Prediction.score: [_SCORES[rank - 1] for _, rank in ranked],
            },
        )
    return key[0]


def account(engine: Engine, name: str) -> None:
    """Add a reviewer whose password is `PASSWORD`."""
    reviewers.add(engine, name, "reviewer", passwords.hash_of(PASSWORD))
