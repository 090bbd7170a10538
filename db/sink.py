"""The sink that writes a run's events to the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, select, update

from db import bulk
from db.columns import storable, stored_time
from db.engine import adding_images
from db.images import find_or_add
from db.models import NAME_LENGTH, Failure, Prediction, Run
from db.predictions import labeled_among
from db.retry import DELAYS, persist, shown
from db.runs import add_run
from vision import records
from vision.errors import StoreError

T = TypeVar("T")

log = logging.getLogger(__name__)

_SAME = ("input", "classes")
"""The arguments that a resumed run shares with the interrupted one."""

_PREDICTION_COLUMNS = (
    Prediction.run_id,
    Prediction.image_id,
    Prediction.rank,
    Prediction.class_id,
    Prediction.label,
    Prediction.score,
)
_FAILURE_COLUMNS = (
    Failure.run_id,
    Failure.position,
    Failure.key,
    Failure.link,
    Failure.stage,
    Failure.reason,
    Failure.detail,
    Failure.at,
)


class DatabaseSink:
    """Writes events as rows of one run; a `vision.records.Sink`.

    Parameters
    ----------
    engine : Engine
        From `db.engine.connect`; the caller disposes of it.
    info : RunInfo
        What the run is made with.
    resume : bool
        Go on with the latest run that has the same model, weights, runtime, precision,
        preprocessing, k and input, also when it was finished (the input may have grown). Without
        one, or with False, a new run is begun.
    delays : sequence of float
        Seconds between tries while the database is away.

    Attributes
    ----------
    run_id : int
    position : int
        Events stored for good.
    last_key : str or None
        The key of the last of them.
    changed : int
        Pictures whose content differs from that of the row which has their identity already: a
        sign that the post ids or paths of two corpora collide. Their rows keep the first facts.

    Raises
    ------
    StoreError
        Here and in every method: if the database stays away or refuses the work.
    """

    def __init__(
        self,
        engine: Engine,
        info: records.RunInfo,
        *,
        resume: bool,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        self._engine = engine
        self._delays = delays
        self.changed = 0
        begun = self._do(lambda connection: _begin(connection, info, resume))
        self.run_id, self.position, self.last_key = begun

    def write(self, batch: Sequence[records.Event]) -> None:
        """Store a batch in one transaction; events below `position` are there already."""
        events = [event for event in batch if event.position >= self.position]
        if not events:
            return
        end = events[-1].position + 1
        changed = 0

        def store(connection: Connection) -> None:
            nonlocal changed
            seen = connection.execute(
                select(Run.images_seen).where(Run.id == self.run_id).with_for_update()
            ).scalar()
            if seen == end:
                # the try before went through; only its answer was lost
                return
            if seen != self.position:
                raise StoreError(
                    f"another process writes to run {self.run_id} of the database"
                    f" {shown(self._engine.url)}; let it finish, then use --resume"
                )
            changed = _store(connection, self.run_id, events, end)

        self._do(store)
        self.position = end
        self.last_key = _key(events[-1])
        self.changed += changed

    def close(self, *, finished: bool) -> None:
        """Mark the run as finished, or leave it as it is for `resume`."""
        if self.changed:
            log.warning(
                "%s pictures were in the database with other content under the same id or path: "
                "use a database a corpus where ids repeat",
                f"{self.changed:,}",
            )
        if finished:
            done = update(Run).where(Run.id == self.run_id).values(finished_at=datetime.now(UTC))
            self._do(lambda connection: connection.execute(done))

    def _do(self, work: Callable[[Connection], T]) -> T:
        def attempt() -> T:
            with adding_images(self._engine) as connection:
                return work(connection)

        return persist(attempt, self._engine.url, self._delays)


def _key(event: records.Event) -> str:
    key = event.key if isinstance(event, records.Failure) else event.record.key
    return records.image_key(storable(key))


def _begin(
    connection: Connection, info: records.RunInfo, resume: bool
) -> tuple[int, int, str | None]:
    """Return the id of the run to write to, how many events it holds and the last one's key."""
    made_with = {
        "model": info.model,
        "weights_sha256": info.weights_sha256,
        "runtime": info.runtime,
        "precision": info.precision,
        "preprocessing": info.preprocessing,
        "k": info.k,
    }
    if resume:
        alike = connection.execute(
            select(Run.id, Run.images_seen, Run.last_key, Run.arguments)
            .filter_by(**made_with)
            .order_by(Run.id.desc())
        )
        for run_id, seen, last_key, arguments in alike:
            if all(arguments.get(name) == info.arguments.get(name) for name in _SAME):
                connection.execute(update(Run).where(Run.id == run_id).values(finished_at=None))
                return run_id, seen, last_key
    return add_run(connection, **made_with, arguments=info.arguments), 0, None


def _store(connection: Connection, run_id: int, events: Sequence[records.Event], end: int) -> int:
    """Add the rows of a batch; return how many pictures have changed since they were stored."""
    labeled = [event for event in events if isinstance(event, records.Labeled)]
    failed = [event for event in events if isinstance(event, records.Failure)]
    images = find_or_add(connection, [(event.record, event.facts) for event in labeled])
    there = labeled_among(connection, run_id, [image.id for image in images if not image.new])
    predictions: list[tuple[bulk.Value, ...]] = []
    before = len(there)
    changed = 0
    for event, image in zip(labeled, images, strict=True):
        changed += image.content_sha256 != event.facts.content_sha256
        if image.id in there:
            continue
        there.add(image.id)
        predictions += [
            (run_id, image.id, rank, p.class_id, storable(p.label)[:NAME_LENGTH], float(p.score))
            for rank, p in enumerate(event.predictions, 1)
        ]
    bulk.insert_rows(connection, _PREDICTION_COLUMNS, predictions)
    bulk.insert_rows(
        connection, _FAILURE_COLUMNS, [_failure_row(run_id, event) for event in failed]
    )
    connection.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(
            images_seen=end,
            last_key=_key(events[-1]),
            images_labeled=Run.images_labeled + len(there) - before,
            images_failed=Run.images_failed + len(failed),
        )
    )
    return changed


def _failure_row(run_id: int, event: records.Failure) -> tuple[bulk.Value, ...]:
    return (
        run_id,
        event.position,
        records.image_key(storable(event.key)),
        storable(event.link),
        event.stage,
        storable(event.reason)[:NAME_LENGTH],
        storable(event.detail),
        stored_time(event.at),
    )
