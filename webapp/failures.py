"""The pictures of a run that could not be labeled, with the reason of each."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from db import browse
from webapp import runs, store, words

MOST_SHOWN = 500

blueprint = Blueprint("failures", __name__)


@blueprint.get("/failures/")
def index() -> str | Response:
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        if run is None:
            return redirect(url_for("sheet.index"))
        failures = browse.failures(connection, run.id, limit=MOST_SHOWN)
        counts = browse.failure_counts(connection, run.id)
    return render_template(
        "failures/index.html",
        runs=all_runs,
        run=run,
        failures=failures,
        reasons=words.reasons(counts),
    )
