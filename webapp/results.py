"""The results: how good the model is by what was judged, and which threshold to use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from db import browse, round_overview, rounds, thresholds
from db import judged as stored
from db.verdicts import CURATE
from vision.errors import InputError
from webapp import (
    galleries,
    people,
    results_curve,
    results_figures,
    results_labels,
    results_query,
    runs,
    store,
)
from webapp.results_memory import Subject, summary, tag

blueprint = Blueprint("results", __name__)


@dataclass(frozen=True, slots=True)
class About:
    """What a request is about: all runs, the one that is meant, and rounds of it to choose from."""

    runs: Sequence[browse.RunRow]
    run: browse.RunRow
    rounds: Sequence[rounds.RoundRow]
    subject: Subject


@blueprint.get("/results/")
def index() -> str | tuple[str, int]:
    about = _about()
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
        just_stored=request.args.get("stored", type=store.row_id),
        details=_details(made),
        admin=people.current().role == "admin",
        **told,
    )


def _nothing(about: About, asked: Asked, why: str) -> str:
    """Return the page of a run without verdicts that count: what to press, and how often."""
    with store.connection() as connection:
        counts = stored.verdict_counts(connection)
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
    return {"tag": tag(_known().subject)}


@blueprint.get("/results/curve.json")
def curve() -> dict[str, Any]:
    with _asked() as (_, made, said):
        return {"tag": said} | results_curve.curve(made)


@blueprint.get("/results.json")
def numbers() -> dict[str, Any]:
    from analysis.numbers import numbers

    with _asked() as (_, made, said):
        return {"tag": said} | numbers(made)


@blueprint.get("/results/figures/<name>.svg")
def figure(name: str) -> Response:
    if name not in results_figures.FIGURES | results_figures.DETAILED:
        abort(404, "There is no such figure: the page of results shows all.")
    about = _known()
    of = request.args.get("tag") or tag(about.subject)
    key = f"{of} {request.query_string.decode(errors='replace')} {name}"
    etag = sha256(key.encode()).hexdigest()[:32]
    if request.if_none_match.contains(etag):
        answer = Response(status=304)
        said = of
    else:
        with _asked(about) as (_, made, said):
            _refuse_details(made, name in results_figures.DETAILED)
            answer = Response(results_figures.svg(name, made), content_type="image/svg+xml")
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
    with _asked() as (about, made, said):
        _refuse_details(made)
        table = results_labels.table(made, sort, everything="all" in request.args)
        return _part("labels", about, tag=said, table=table, sort=sort)


@blueprint.get("/results/agreement")
def agreement() -> str:
    with _asked() as (about, made, said):
        _refuse_details(made)
        return _part(
            "agreement",
            about,
            tag=said,
            found=made.agreement,
            disputed=len(made.agreement.disputed),
        )


@blueprint.get("/results/pictures")
def pictures() -> str:
    with _asked() as (about, made, _):
        _refuse_details(made)
        threshold, judged = made.chosen[0], made.judged
        if math.isnan(threshold):
            return _part("pictures", about, galleries=(), written=None)
        view = galleries.View(people.current().id, about.runs)
        with store.connection() as connection:
            shown = galleries.galleries(connection, judged, threshold, view)
        written = wording.threshold(judged.pool, threshold)
        return _part("pictures", about, galleries=shown, written=written)


@blueprint.post("/results/threshold")
@people.admin_only
def choose() -> Redirect:
    with _asked() as (_, made, _):
        try:
            chosen = choice(made)
        except InputError as error:
            abort(400, f"Nothing was stored: {error}.")
    threshold_id = thresholds.store(store.engine(), chosen)
    back = results_query.carried(request.args, stored=threshold_id)
    return redirect(url_for("results.index", **back, _anchor="threshold"), 303)


def _part(name: str, about: About, **told: Any) -> str:
    carried = results_query.carried(request.args, run=about.run.id)
    return render_template(
        f"results/{name}.html", about=about, words=wording, carried=carried, **told
    )


def _about() -> About | None:
    """Return what the request is about; None where nothing was ever labeled."""
    wanted = tuple(sorted(set(request.args.getlist("round", type=store.row_id))))
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        every = [row for row in rounds.all_rounds(connection) if row.design != CURATE]
        if run is None:
            return None
        if "round" in request.args:
            of = {row.run_id for row in every if row.id in wanted}
            if not of or not set(wanted) <= {row.id for row in every}:
                abort(404, "There is no such round of verdicts: the page of rounds lists all.")
            run = next(each for each in all_runs if each.id in of)
        elif "run" not in request.args:
            counts = stored.verdict_counts(connection)
            run = next((each for each in all_runs if counts[each.id]), run)
    own = [row for row in every if row.run_id == run.id]
    # all of them are the same as none named
    some = wanted if set(wanted) != {row.id for row in own} else ()
    return About(all_runs, run, own, Subject(run.id, some or None))


def _known() -> About:
    about = _about()
    if about is None:
        abort(404, "Nothing was labeled yet: the sheet says how.")
    return about


@contextmanager
def _asked(about: About | None = None) -> Iterator[tuple[About, Summary, str]]:
    """Give what a request asks for; one that cannot be answered ends with a sentence."""
    about = about or _known()
    try:
        asked = results_query.read(request.values)
    except InputError as error:
        abort(400, f"{_sentence(error)}")
    try:
        with summary(about.subject, asked, request.args.get("tag")) as (made, said):
            yield about, made, said
    except InputError as error:
        abort(404, _sentence(error))


def _sentence(error: InputError) -> str:
    said = str(error)
    return f"{said[0].upper()}{said[1:]}."


def _details(made: Summary) -> bool:
    """Say whether the viewer may see what was said of single pictures and labels.

    Of a picture that they may still be given, it would tell them what others said.
    """
    reviewer = people.current()
    others = set(made.judged.reviews.reviewers) - {reviewer.name}
    if reviewer.role == "admin" or not others:
        return True
    used = made.source.round_ids
    with store.connection() as connection:
        states = [round_overview.state(connection, round_id) for round_id in used]
    return all(each is not None and each.state != "open" for each in states)


def _refuse_details(made: Summary, detailed: bool = True) -> None:
    if detailed and not _details(made):
        abort(
            403,
            "What others said of single pictures and labels is for admins while the round is open.",
        )
