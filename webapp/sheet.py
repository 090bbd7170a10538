"""The contact sheet: every picture of a run with its top-k, and one picture large."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request

from db import browse
from db.row_ids import row_id
from vision.shelf import Shelf
from webapp import pictures, runs, store, words

PER_SHEET = 60

blueprint = Blueprint("sheet", __name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of the sheet with what its thumbnail needs."""

    row: browse.SheetRow
    source: pictures.Source
    alt: str


@blueprint.get("/sheet/")
def index() -> str:
    after = request.args.get("after", type=row_id)
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        if run is None:
            return render_template("sheet/empty.html")
        # one row more than is shown tells whether there is a next sheet
        rows = browse.sheet(connection, run.id, after=after, limit=PER_SHEET + 1)
        counts = browse.failure_counts(connection, run.id)
    shelf = pictures.shelf_of(all_runs)
    return render_template(
        "sheet/index.html",
        runs=all_runs,
        run=run,
        frames=[_frame(row, shelf) for row in rows[:PER_SHEET]],
        after=after,
        next_after=rows[PER_SHEET - 1].image_id if len(rows) > PER_SHEET else None,
        reasons=words.reasons(counts),
    )


@blueprint.get(f"/sheet/{store.IMAGE_ID}")
def frame(image_id: int) -> str:
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        # the row behind the one before it: the same query as the sheet's, for a single frame
        rows = browse.sheet(connection, run.id, after=image_id - 1, limit=1) if run else []
    if run is None or not rows or rows[0].image_id != image_id:
        abort(404, "This run has no such picture: it was not labeled in it, or never seen.")
    shown = _frame(rows[0], pictures.shelf_of(all_runs), size="full")
    return render_template(
        "sheet/frame.html",
        runs=all_runs,
        run=run,
        frame=shown,
        after=request.args.get("after", type=row_id),
    )


def _frame(row: browse.SheetRow, shelf: Shelf, size: pictures.Size = "thumb") -> Frame:
    source = pictures.source(row, shelf, size)
    return Frame(row, source, words.picture_alt(row.image_id, row.text))
