"""What a notebook needs beside the report's rooms: a source, figures shown, a quiet end."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import sources
from analysis.ranks import Ranks, stored_ranks
from analysis.sequential import check
from analysis.summary import Asked, Summary
from analysis.table import read_ranks
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
        As `analysis.table.read_table` reads it.
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
    wanted = Namespace(tsv=table, database=None, run=None, round=None)
    if not there:
        wanted = Namespace(tsv=None, database=database, run=run_id, round=None)
    try:
        check(asked.target, asked.confidence)
        with sources.opened(wanted) as source:
            summary = Summary(source.judged, asked)
            if source.engine is None:
                return Taken(summary, read_ranks(table))
            chosen = summary.source.run_id
            assert chosen is not None
            with source.engine.connect() as connection:
                return Taken(summary, stored_ranks(connection, chosen))
    except ProofsheetError as error:
        looked = "" if there else f"There is no {table}, so the database was asked. "
        raise Stop(
            f"Cannot go on: {error}.\n{looked}Then run all cells again (Kernel, Restart & Run All)."
        ) from None


def show(figure: Figure) -> None:
    """Show a figure below the cell, as large as in the report, sharp on fine screens too."""
    from IPython.display import Image, display

    from analysis.figures.saving import to_png

    width = round(figure.get_figwidth() * _PIXELS)
    display(Image(to_png(figure), width=width, alt=str(figure.get_label())))
