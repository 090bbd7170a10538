"""Predictions in CSV form -> rows of one run. Loading again adds only what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, select, update

from db import bulk
from db.csv_rows import CsvRow, Report, parse
from db.engine import writing
from db.images import find_or_add
from db.models import Prediction, Run
from db.predictions import top_k
from db.retry import persist
from db.runs import add_run
from vision.errors import StoreError
from vision.records import ImageRecord, image_key

T = TypeVar("T")

_SOURCE = "csv"

_COLUMNS = (
    Prediction.run_id,
    Prediction.image_id,
    Prediction.rank,
    Prediction.label,
    Prediction.score,
)


@dataclass(frozen=True)
class LoadOptions:
    """Where rows go.

    `run` None means the latest run of earlier loads of the same model and k, made on first use;
    "new" a new one; a number that one, which must come from a CSV too. `batch_size` rows are one
    transaction.
    """

    model: str = "vgg16"
    run: str | int | None = None
    batch_size: int = 5000


@dataclass
class LoadCounts:
    """What became of the rows. `run_id` is None where there was no good row."""

    run_id: int | None = None
    loaded: int = 0
    there: int = 0
    conflicts: int = 0
    bad: int = 0

    @property
    def read(self) -> int:
        return self.loaded + self.there + self.conflicts + self.bad


def load(lines: Iterable[str], engine: Engine, options: LoadOptions, report: Report) -> LoadCounts:
    """Load the rows of a CSV; bad ones are reported and left out.

    Parameters
    ----------
    lines : iterable of str
        See `db.csv_rows.parse`.
    engine : Engine
        From `db.engine.connect`.
    options : LoadOptions
    report : callable
        Gets the line number and the reason of each row that is not loaded.

    Raises
    ------
    StoreError
        If the run does not fit or the database refuses. Batches before that stay.
    """
    counts = LoadCounts()

    def report_bad(line: int, reason: str) -> None:
        counts.bad += 1
        report(line, reason)

    for batch in _ahead(_batches(parse(lines, report_bad), options.batch_size)):
        if counts.run_id is None:
            counts.run_id = _write(engine, partial(_find_run, options, len(batch[0].predictions)))
        added, conflicts = _write(engine, partial(_store, counts.run_id, batch))
        for row in conflicts:
            reason = f"run {counts.run_id} has other predictions of {row.link} (use --run new)"
            report(row.line, reason)
        counts.loaded += added
        counts.conflicts += len(conflicts)
        counts.there += len(batch) - added - len(conflicts)
    if counts.loaded:
        done = update(Run).where(Run.id == counts.run_id).values(finished_at=datetime.now(UTC))
        _write(engine, lambda connection: connection.execute(done))
    return counts


def _write(engine: Engine, work: Callable[[Connection], T]) -> T:
    def attempt() -> T:
        with writing(engine) as connection:
            return work(connection)

    return persist(attempt, engine.url)


def _batches(rows: Iterator[CsvRow], size: int) -> Iterator[list[CsvRow]]:
    while batch := list(islice(rows, size)):
        yield batch


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield items while the next one is being made."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, items, None)
        while (item := following.result()) is not None:
            following = reader.submit(next, items, None)
            yield item


def _find_run(options: LoadOptions, k: int, connection: Connection) -> int:
    if isinstance(options.run, int):
        return _given_run(connection, options.run, k)
    if options.run is None:
        alike = select(Run.id, Run.arguments).filter_by(model=options.model, k=k)
        for run_id, arguments in connection.execute(alike.order_by(Run.id.desc())):
            if arguments.get("loaded_from") == _SOURCE:
                return run_id
    arguments = {"loaded_from": _SOURCE, "input": _SOURCE, "roots": [], "keep_images": None}
    return add_run(connection, model=options.model, k=k, arguments=arguments)


def _given_run(connection: Connection, run_id: int, k: int) -> int:
    run = connection.execute(select(Run.k, Run.arguments).where(Run.id == run_id)).one_or_none()
    if run is None:
        raise StoreError(f"there is no run {run_id} in this database; use --run new")
    if run.arguments.get("loaded_from") != _SOURCE:
        raise StoreError(f"run {run_id} was not loaded from a CSV; use --run new")
    if run.k != k:
        raise StoreError(f"run {run_id} has {run.k} predictions a picture, the input {k}")
    return run_id


def _store(run_id: int, rows: Sequence[CsvRow], connection: Connection) -> tuple[int, list[CsvRow]]:
    """Add a batch; return how many rows were new, and those at odds with what is there."""
    connection.execute(select(Run.id).where(Run.id == run_id).with_for_update())
    images = find_or_add(connection, [(_record(row), None) for row in rows])
    held = top_k(connection, run_id, [image.id for image in images if not image.new])
    added: list[tuple[int, CsvRow]] = []
    conflicts = []
    for row, image in zip(rows, images, strict=True):
        known = held.get(image.id)
        if known is None:
            held[image.id] = row.predictions
            added.append((image.id, row))
        elif known != row.predictions:
            conflicts.append(row)
    with _keys_held(connection, all(image.new for image in images)):
        bulk.insert(connection, _COLUMNS, _values(run_id, added))
    if added:
        connection.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(
                images_seen=Run.images_seen + len(added),
                images_labeled=Run.images_labeled + len(added),
            )
        )
    return len(added), conflicts


def _values(run_id: int, added: Iterable[tuple[int, CsvRow]]) -> Iterator[tuple[bulk.Value, ...]]:
    return (
        (run_id, image_id, rank, label, score)
        for image_id, row in added
        for rank, (label, score) in enumerate(row.predictions, 1)
    )


@contextmanager
def _keys_held(connection: Connection, certain: bool) -> Iterator[None]:
    """Spare a server the look-up of foreign keys that this very transaction holds."""
    if not certain or connection.dialect.name == "sqlite":
        yield
        return
    try:
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        yield
        connection.exec_driver_sql("SET foreign_key_checks = 1")
    except BaseException:
        # never back into the pool like this
        connection.invalidate()
        raise


def _record(row: CsvRow) -> ImageRecord:
    key = image_key(row.link) if row.tweet_id is None else f"{row.tweet_id}/0"
    return ImageRecord(key, row.link, row.tweet_id)
