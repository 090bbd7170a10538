"""Draws rounds that aim at a question, out of the database: what is left, and what is known."""

from __future__ import annotations

import numpy as np

from analysis import frames
from analysis.followup import Question, Remaining, sample_for
from analysis.judged import Floats, Ints, Judged
from analysis.recalibration import cross_fitted
from analysis.sampling import Sample
from db import rounds
from db.engine import Connection
from db.verdicts import CURATE
from vision.errors import InputError

SURE = 0.02
"""Scores are taken for chances no nearer to 0 and 1 than this while nobody has judged anything."""

_SEED = 20_170_304


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
    try:
        frames.read(connection, run_id, [follows])
    except InputError as error:
        raise InputError(
            f"round {follows} cannot be followed yet, as a second phase aims by what the first has"
            f" told: {error}"
        ) from error
    judged = frames.read(connection, run_id)
    taken = np.union1d(judged.image_ids, list(rounds.drawn_images(connection, run_id)))
    gone = np.unique(cluster[np.isin(image_ids, taken)])
    return Remaining(scores, cluster, ~np.isin(cluster, gone)), judged


def aimed(
    question: Question, size: int, left: Remaining, judged: Judged | None, rng: np.random.Generator
) -> Sample:
    """Draw a round for a question.

    Parameters
    ----------
    question : Question
    size : int
    left : Remaining
    judged : Judged or None
        What tells the chance of "right" at each score; None: the score itself does.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If too few pictures are left.
    """

    def by_score(scores: Floats) -> Floats:
        return np.clip(scores, SURE, 1 - SURE)

    chance = by_score
    if judged is not None:
        _, fitted = cross_fitted(judged.scores, judged.top1, judged.weight, judged.bin, _SEED)
        chance = fitted.predict
    return sample_for(question, size, left, chance, rng)
