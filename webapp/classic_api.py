"""The HTTP interface of the original labeling client: labels, a list of pictures, one verdict.

It acts on the round that a run has by itself: all its pictures in random order. A filtered list
that starts at offset 0 lends its first pictures (`db.leases.MOST_WANTED` at most) to who asks, so
that no two reviewers are sent the same ones; a reviewer who asks again is sent them until they are
judged. Further pictures, and lists with an offset, only look ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, request

from db import (
    browse,
    classic,
    implicit_rounds,
    judgments,
    leases,
    review_events,
    review_items,
    rounds,
)
from db.row_ids import MAX_ID
from db.verdicts import VERDICTS
from db.view import RUN_STRIDE, WIDTH
from vision.shelf import Shelf
from webapp import bodies, lending, people, pictures, store

MOST_LISTED = 1000

_NAMES = {"top1": "top1", "topk": "top5", "none": "None"}
"""What the client calls the verdicts that it knows."""

_VERDICTS = {
    label_id: verdict for verdict in _NAMES if (label_id := VERDICTS[verdict].label_id) is not None
}

blueprint = Blueprint("classic", __name__)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who asks, about which run's own round."""

    round: rounds.RoundRow
    reviewer_id: int
    labeled: int
    shelf: Shelf

    @property
    def behind(self) -> bool:
        """Whether the run has labeled pictures that its round has not."""
        return self.labeled > self.round.size


@blueprint.get("/labels.json")
def labels() -> list[dict[str, Any]]:
    return [{"id": label_id, "name": _NAMES[name]} for label_id, name in _VERDICTS.items()]


@blueprint.get("/data/")
def rows() -> list[dict[str, Any]]:
    limit = _number("limit", default=1, least=1, most=MOST_LISTED)
    offset = _number("offset", default=0, least=0, most=store.MAX_POSITION)
    desk = _desk(run_id=None)
    if desk is None:
        return []
    if not request.args.get("filter"):
        if offset + limit > desk.round.size:
            _take_in(desk, later=store.in_background)
        return _rows(desk, range(offset, offset + limit))
    if offset == 0:
        lending.lend(
            desk.round,
            desk.reviewer_id,
            leases.Wish(min(limit, leases.MOST_WANTED)),
            behind=desk.behind,
        )
    with store.connection() as connection:
        positions = classic.unjudged(
            connection, desk.round.id, desk.reviewer_id, offset=offset, limit=limit
        )
    return _rows(desk, positions)


@blueprint.get("/data/<int:row_id>.json")
def row(row_id: int) -> dict[str, Any]:
    desk, position = _found(row_id)
    return _rows(desk, [position])[0]


@blueprint.put("/data/<int:row_id>.json")
def judge(row_id: int) -> dict[str, str]:
    body = bodies.of_request()
    if body.whole("id", most=MAX_ID, default=None) not in (None, row_id):
        abort(400, f"The field 'id' of the request is not {row_id}, the one of its address.")
    label_id = body.whole("label_id", most=max(_VERDICTS))
    desk, position = _found(row_id)
    if _label_ids(desk, [position])[position] != label_id:
        with store.connection() as connection:
            holders = classic.holders(connection, desk.round.id, position, datetime.now(UTC))
        mine = desk.reviewer_id in holders
        if holders and not mine:
            abort(409, "Somebody else has this picture to judge, or has judged it.")
        verdict = review_events.Judge(
            str(uuid4()), desk.round.uuid, position, _VERDICTS[label_id], browsed=not mine
        )
        (answer,) = judgments.record(store.engine(), desk.reviewer_id, [verdict])
        if answer.why is not None:
            abort(409, f"The verdict is not taken: {answer.why}.")
    return {"status": "ok"}


def _number(name: str, *, default: int, least: int, most: int) -> int:
    given = request.args.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        abort(400, f"{name}={given} is no whole number from {least} to {most}.")
    if not least <= int(given) <= most:
        abort(400, f"{name}={given} is no whole number from {least} to {most}.")
    return int(given)


def _desk(run_id: int | None) -> _Desk | None:
    """Return the desk of a run, by default the newest; None where it has no pictures."""
    with store.connection() as connection:
        runs = browse.runs(connection)
    wanted = (run for run in runs if run.labeled and run_id in (None, run.id))
    run = next(wanted, None)
    if run is None:
        return None
    return _Desk(
        round=implicit_rounds.implicit(store.engine(), run.id),
        reviewer_id=people.current().id,
        labeled=run.labeled,
        shelf=pictures.shelf_of(runs),
    )


def _found(row_id: int) -> tuple[_Desk, int]:
    """Return the desk and the position of a row, or end the request."""
    run_before, image_id = divmod(row_id, RUN_STRIDE)
    desk = _desk(run_before + 1)
    position = None if desk is None else _position(desk, image_id)
    if desk is None or position is None:
        abort(404, f"There is no row {row_id}.")
    return desk, position


def _take_in(desk: _Desk, later: implicit_rounds.Later) -> bool:
    """Take in what the run has labeled since, and say whether there was any."""
    if not desk.behind:
        return False
    return implicit_rounds.top_up(store.engine(), desk.round.id, later) > 0


def _position(desk: _Desk, image_id: int) -> int | None:
    with store.connection() as connection:
        position = classic.position_of(connection, desk.round.id, image_id)
    # the picture asked for may be the last of a million: all have to be there
    if position is None and _take_in(desk, later=implicit_rounds.exhaust):
        with store.connection() as connection:
            position = classic.position_of(connection, desk.round.id, image_id)
    return position


def _rows(desk: _Desk, positions: Iterable[int]) -> list[dict[str, Any]]:
    """Return the rows at those positions that the round has, in that order."""
    wanted = list(positions)
    with store.connection() as connection:
        found = review_items.items(connection, desk.round, wanted)
    own = _label_ids(desk, found)
    return [
        {
            "id": (desk.round.run_id - 1) * RUN_STRIDE + found[position].image_id,
            "link": pictures.source(found[position], desk.shelf, "full").url,
            "tweet_id": found[position].tweet_id or found[position].key,
            "label_id": own[position],
            "predictions": [list(each) for each in found[position].predictions[:WIDTH]],
        }
        for position in wanted
        if position in found
    ]


def _label_ids(desk: _Desk, positions: Iterable[int]) -> dict[int, int | None]:
    """Return what this reviewer said of some pictures, None where nothing or nothing exported."""
    wanted = list(positions)
    with store.connection() as connection:
        own = classic.own_verdicts(connection, desk.round.id, desk.reviewer_id, wanted)
    return {
        position: VERDICTS[own[position]].label_id if position in own else None
        for position in wanted
    }
