"""The round that a run has by itself: all its pictures, in random order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.exc import IntegrityError

from db import rounds
from db.engine import writing
from db.models import Prediction, Run
from db.retry import shown
from db.review_models import Round, RoundItem
from db.verdicts import UNIFORM
from db.writing import write
from vision.errors import StoreError

_TRIES = 3

AT_ONCE = 5_000
"""Pictures stored in one transaction: reviewers wait for it no longer than for each other."""

Later = Callable[[Iterator[int]], None]


def exhaust(steps: Iterator[int]) -> None:
    """Go through all steps at once."""
    for _ in steps:
        pass


def current(engine: Engine) -> rounds.RoundRow | None:
    """Return the round that reviewing starts on, or None where nothing was ever labeled.

    It is the newest run's newest drawn round, an open one before closed ones; a run without drawn
    rounds has its implicit one.
    """
    with engine.connect() as connection:
        run_id = connection.execute(select(func.max(Prediction.run_id))).scalar()
        if run_id is None:
            return None
        drawn = (
            select(*rounds.COLUMNS)
            .where(Round.run_id == run_id, Round.implicit_run_id.is_(None))
            .order_by(Round.closed_at.isnot(None), Round.id.desc())
            .limit(1)
        )
        row = connection.execute(drawn).one_or_none()
    return implicit(engine, run_id) if row is None else rounds.RoundRow(*row)


def implicit(engine: Engine, run_id: int) -> rounds.RoundRow:
    """Return the round that a run has by itself: all its pictures, in random order.

    Where it was not there it is made, without items: `top_up` brings them.
    """
    for _ in range(_TRIES):
        with engine.connect() as connection:
            found = rounds.one(connection, Round.implicit_run_id == run_id)
        if found is not None:
            return found
        # somebody else may make it in this moment
        with suppress(IntegrityError), writing(engine) as connection:
            _begin(connection, run_id)
    raise StoreError(f"run {run_id} is not in the database {shown(engine.url)} any more")


def _begin(connection: Connection, run_id: int) -> None:
    rounds.begin(
        connection,
        run_id=run_id,
        implicit_run_id=run_id,
        name=f"all of run {run_id}",
        design=UNIFORM,
        strata={"batches": []},
        seed=rounds.random_seed(),
        size=0,
        overlap=1,
        reviews=0,
    )


def behind(connection: Connection, row: rounds.RoundRow) -> bool:
    """Say whether a round is the run's own and lacks pictures that the run has labeled."""
    if row.implicit_run_id is None:
        return False
    labeled = select(Run.images_labeled).where(Run.id == row.run_id)
    return connection.execute(labeled).scalar_one() > row.size


def top_up(engine: Engine, round_id: int, later: Later = exhaust) -> int:
    """Add to an implicit round what its run has labeled since; return how many pictures.

    The first some thousand are stored when this returns. With more to come, `later` is given an
    iterator that stores the next some thousand at each step, so that a million keep nobody
    waiting; by default it is exhausted at once.

    What comes together is a stratum, behind the others and in random order: each stratum by
    itself is a uniform sample of what it was drawn from. Where a process ended before it had
    stored all, the rest is drawn anew, which is as random as what was drawn first; had the run
    grown meanwhile, that rest and the growth become a stratum of their own.
    """
    steps = _steps(engine, round_id)
    count = next(steps, 0)
    if count > AT_ONCE:
        later(steps)
    return count


def _steps(engine: Engine, round_id: int) -> Iterator[int]:
    """Store a batch step by step; yield how many pictures it has, each time some are stored."""
    batch = write(engine, lambda connection: _begin_batch(connection, round_id))
    if batch is None:
        return
    count = len(batch.image_ids)
    yield count
    for start in range(AT_ONCE, count, AT_ONCE):
        part = partial(_store_part, batch=batch, start=start)
        if not write(engine, part):
            return  # somebody else has gone on with it
        yield count


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pictures to come into a round in this order, from the position `first` on."""

    round_id: int
    first: int
    stratum: int
    image_ids: list[int]


def _begin_batch(connection: Connection, round_id: int) -> _Batch | None:
    row = connection.execute(
        select(Round.id, Round.run_id, Round.size, Round.seed, Round.strata)
        .where(Round.id == round_id, Round.implicit_run_id.isnot(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    labeled = select(Run.images_labeled).where(Run.id == row.run_id)
    if connection.execute(labeled).scalar_one() <= row.size:
        return None
    fresh = _not_in_round(connection, row)
    if not fresh:
        return None
    random.Random(f"{row.seed} {row.size}").shuffle(fresh)  # noqa: S311 - a sample, no secret
    batches = [dict(batch) for batch in row.strata["batches"]]
    missing = sum(batch["pictures"] for batch in batches) - row.size
    if missing and missing != len(fresh):
        batches[-1]["pictures"] -= missing
    if missing != len(fresh):
        batches.append({"pictures": len(fresh)})
    connection.execute(
        update(Round)
        .where(Round.id == round_id)
        .values(strata={"batches": batches}, reviews=row.size + len(fresh))
    )
    batch = _Batch(round_id, row.size, len(batches) - 1, fresh)
    _store_part(connection, batch, 0)
    return batch


def _store_part(connection: Connection, batch: _Batch, start: int) -> bool:
    """Store the next pictures of a batch, unless the round is no longer as far as this batch."""
    first = batch.first + start
    here = select(Round.size).where(Round.id == batch.round_id).with_for_update()
    if connection.execute(here).scalar_one() != first:
        return False
    part = batch.image_ids[start : start + AT_ONCE]
    count = len(part)
    columns = (part, [batch.stratum] * count, [1.0] * count, [1] * count, [1] * count)
    rounds.add_items(connection, batch.round_id, first, columns)
    connection.execute(update(Round).where(Round.id == batch.round_id).values(size=first + count))
    return True


def _not_in_round(connection: Connection, row: Row) -> list[int]:
    query = (
        select(Prediction.image_id)
        .where(Prediction.run_id == row.run_id, Prediction.rank == 1)
        .order_by(Prediction.image_id)
    )
    if row.size:
        inside = (RoundItem.image_id == Prediction.image_id) & (RoundItem.round_id == row.id)
        query = query.outerjoin(RoundItem, inside).where(RoundItem.image_id.is_(None))
    return list(connection.execute(query).scalars())
