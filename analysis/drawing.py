"""Draws a round of a run: the frame out of the database, clusters, a sample, the round into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from analysis import aiming
from analysis.clusters import clusters
from analysis.followup import QUESTIONS, Question, aimed
from analysis.sampling import sample
from db import browse, rounds
from db.engine import Connection, Engine
from db.models import NAME_LENGTH
from db.verdicts import AIMED, DESIGNS, STRATIFIED
from vision.errors import InputError

MOST_OVERLAP = 20
"""Reviewers a picture at most: beyond, a typing error is likelier than a wish."""

_RUNS_NAMED = 5
_MOST_SEED = 2**53 - 1


@dataclass(frozen=True)
class Request:
    """What to draw.

    Parameters
    ----------
    size : int
        Pictures.
    design : str
        One of `db.verdicts.DESIGNS`.
    run_id : int, optional
        The newest run with predictions if None.
    overlap : int
        How many reviewers judge each picture.
    reviewed_twice : float
        Share of the pictures, 0 to 1, that a second reviewer judges, where `overlap` is 1.
    seed : int, optional
        The same seed draws the same sample from the same predictions; a random one if None.
    name : str, optional
        Design, size and date if None.
    question : Question, optional
        What the round aims at; its design is then `AIMED`.
    follows : int, optional
        The round that this one is the second phase of, by id; it needs a question.

    Raises
    ------
    InputError
        If one of them is out of range.
    """

    size: int
    design: str = STRATIFIED
    run_id: int | None = None
    overlap: int = 1
    reviewed_twice: float = 0.0
    seed: int | None = None
    name: str | None = None
    question: Question | None = None
    follows: int | None = None

    def __post_init__(self) -> None:
        if self.follows is not None and self.question is None:
            raise InputError(
                "a second phase aims at a question: name one of " + ", ".join(QUESTIONS)
            )
        if self.question is not None and self.design != STRATIFIED:
            raise InputError(
                "a round that aims at a question has strata of its own: name no design"
            )
        if self.size < 1:
            raise InputError(f"a round of {self.size} pictures cannot be drawn: choose 1 or more")
        if self.design not in DESIGNS:
            raise InputError(f"{self.design!r} is no design: choose one of {', '.join(DESIGNS)}")
        if not 1 <= self.overlap <= MOST_OVERLAP:
            raise InputError(
                f"{self.overlap} reviewers cannot judge each picture: choose 1 to {MOST_OVERLAP}"
            )
        if not 0 <= self.reviewed_twice <= 1:
            raise InputError(
                f"{self.reviewed_twice:g} is no share of pictures to review twice: choose 0 to 1"
            )
        if self.reviewed_twice and self.overlap > 1:
            raise InputError(
                f"with {self.overlap} reviewers for every picture none is left to be reviewed"
                " twice: give only one of the two"
            )
        if self.seed is not None and not 0 <= self.seed <= _MOST_SEED:
            raise InputError(
                f"{self.seed} is no seed: choose a whole number from 0 to {_MOST_SEED}"
            )
        if self.name is not None and not _is_name(self.name.strip()):
            raise InputError(
                f"a name of a round has 1 to {NAME_LENGTH} printable characters: choose another"
            )

    @property
    def drawn_as(self) -> str:
        """The design of the round."""
        return self.design if self.question is None else AIMED


def _is_name(text: str) -> bool:
    return 0 < len(text) <= NAME_LENGTH and text.isprintable()


@dataclass(frozen=True)
class Drawn:
    """A round that was drawn and stored, and what it was drawn from.

    `pictures` and `clusters` are those of the whole run; `probabilities` are the smallest and the
    largest of the items.
    """

    round_id: int
    run_id: int
    name: str
    design: str
    size: int
    seed: int
    pictures: int
    clusters: int
    probabilities: tuple[float, float]


def draw(engine: Engine, request: Request) -> Drawn:
    """Draw a round and store it.

    Raises
    ------
    InputError
        If there is no such run, if it has no predictions, or too few pictures for the size.
    """
    seed = rounds.random_seed() if request.seed is None else request.seed
    rng = np.random.default_rng(seed)
    with engine.connect() as connection:
        wanted = request.run_id
        if request.follows is not None:
            wanted = aiming.followed(connection, request.follows, wanted)
        run_id = _run(connection, wanted)
        frame = rounds.frame(connection, run_id)
        if not frame.image_ids:
            raise InputError(
                f"run {run_id} has no predictions yet: wait for some, or name another run"
            )
        cluster = clusters(frame.hashes, frame.dhashes)
        if request.question is not None:
            left, judged = aiming.aim(connection, frame, cluster, run_id, request.follows)
    if request.question is not None:
        drawn = aimed(request.question, request.size, left, judged, rng)
    else:
        drawn = sample(request.design, request.size, np.asarray(frame.scores), cluster, rng)
    name = request.name or f"{request.drawn_as} {request.size}, {datetime.now(UTC):%Y-%m-%d}"
    draft = rounds.Draft(
        run_id=run_id,
        name=name.strip(),
        design=request.drawn_as,
        seed=seed,
        strata=drawn.frame,
        overlap=request.overlap,
        reviewed_twice=request.reviewed_twice,
        reviews=_reviews(request, rng),
        image_ids=np.asarray(frame.image_ids)[drawn.pictures].tolist(),
        stratum=drawn.stratum.tolist(),
        inclusion_probability=drawn.probability.tolist(),
        cluster_size=drawn.cluster_size.tolist(),
        follows_id=request.follows,
    )
    return Drawn(
        round_id=rounds.store(engine, draft),
        run_id=run_id,
        name=draft.name,
        design=request.drawn_as,
        size=request.size,
        seed=seed,
        pictures=drawn.frame["pictures"],
        clusters=drawn.frame["clusters"],
        probabilities=(float(drawn.probability.min()), float(drawn.probability.max())),
    )


def drawn_before(engine: Engine, run_id: int | None) -> rounds.RoundRow | None:
    """Return the latest round that was drawn of a run (None: of the newest), if there is one.

    Raises
    ------
    InputError
        If there is no such run.
    """
    with engine.connect() as connection:
        wanted = _run(connection, run_id)
        every = rounds.all_rounds(connection)
    own = (row for row in every if row.run_id == wanted and row.implicit_run_id is None)
    return next(own, None)


def _run(connection: Connection, wanted: int | None) -> int:
    runs = browse.runs(connection)
    if not runs:
        raise InputError(
            "nothing was labeled yet: label pictures first (bin/label_images.py --database)"
        )
    if wanted is None:
        return next((run.id for run in runs if run.labeled), runs[0].id)
    if all(run.id != wanted for run in runs):
        known = ", ".join(f"{run.id} ({run.model})" for run in runs[:_RUNS_NAMED])
        more = f" and {len(runs) - _RUNS_NAMED} older" if len(runs) > _RUNS_NAMED else ""
        raise InputError(f"there is no run {wanted}: choose one of {known}{more}")
    return wanted


def _reviews(request: Request, rng: np.random.Generator) -> list[int]:
    """Return how many reviewers judge each item."""
    reviews = np.full(request.size, request.overlap)
    twice = round(request.reviewed_twice * request.size)
    reviews[rng.choice(request.size, twice, replace=False)] = 2
    return reviews.tolist()
