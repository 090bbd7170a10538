"""The results: how good the model is by what was judged, and which threshold to use."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from analysis import wording
from analysis.bands import FEWEST
from analysis.certify import fewest
from analysis.choice import choice
from analysis.estimates import ABOUT
from analysis.summary import Asked, Summary
from db import judged, thresholds
from db.row_ids import row_id
from vision.errors import InputError
from webapp import (
    galleries,
    people,
    results_curve,
    results_figures,
    results_labels,
    results_query,
    store,
)
from webapp.results_about import About, about_request, asked_for, details, known, refuse_details
from webapp.results_memory import drawn, summary, tag

_DETAILED = ("labels", "confusions", "agreement")
"""What of all numbers tells of single labels, or who agrees with whom."""

blueprint = Blueprint("results", __name__)


@blueprint.get("/results/")
def index() -> str | tuple[str, int]:
    about = about_request()
    if about is None:
        return render_template("sheet/empty.html")
    problem = None
    try:
        asked = results_query.read(request.args)
    except InputError as error:
        problem, asked = str(error), Asked()
    try:
        with summary(about.subject, asked) as (made, said):
            page = _page(about, made, tag=said, problem=problem)
    except InputError as error:
        return _nothing(about, asked, str(error))
    return page if problem is None else (page, 400)


def _page(about: About, made: Summary, **told: str | None) -> str:
    with store.connection() as connection:
        newest = thresholds.newest(connection, about.run.id)
    return render_template(
        "results/index.html",
        about=about,
        summary=made,
        words=wording,
        form=results_query.form(made.asked, request.args),
        estimands=ABOUT,
        figures=results_figures.FIGURES,
        carried=results_query.carried(request.args, run=about.run.id),
        stored=newest,
        just_stored=request.args.get("stored", type=row_id),
        details=details(made),
        admin=people.current().role == "admin",
        **told,
    )


def _nothing(about: About, asked: Asked, why: str) -> str:
    """Return the page of a run without verdicts that count: what to press, and how often."""
    with store.connection() as connection:
        counts = judged.verdict_counts(connection)
    return render_template(
        "results/nothing.html",
        about=about,
        why=why,
        verdicts=counts[about.run.id],
        others=[(run, counts[run.id]) for run in about.runs if counts[run.id]],
        asked=asked,
        words=wording,
        tag=tag(about.subject),
        curves_from=2 * FEWEST,
        fewest=fewest(asked.target, asked.confidence),
    )


@blueprint.get("/results/state.json")
def state() -> dict[str, str]:
    return {"tag": tag(known().subject)}


@blueprint.get("/results/curve.json")
def curve() -> dict[str, Any]:
    with asked_for() as (_, made, said):
        return {"tag": said} | results_curve.curve(made)


@blueprint.get("/results.json")
def numbers() -> dict[str, Any]:
    from analysis.numbers import numbers

    with asked_for() as (_, made, said):
        told = {"tag": said} | numbers(made)
        hidden = () if details(made) else _DETAILED
    return {name: value for name, value in told.items() if name not in hidden}


@blueprint.get("/results/figures/<name>.svg")
def figure(name: str) -> Response:
    if name not in results_figures.FIGURES | results_figures.DETAILED:
        abort(404, "There is no such figure: the page of results shows all.")
    about = known()
    of = request.args.get("tag") or tag(about.subject)
    key = f"{of} {request.query_string.decode(errors='replace')} {name}"
    etag = sha256(key.encode()).hexdigest()[:32]
    if request.if_none_match.contains(etag):
        answer = Response(status=304)
        said = of
    else:
        with asked_for(about) as (_, made, said):
            refuse_details(made, name in results_figures.DETAILED)
            svg = drawn(made, name, results_figures.svg)
            answer = Response(svg, content_type="image/svg+xml")
    if said == of:
        answer.set_etag(etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Security-Policy"] = results_figures.POLICY
    return answer


@blueprint.get("/results/labels")
def labels() -> str:
    sort = request.args.get("sort", results_labels.USUAL)
    if sort not in results_labels.SORTS:
        abort(404, f"Labels are not sorted by {sort!r}: choose a column of the table.")
    with asked_for() as (about, made, said):
        refuse_details(made)
        table = results_labels.table(made, sort, everything="all" in request.args)
        return _part("labels", about, tag=said, table=table, sort=sort)


@blueprint.get("/results/agreement")
def agreement() -> str:
    with asked_for() as (about, made, said):
        refuse_details(made)
        return _part(
            "agreement",
            about,
            tag=said,
            found=made.agreement,
            disputed=len(made.agreement.disputed),
        )


@blueprint.get("/results/pictures")
def pictures() -> str:
    with asked_for() as (about, made, _):
        refuse_details(made)
        threshold = made.chosen[0]
        if math.isnan(threshold):
            return _part("pictures", about, galleries=(), written=None)
        view = galleries.View(people.current().id, about.runs)
        with store.connection() as connection:
            shown = galleries.galleries(connection, made.judged, threshold, view)
        written = wording.threshold(made.judged.pool, threshold)
        return _part("pictures", about, galleries=shown, written=written)


@blueprint.post("/results/threshold")
@people.admin_only
def choose() -> Redirect:
    with asked_for() as (_, made, _):
        try:
            chosen = choice(made)
        except InputError as error:
            abort(400, f"Nothing was stored: {error}.")
    threshold_id = thresholds.store(store.engine(), chosen)
    back = results_query.carried(request.args, at=request.values.get("at"), stored=threshold_id)
    return redirect(url_for("results.index", **back, _anchor="threshold"), 303)


def _part(name: str, about: About, **told: Any) -> str:
    carried = results_query.carried(request.args, run=about.run.id)
    return render_template(
        f"results/{name}.html", about=about, words=wording, carried=carried, **told
    )
