"""Predictions in CSV form -> rows of one run. Loading again adds only what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, cycle, islice, repeat
from typing import TypeVar

from sqlalchemy import Connection, Engine, select, update

from db import bulk
from db.csv_rows import CsvRow, Report, parse
from db.engine import adding_images, writing
from db.images import find_or_add
from db.models import Prediction, Run
from db.predictions import top_k
from db.retry import persist
from db.runs import add_run
from vision.errors import StoreError
from vision.records import ImageRecord, image_key

T = TypeVar("T")

_SOURCE = "csv"


@dataclass(frozen=True)
class LoadOptions:
    """Where rows go.

    `run` None means the latest run of earlier loads of the same model and k, made on first use;
    "new" a new one; a number that one, which must come from a CSV too. `batch_size` rows are one
    transaction.
    """

    model: str = "vgg16"
    run: str | int | None = None
    batch_size: int = 10_000


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

    batches = _ahead(_batches(parse(lines, report_bad), options.batch_size))
    stored: Iterator[tuple[list[CsvRow], list[int]]] = (
        (batch, _store_images(batch, engine)) for batch in batches
    )
    if engine.dialect.name != "sqlite":
        # a server has time for the next pictures while it adds predictions
        stored = _ahead(stored)
    for batch, image_ids in stored:
        if counts.run_id is None:
            counts.run_id = _do(engine, partial(_find_run, options, len(batch[0].labels)))
        added, conflicts = _do(engine, partial(_store, counts.run_id, batch, image_ids))
        for row in conflicts:
            reason = f"run {counts.run_id} has other predictions of {row.link} (use --run new)"
            report(row.line, reason)
        counts.loaded += added
        counts.conflicts += len(conflicts)
        counts.there += len(batch) - added - len(conflicts)
    if counts.loaded:
        done = update(Run).where(Run.id == counts.run_id).values(finished_at=datetime.now(UTC))
        _do(engine, lambda connection: connection.execute(done))
    return counts


def _do(engine: Engine, work: Callable[[Connection], T]) -> T:
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


def _store_images(rows: Sequence[CsvRow], engine: Engine) -> list[int]:
    def attempt() -> list[int]:
        with adding_images(engine) as connection:
            stored = find_or_add(connection, [(_record(row), None) for row in rows])
            return [image.id for image in stored]

    return persist(attempt, engine.url)


def _store(
    run_id: int, rows: Sequence[CsvRow], image_ids: Sequence[int], connection: Connection
) -> tuple[int, list[CsvRow]]:
    """Add a batch; return how many rows were new, and those at odds with what is there."""
    # another load into the same run waits here
    connection.execute(select(Run.id).where(Run.id == run_id).with_for_update())
    held = top_k(connection, run_id, image_ids)
    added: dict[int, CsvRow] = {}
    conflicts = []
    for row, image_id in zip(rows, image_ids, strict=True):
        if image_id in held:
            known = held[image_id]
        elif image_id in added:
            known = added[image_id].predictions
        else:
            added[image_id] = row
            continue
        if known != row.predictions:
            conflicts.append(row)
    with _keys_held(connection):
        bulk.insert(connection, _predictions(run_id, added))
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


def _predictions(run_id: int, added: dict[int, CsvRow]) -> bulk.Columns:
    rows = added.values()
    k = max((len(row.labels) for row in rows), default=0)
    return {
        Prediction.run_id: repeat(run_id),
        Prediction.image_id: chain.from_iterable(map(repeat, added, repeat(k))),
        Prediction.rank: cycle(range(1, k + 1)),
        Prediction.label: chain.from_iterable(row.labels for row in rows),
        Prediction.score: chain.from_iterable(row.scores for row in rows),
    }


@contextmanager
def _keys_held(connection: Connection) -> Iterator[None]:
    """Spare a server the look-up of each row's foreign keys.

    The run is locked, this process has just found or stored the pictures, and nothing deletes one.
    """
    if connection.dialect.name == "sqlite":
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
