"""The reviewer: its page, and what the page asks for while pictures are judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from analysis.wording import plain
from db import (
    browse,
    implicit_rounds,
    judgments,
    leases,
    review_events,
    review_history,
    review_items,
    review_progress,
    reviewers,
    rounds,
)
from db.row_ids import row_id
from db.verdicts import CURATE
from vision.records import is_web
from vision.shelf import Shelf
from webapp import bodies, keys, lending, people, pictures, sign_in, store

AHEAD = 8
"""Pictures that the page keeps ready beyond the one on show."""

MOST_EVENTS = 50
"""Verdicts in one request."""

HISTORY_PAGE = 30

blueprint = Blueprint("review", __name__)


@blueprint.get("/")
def index() -> str | Response:
    asked = request.args.get("round", type=row_id)
    if "round" in request.args:
        with store.connection() as connection:
            row = rounds.by_id(connection, asked) if asked is not None else None
        if row is None:
            abort(404, "There is no such round: the page of rounds lists all.")
    else:
        row = implicit_rounds.current(store.engine())
        if row is None:
            return render_template("sheet/empty.html")
    reviewer = people.current()
    with store.connection() as connection:
        runs = browse.runs(connection)
    run = next(run for run in runs if run.id == row.run_id)
    return render_template(
        "review/index.html", run=run, runs=runs, round=row, config=_config(row, run.k, reviewer)
    )


def _config(row: rounds.RoundRow, k: int, reviewer: reviewers.ReviewerRow) -> dict[str, Any]:
    return {
        "round": {
            "uuid": row.uuid,
            "id": row.id,
            "name": row.name,
            "design": row.design,
            "k": k,
            "size": row.size,
            "overlap": row.overlap,
            "implicit": row.implicit_run_id is not None,
        },
        "reviewer": {"id": reviewer.id, "name": reviewer.name},
        "csrf": people.csrf_token(),
        "actions": keys.shown(keys.actions(row.design, k), reviewer.keys or {}),
        "lease_seconds": leases.LEASE.total_seconds(),
        "ahead": AHEAD,
        "urls": {
            "next": url_for("review.hand_out"),
            "verdicts": url_for("review.record"),
            "history": url_for("review.history"),
            "progress": url_for("review.progress"),
            "keys": url_for("review.set_keys"),
            "sign_in": url_for(sign_in.ENDPOINT, next=request.full_path),
            "rounds": url_for("rounds.index"),
            # a round that sorts pictures judges no prediction
            "results": url_for("results.index", run=row.run_id) if row.design != CURATE else None,
        },
    }


@blueprint.post("/review/next")
def hand_out() -> dict[str, Any]:
    body = bodies.of_request()
    wish = leases.Wish(
        want=body.whole("want", most=leases.MOST_WANTED),
        have=body.wholes("have", most=store.MAX_POSITION),
        showing=body.whole("showing", most=store.MAX_POSITION, default=None),
    )
    uuid = body.text("round")
    with store.connection() as connection:
        row = _found(connection, uuid)
        behind = implicit_rounds.behind(connection, row)
    handed = lending.lend(row, people.current().id, wish, behind=behind)
    return {
        "items": _items(row, handed.positions),
        "dropped": list(handed.dropped),
        "state": handed.state,
    }


@blueprint.post("/review/verdicts")
def record() -> dict[str, Any]:
    body = bodies.of_request()
    events, refused = [], []
    for each in body.objects("events", most=MOST_EVENTS):
        try:
            events.append(_event(each))
        except BadRequest as error:  # what is wrong with one holds up no other
            why = error.description or "it cannot be read"
            refused.append(review_events.Answer(each.uuid("uuid"), why))
    position = body.whole("showing", most=store.MAX_POSITION, default=None)
    showing = None if position is None else review_events.Showing(body.uuid("round"), position)
    answers = judgments.record(store.engine(), people.current().id, events, showing)
    refused += [answer for answer in answers if answer.why is not None]
    elsewhere = [answer for answer in refused if answer.why == review_events.ELSEWHERE]
    return {
        "stored": [answer.uuid for answer in answers if answer.why is None],
        # for the browser to keep: on this address another database may be served again
        "elsewhere": [answer.uuid for answer in elsewhere],
        "refused": [answer._asdict() for answer in refused if answer not in elsewhere],
    }


def _event(body: bodies.Body) -> review_events.Event:
    kind = body.text("kind")
    if kind == "retract":
        return review_events.Retract(body.uuid("uuid"), body.uuid("round"), body.uuid("judgment"))
    if kind != "judge":
        abort(400, f"The kind {kind!r} of an event is neither 'judge' nor 'retract'.")
    return review_events.Judge(
        uuid=body.uuid("uuid"),
        round_uuid=body.uuid("round"),
        position=body.whole("position", most=store.MAX_POSITION),
        verdict=body.text("verdict"),
        rank=body.whole("rank", most=store.MAX_POSITION, default=None),
        note=body.text("note", default=None),
        seconds=body.seconds("seconds"),
        blind=body.text("blind", default="none"),
        renews=body.uuid("renews") if body.has("renews") else None,
    )


@blueprint.get("/review/history")
def history() -> dict[str, Any]:
    row = _round(request.args.get("round", ""))
    before = request.args.get("before", type=row_id)
    limit = min(request.args.get("limit", HISTORY_PAGE, type=row_id), HISTORY_PAGE)
    with store.connection() as connection:
        judged = review_history.history(
            connection, row.id, people.current().id, before=before, limit=limit + 1
        )
    page = judged[:limit]
    items = {item["position"]: item for item in _items(row, [each.position for each in page])}
    return {
        "judgments": [
            {
                "id": each.id,
                "uuid": each.uuid,
                "verdict": each.verdict,
                "rank": each.rank,
                "blind": each.blind,
                "note": each.note,
                "at": each.at.isoformat(),
                "item": items[each.position],
            }
            for each in page
        ],
        "more": len(judged) > limit,
    }


@blueprint.get("/review/progress")
def progress() -> dict[str, Any]:
    row = _round(request.args.get("round", ""))
    with store.connection() as connection:
        now = review_progress.progress(connection, row.id, datetime.now(UTC))
    return {
        "done": now.done,
        "of": now.of,
        "per_minute": now.per_minute,
        "minutes_left": now.minutes_left,
        "reviewers": [
            {"name": each.name, "done": each.done, "per_minute": each.per_minute}
            for each in now.reviewers
        ],
    }


@blueprint.put("/review/keys")
def set_keys() -> dict[str, Any]:
    given = bodies.of_request().mapping("keys")
    reviewer = people.current()
    # those of the other kind of rounds stay; none at all are the first ones again
    own = (reviewer.keys or {}) | given if given else {}
    why = keys.problem(own)
    if why is not None:
        abort(400, why)
    reviewers.set_keys(store.engine(), reviewer.id, own)
    return {"keys": own}


def _round(uuid: str) -> rounds.RoundRow:
    with store.connection() as connection:
        return _found(connection, uuid)


def _found(connection: Connection, uuid: str) -> rounds.RoundRow:
    # a database may not even compare a text of other letters with its own
    row = rounds.by_uuid(connection, uuid) if uuid.isascii() else None
    if row is None:
        abort(404, "This round is not in the database: load the page anew.")
    return row


def _items(row: rounds.RoundRow, positions: Iterable[int]) -> list[dict[str, Any]]:
    """Return the items at some positions, in that order, as the page takes them."""
    wanted = list(positions)
    with store.connection() as connection:
        found = review_items.items(connection, row, wanted)
        shelf = pictures.shelf_of(browse.runs(connection)) if found else Shelf.of(())
    return [_item(found[position], shelf) for position in wanted]


def _item(row: review_items.ItemRow, shelf: Shelf) -> dict[str, Any]:
    screen = pictures.source(row, shelf, "screen")
    return {
        "position": row.position,
        "image_id": row.image_id,
        "picture": screen.url,
        "full": pictures.source(row, shelf, "full").url,
        "thumb": pictures.source(row, shelf, "thumb").url,
        "remote": screen.remote,
        "alt": f"Picture {row.image_id}",
        "predictions": [[plain(label), score] for label, score in row.predictions],
        "text": row.text,
        "author": row.author,
        "link": row.link if is_web(row.link) else None,
        "copies": row.copies,
    }
