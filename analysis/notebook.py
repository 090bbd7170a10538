"""What a notebook needs beside the report's rooms: a source, figures shown, a quiet end."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import sources
from analysis.judged import Judged
from analysis.ranks import Ranks, stored_ranks
from analysis.sequential import check
from analysis.summary import Asked, Summary
from analysis.table import read_ranked
from vision.errors import ProofsheetError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PIXELS = 96
"""Of a page, by inch."""


class Stop(Exception):
    """There is nothing to go on with; the message is all that the notebook shows of it."""

    def _render_traceback_(self) -> list[str]:
        # IPython's own name for what stands in place of the traceback
        return [str(self)]


@dataclass(frozen=True)
class Taken:
    """All figures of what was judged, and the scores of all ranks."""

    summary: Summary
    ranks: Ranks


def take(
    table: Path,
    database: str | None = None,
    run_id: int | None = None,
    asked: Asked | None = None,
) -> Taken:
    """Return what was judged: of a table if the file is there, else of a database.

    Parameters
    ----------
    table : Path
        As `analysis.table.read_ranked` reads it.
    database : str, optional
        Address; that in `DATABASE_URL`, or the embedded one, if None.
    run_id : int, optional
        Of the database; the newest run with verdicts if None.
    asked : analysis.summary.Asked, optional

    Raises
    ------
    Stop
        If it holds no verdicts that count or cannot be read, or a number is out of range; the
        message says what to do.
    """
    asked = asked or Asked()
    there = table.is_file()
    try:
        check(asked.target, asked.confidence)
        judged, ranks = read_ranked(table) if there else _stored(database, run_id)
    except ProofsheetError as error:
        looked = "" if there else f"There is no {table}, so the database was asked. "
        raise Stop(
            f"Cannot go on: {error}.\n{looked}Then run all cells again (Kernel, Restart & Run All)."
        ) from None
    return Taken(Summary(judged, asked), ranks)


def _stored(database: str | None, run_id: int | None) -> tuple[Judged, Ranks]:
    wanted = Namespace(tsv=None, database=database, run=run_id, round=None)
    with sources.opened(wanted) as source:
        chosen, engine = source.judged.source.run_id, source.engine
        assert engine is not None
        assert chosen is not None
        with engine.connect() as connection:
            return source.judged, stored_ranks(connection, chosen)


def show(figure: Figure) -> None:
    """Show a figure below the cell, as large as in the report, sharp on fine screens too."""
    from IPython.display import Image, display

    from analysis.figures.saving import to_png

    width = round(figure.get_figwidth() * _PIXELS)
    display(Image(to_png(figure), width=width, alt=str(figure.get_label())))
