"""The table of labels on the results page, sorted as asked, and the pairs most often confused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.judged import Floats
from analysis.labels import ENOUGH, FALSE_DISCOVERIES, Labels
from analysis.summary import Summary

MOST_SHOWN, MOST_PAIRS = 30, 12

USUAL = "usual"
SORTS: dict[str, Callable[[Labels], Floats]] = {
    USUAL: lambda table: np.arange(len(table.n), dtype=float),
    "label": lambda table: np.argsort(np.argsort(table.names)).astype(float),
    "pictures": lambda table: -table.pool.astype(float),
    "judged": lambda table: -table.n.astype(float),
    "right": lambda table: -table.share,
    "expected": lambda table: -table.shrunk,
}
"""What each order goes by, ascending; labels that lack it come last."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label; shares are 0 to 1, NaN where nothing was judged."""

    name: str
    pool: int
    n: int
    share: float
    low: float
    high: float
    shrunk: float
    shrunk_low: float
    shrunk_high: float
    enough: bool
    worse: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A label, and the one that was right instead; `n` judged pictures, who stand for `weight`."""

    predicted: str
    right: str
    n: int
    weight: float


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of `count` labels, and the most frequent of all `confused` pairs."""

    rows: Sequence[Row]
    count: int
    pairs: Sequence[Pair]
    confused: int
    least: int = ENOUGH
    false_discoveries: float = FALSE_DISCOVERIES


def table(summary: Summary, sort: str, everything: bool) -> Table:
    """Return the table in an order of `SORTS`, whole or its beginning."""
    made, pairs, names = summary.labels, summary.confusions, summary.judged.pool.names
    order = np.argsort(SORTS[sort](made), kind="stable")
    columns = [
        np.asarray(each)[order][: None if everything else MOST_SHOWN].tolist()
        for each in (
            made.names, made.pool, made.n, made.share, made.low, made.high, made.shrunk,
            made.shrunk_low, made.shrunk_high, made.enough, made.worse,
        )
    ]  # fmt: skip
    first = zip(
        pairs.predicted[:MOST_PAIRS].tolist(),
        pairs.right[:MOST_PAIRS].tolist(),
        pairs.n[:MOST_PAIRS].tolist(),
        pairs.weight[:MOST_PAIRS].tolist(),
        strict=True,
    )
    return Table(
        rows=[Row(*row) for row in zip(*columns, strict=True)],
        count=len(made.names),
        pairs=[
            Pair(names[predicted], names[right], n, weight) for predicted, right, n, weight in first
        ],
        confused=len(pairs.n),
    )
