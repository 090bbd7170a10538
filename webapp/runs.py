"""Which run a page is about: the one asked for, or the newest."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, request
from sqlalchemy import Connection

from db import browse


def chosen(connection: Connection) -> tuple[Sequence[browse.RunRow], browse.RunRow | None]:
    """Return all runs, newest first, and the one that `?run=` names, by default the newest.

    An unknown run ends the request with 404; None means that nothing was ever labeled.
    """
    runs = browse.runs(connection)
    if "run" not in request.args:
        return runs, runs[0] if runs else None
    wanted = request.args.get("run", type=int)
    run = next((run for run in runs if run.id == wanted), None)
    if run is None:
        abort(404, "There is no such run: the sheet shows the newest and lists the others.")
    return runs, run
