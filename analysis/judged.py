"""What every figure is computed from: the judged pictures, and the pool that they stand for.

Plain arrays and words. `analysis.frames` makes them out of a database, `analysis.table` out of an
exported table, `analysis.simulated` out of thin air.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNKNOWN = -1
"""Index of a class that nobody has told."""


@dataclass(frozen=True)
class Pool:
    """The pictures that figures are about, each by its top-1 prediction.

    Attributes
    ----------
    scores : array (N,) of float
        Top-1 scores, 0 to 1.
    classes : array (N,) of int
        Top-1 classes, indices into `names`.
    names : sequence of str
        What each class is called. Two classes may have the same name.
    known : bool
        Whether all pictures of the pool are here. If not (a table of judged pictures alone), these
        are the judged ones, a sample of a pool of unknown size, and figures are about future
        pictures of the same kind.
    """

    scores: Floats
    classes: Ints
    names: Sequence[str]
    known: bool = True

    @property
    def size(self) -> int:
        return len(self.scores)

    @cached_property
    def ascending(self) -> Floats:
        """The scores in ascending order."""
        return np.sort(self.scores)

    def accepted(self, threshold: float) -> int:
        """Return how many pictures score at least `threshold`."""
        return self.size - int(np.searchsorted(self.ascending, threshold, side="left"))

    def coverage(self, threshold: float) -> float:
        """Return the share of the pictures that score at least `threshold`; NaN of none."""
        return self.accepted(threshold) / self.size if self.size else np.nan


@dataclass(frozen=True)
class Reviews:
    """Every standing answer on the judged pictures, one row each, in the order of time.

    Attributes
    ----------
    item : array (r,) of int
        Index of the picture among the judged ones.
    reviewer : array (r,) of int
        Index into `reviewers`.
    answer : array (r,) of int
        Index into `answers`.
    settles : array (r,) of bool
        Whether the answer was given to settle a disagreement, with the others in view.
    reviewers, answers : sequence of str
        Names of people; names of answers (`top1`, `topk`, `none`).
    """

    item: Ints
    reviewer: Ints
    answer: Ints
    settles: Bools
    reviewers: Sequence[str]
    answers: Sequence[str]


@dataclass(frozen=True)
class Source:
    """Where judged pictures come from, in words that figures carry.

    Attributes
    ----------
    what : str
        "run 3 of data/proofsheet.db", "rdata/db-results-export.tsv".
    design : str
        How the pictures were drawn, for a figure's caption: "stratified round of 500".
    notes : sequence of str
        Sentences that every figure must carry: what had to be assumed, what is left out.
    unsure, skipped : int
        Pictures that somebody looked at and nobody answered for.
    open_share : float
        Share of the pool, 0 to 1, that these stand for by their chances to be drawn.
    complete : bool
        Whether all that was drawn has been judged; until then figures are a look in between.
    run_id, model, weights_sha256, runtime, precision, preprocessing
        The run's, None where the source does not tell.
    check : str or None
        How that precision, or the one that was tried, compares with float32.
    round_ids : sequence of int
        The rounds that the verdicts were given in.
    """

    what: str
    design: str
    notes: Sequence[str] = ()
    unsure: int = 0
    skipped: int = 0
    open_share: float = 0.0
    complete: bool = True
    run_id: int | None = None
    model: str | None = None
    weights_sha256: str | None = None
    runtime: str | None = None
    precision: str | None = None
    preprocessing: str | None = None
    check: str | None = None
    round_ids: Sequence[int] = ()


@dataclass(frozen=True)
class Judged:
    """Pictures with a verdict, in the order in which these were given.

    Attributes
    ----------
    scores : array (n,) of float
        Top-1 scores, 0 to 1.
    top1 : array (n,) of float
        1 where the top-1 prediction is right, 0 where not; in between where reviewers disagree and
        nobody has settled it.
    topk : array (n,) of float
        The same for "one of the k predictions is right".
    classes : array (n,) of int
        Top-1 classes, indices into `pool.names`.
    right : array (n,) of int
        Right classes, indices into `pool.names`; `UNKNOWN` where the verdict does not tell.
    image_ids : array (n,) of int
        For galleries; row numbers where there is no database.
    weight : array (n,) of float
        Number of pictures of the pool that each stands for.
    bin : array (n,) of int
        Number of the part of the scores (`edges`) that each is in.
    edges : array (bins + 1,) of float
        Part b holds the pictures with edges[b] <= score < edges[b + 1]. Within a part, the judged
        pictures are a random sample with chances proportional to 1 / weight. edges[0] is
        `reaches`, edges[-1] is infinite.
    drawn : array (n,) of float
        The share, 0 to 1, of what each picture stands for that was judged with it: what the
        finite-population correction takes off. 0 where the pool is not known.
    equal : array (n,) of bool
        Whether it was drawn with the same chance as every other such picture of the pool that
        scores `equal_from` or more: these can certify.
    equal_from : float
        NaN where there are none.
    cluster_size : array (n,) of int
        Near-duplicates in the pool that it was drawn for, itself included.
    looks : int
        Rounds that the pictures of equal chances come from: after each of them somebody may have
        looked, and drawn another because the figures were not good enough.
    pool, reviews, source
        The pool, the single answers, where it comes from.
    """

    scores: Floats
    top1: Floats
    topk: Floats
    classes: Ints
    right: Ints
    image_ids: Ints
    weight: Floats
    bin: Ints
    edges: Floats
    drawn: Floats
    equal: Bools
    equal_from: float
    cluster_size: Ints
    pool: Pool
    reviews: Reviews
    source: Source = field(default_factory=lambda: Source("", ""))
    looks: int = 1

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def reaches(self) -> float:
        """The lowest score that pictures were drawn from: below, nothing is known."""
        return float(self.edges[0])

    @property
    def whole(self) -> bool:
        """Whether pictures were drawn from all of the pool, and not only from its best-scored."""
        return self.pool.size > 0 and self.reaches <= self.pool.ascending[0]

    @property
    def why_not_whole(self) -> str:
        """What to say of a figure about all pictures where `whole` is false."""
        if not len(self):
            return "no picture was judged yet"
        return (
            f"pictures were drawn only from scores of {self.reaches:.3g} and more, and nothing is"
            " known below: draw a round of all pictures"
        )
