"""The pages of rounds: all of them, drawing one, and one with its progress and its verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analysis import drawing
from db import (
    browse,
    judged,
    judged_list,
    judgments,
    review_items,
    review_progress,
    round_overview,
    settling,
)
from db import rounds as stored
from db.review_events import Judge
from db.row_ids import MAX_ID
from db.verdicts import VERDICTS
from vision.errors import InputError
from webapp import keys, people, pictures, round_form, runs, store

PER_PAGE = 50

SHOWN = dict(
    zip(
        judged_list.FILTERS,
        ("All judged", "Skipped", "Unsure", "With a note", "Disagreement", "Settled"),
        strict=True,
    )
)
"""The filters of judged pictures in words."""

ROUND_ID = f"<int(max={MAX_ID}):round_id>"

blueprint = Blueprint("rounds", __name__, url_prefix="/rounds")


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged item; `verdicts` is None while the one who looks may still be given it."""

    item: review_items.ItemRow
    source: pictures.Source
    verdicts: tuple[judged_list.Given, ...] | None


@blueprint.get("/")
def index() -> str:
    return _index()


@blueprint.post("/")
@people.admin_only
def draw() -> Response | tuple[str, int]:
    try:
        drawn = drawing.draw(store.engine(), round_form.read(request.form))
    except InputError as error:
        return _index(str(error)), 400
    return redirect(url_for("rounds.one", round_id=drawn.round_id), 303)


def _index(problem: str | None = None) -> str:
    with store.connection() as connection:
        all_runs, run = runs.chosen(connection)
        states = round_overview.states(connection)
    if run is None:
        return render_template("sheet/empty.html")
    return render_template(
        "rounds/index.html",
        runs=all_runs,
        run=run,
        states=states,
        designs=round_form.DESIGNS,
        form=request.form or round_form.first(run),
        problem=problem,
        admin=people.current().role == "admin",
    )


@blueprint.get(f"/{ROUND_ID}")
def one(round_id: int) -> str:
    reviewer = people.current()
    with store.connection() as connection:
        state = _state(round_overview.state(connection, round_id))
        progress = review_progress.progress(connection, round_id, datetime.now(UTC))
        # of an item that the viewer may still be given, the counts would tell what others said
        others = any(each.name != reviewer.name for each in progress.reviewers)
        told = state.state != "open" or not others
        tally = round_overview.tally(connection, round_id) if told else None
        all_runs = browse.runs(connection)
    admin = reviewer.role == "admin"
    run = next(run for run in all_runs if run.id == state.row.run_id)
    return render_template(
        "rounds/one.html",
        run=run,
        state=state,
        progress=progress,
        time_left=_span(progress.minutes_left) if progress.minutes_left else None,
        tally=tally,
        admin=admin,
        closable=admin and state.row.implicit_run_id is None and state.row.closed_at is None,
        **(_listing(state, reviewer.id, all_runs, run.k) if admin else {}),
    )


@blueprint.post(f"/{ROUND_ID}/close")
@people.admin_only
def close(round_id: int) -> Response:
    if _found(round_id).row.implicit_run_id is not None:
        abort(400, "The round that a run has by itself stays open: draw one to review a part.")
    stored.close(store.engine(), round_id)
    return redirect(url_for("rounds.one", round_id=round_id), 303)


@blueprint.post(f"/{ROUND_ID}/put-back")
@people.admin_only
def put_back(round_id: int) -> Response:
    if _found(round_id).row.closed_at is not None:
        abort(400, "The round is closed: nothing of it is judged anew.")
    positions = request.form.getlist("position", type=_position)
    if len(positions) > PER_PAGE:
        abort(400, f"At most {PER_PAGE} pictures are put back at once.")
    number = judgments.put_back(store.engine(), round_id, positions, people.current().id)
    return _back_to_list(round_id, put_back=number)


@blueprint.post(f"/{ROUND_ID}/settle")
@people.admin_only
def settle(round_id: int) -> Response:
    round_row = _found(round_id).row
    position = request.form.get("item", type=_position)
    with store.connection() as connection:
        facts = judged.about_run(connection, round_row.run_id)
    assert facts is not None  # a round has a run
    said = {each.name: each for each in _answers(round_row.design, facts.k)}
    action = said.get(request.form.get("right", ""))
    if position is None or action is None:
        abort(400, "Choose a picture of the list, and which verdict on it is right.")
    event = Judge(str(uuid4()), round_row.uuid, position, str(action.verdict), action.rank)
    why = settling.settle(store.engine(), people.current().id, event)
    if why is not None:
        abort(409, f"This is not settled: {why}.")
    return _back_to_list(round_id, settled=position)


def _answers(design: str, k: int) -> list[keys.Action]:
    """Return what can be right of a picture: each verdict, and each later rank, once."""
    found: dict[tuple[str | None, int | None], keys.Action] = {}
    for action in keys.actions(design, k):
        if action.verdict and VERDICTS[action.verdict].answers:
            found.setdefault((action.verdict, action.rank), action)
    return list(found.values())


def _back_to_list(round_id: int, **done: Any) -> Response:
    """Return to the part of the judged pictures that a form was on, to say what it has done."""
    back = url_for(
        "rounds.one",
        round_id=round_id,
        show=request.form.get("show"),
        after=request.form.get("after"),
        **done,
        _anchor="judged",
    )
    return redirect(back, 303)


def _listing(
    state: round_overview.RoundState, viewer_id: int, all_runs: list[browse.RunRow], k: int
) -> dict[str, object]:
    """Return the page of judged pictures that is asked for, as its template takes it."""
    show = request.args.get("show", judged_list.ALL)
    if show not in SHOWN:
        abort(404, f"There is no list of {show!r} pictures: choose one of those on the page.")
    after = request.args.get("after", -1, type=_position)
    # one more than is shown tells whether there is a next page
    asked = judged_list.Listing(state.row.id, viewer_id, show, after, limit=PER_PAGE + 1)
    with store.connection() as connection:
        verdicts = judged_list.judged(connection, asked)
        positions = list(verdicts)[:PER_PAGE]
        items = review_items.items(connection, state.row, positions)
    shelf = pictures.shelf_of(all_runs)
    return {
        "judged": [
            Judged(
                items[position],
                pictures.source(items[position], shelf, "thumb"),
                verdicts[position],
            )
            for position in positions
        ],
        "show": show,
        "filters": SHOWN,
        "after": after,
        "next_after": positions[-1] if len(verdicts) > PER_PAGE else None,
        "put_back": request.args.get("put_back", type=_position),
        "settled": request.args.get("settled", type=_position),
        "settling": show in (judged_list.DISAGREEMENT, judged_list.SETTLED),
        "answers": _answers(state.row.design, k),
        "titles": {
            action.verdict: action.title
            for action in reversed(keys.actions(state.row.design, k=2))
            if action.verdict
        },
    }


def _found(round_id: int) -> round_overview.RoundState:
    with store.connection() as connection:
        return _state(round_overview.state(connection, round_id))


def _state(state: round_overview.RoundState | None) -> round_overview.RoundState:
    if state is None:
        abort(404, "There is no such round: the page of rounds lists all.")
    return state


def _span(minutes: float) -> str:
    return f"{math.ceil(minutes)} min" if minutes < 60 else f"{minutes / 60:.1f} h"


def _position(text: str) -> int:
    number = int(text)
    if not 0 <= number <= store.MAX_POSITION:
        raise ValueError(text)
    return number
