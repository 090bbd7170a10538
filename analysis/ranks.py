"""The scores of all ranks of the judged pictures, as the exported table has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.judged import Floats, Ints
from db import export
from db.engine import Connection
from db.view import COLUMNS, WIDTH

SCORES = tuple(f"score{rank}" for rank in range(1, WIDTH + 1))
VERDICT = "label_id"

_PLACES = [COLUMNS.index(name) for name in SCORES]
_VERDICT = COLUMNS.index(VERDICT)


@dataclass(frozen=True)
class Ranks:
    """One row a judged picture.

    Attributes
    ----------
    scores : array (n, 5) of float
        By rank, 0 to 1, NaN where the run has fewer ranks.
    verdict : array (n,) of int
        0 where the first prediction is right, 1 a later one, 2 none.
    """

    scores: Floats
    verdict: Ints

    @classmethod
    def of(cls, rows: Iterable[tuple[Sequence[Any], Any]]) -> Ranks:
        """Make the columns of rows, each the scores of all ranks and the verdict."""
        listed = list(rows)
        return cls(
            np.array([scores for scores, _ in listed], float).reshape(-1, WIDTH),
            np.array([verdict for _, verdict in listed], np.int64),
        )


def stored_ranks(connection: Connection, run_id: int) -> Ranks:
    """Return those of a run's pictures that have a verdict in the exported table."""
    return Ranks.of(
        ([row[place] for place in _PLACES], row[_VERDICT])
        for row in export.judged_rows(connection, run_id)
    )
