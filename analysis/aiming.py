"""What a round that aims at a question starts from, out of the database."""

from __future__ import annotations

import numpy as np

from analysis import frames
from analysis.followup import Remaining
from analysis.judged import Ints, Judged
from db import judged as stored
from db import rounds
from db.engine import Connection
from db.verdicts import CURATE
from vision.errors import InputError


def followed(connection: Connection, round_id: int, run_id: int | None) -> int:
    """Return the run of a round that is to be followed.

    Raises
    ------
    InputError
        If there is no such round, if it judges no predictions, or is of another run than `run_id`.
    """
    row = rounds.by_id(connection, round_id)
    if row is None:
        raise InputError(f"there is no round {round_id} to follow: the page of rounds lists all")
    if row.design == CURATE:
        raise InputError(
            f"round {round_id} sorts pictures and judges no prediction: follow another"
        )
    if run_id not in (None, row.run_id):
        raise InputError(f"round {round_id} is of run {row.run_id}, not of run {run_id}")
    return row.run_id


def aim(
    connection: Connection, frame: rounds.Frame, cluster: Ints, run_id: int, follows: int | None
) -> tuple[Remaining, Judged | None]:
    """Return what is left to be drawn of a run, and what was judged of it.

    Raises
    ------
    InputError
        If nothing of the round to follow was judged.
    """
    scores, image_ids = np.asarray(frame.scores), np.asarray(frame.image_ids)
    if follows is None:
        return Remaining(scores, cluster, np.ones(len(scores), bool)), None
    if not stored.verdict_count(connection, follows):
        raise InputError(
            f"round {follows} cannot be followed yet, as a second phase aims by what the first has"
            " told: judge some of its pictures first (make serve)"
        )
    judged = frames.read(connection, run_id)
    taken = np.union1d(judged.image_ids, list(rounds.drawn_images(connection, run_id)))
    gone = np.unique(cluster[np.isin(image_ids, taken)])
    return Remaining(scores, cluster, ~np.isin(cluster, gone)), judged
