"""The round that a run has by itself: all its pictures, in random order."""

from __future__ import annotations

import random

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.exc import IntegrityError

from db import rounds
from db.engine import writing
from db.models import Prediction, Run
from db.review_models import Round, RoundItem
from db.verdicts import UNIFORM
from db.writing import write


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
    with engine.connect() as connection:
        found = rounds.one(connection, Round.implicit_run_id == run_id)
    if found is not None:
        return found
    try:
        with writing(engine) as connection:
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
    except IntegrityError:  # somebody else made it in this moment
        pass
    return implicit(engine, run_id)


def top_up(engine: Engine, round_id: int) -> int:
    """Add to an implicit round what its run has labeled since; return how many pictures.

    What comes later is a stratum of its own, behind the others and in random order: each stratum
    by itself is a uniform sample of what it was drawn from.
    """

    def work(connection: Connection) -> int:
        row = connection.execute(
            select(Round.run_id, Round.size, Round.seed, Round.strata)
            .where(Round.id == round_id, Round.implicit_run_id.isnot(None))
            .with_for_update()
        ).one_or_none()
        if row is None:
            return 0
        labeled = select(Run.images_labeled).where(Run.id == row.run_id)
        if connection.execute(labeled).scalar_one() <= row.size:
            return 0
        fresh = _not_in_round(connection, row.run_id, round_id)
        if not fresh:
            return 0
        batches = row.strata["batches"]
        random.Random(row.seed + len(batches)).shuffle(fresh)  # noqa: S311 - a sample, no secret
        count = len(fresh)
        columns = (fresh, [len(batches)] * count, [1.0] * count, [1] * count, [1] * count)
        rounds.add_items(connection, round_id, row.size, columns)
        connection.execute(
            update(Round)
            .where(Round.id == round_id)
            .values(
                size=row.size + count,
                reviews=row.size + count,
                strata={"batches": [*batches, {"pictures": count}]},
            )
        )
        return count

    return write(engine, work)


def _not_in_round(connection: Connection, run_id: int, round_id: int) -> list[int]:
    inside = (RoundItem.round_id == round_id) & (RoundItem.image_id == Prediction.image_id)
    query = (
        select(Prediction.image_id)
        .outerjoin(RoundItem, inside)
        .where(Prediction.run_id == run_id, Prediction.rank == 1, RoundItem.image_id.is_(None))
        .order_by(Prediction.image_id)
    )
    return list(connection.execute(query).scalars())
