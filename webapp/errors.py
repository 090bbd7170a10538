"""What went wrong, as a page with one sentence or, for programs, as JSON with the same sentence."""

from __future__ import annotations

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from vision.errors import StoreError
from webapp import origin, store

_PROGRAMS = ("/review/", "/data", "/labels.json", "/results.json")
"""Below these addresses all answers are JSON."""


def install(app: Flask) -> None:
    """Answer errors of `app` with their sentence."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(DBAPIError, _driver_error)


def wants_json() -> bool:
    """Say whether a program is asking, and no reader."""
    return request.path.startswith(_PROGRAMS) or request.accept_mimetypes.best == "application/json"


def answer(code: int, title: str, sentence: str, **told: str) -> Response:
    """Return the answer to a request that failed; `told` is for programs only."""
    if wants_json():
        body = jsonify(error=sentence, **told)
    else:
        body = make_response(render_template("error.html", title=title, sentence=sentence))
    body.status_code = code
    return body


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return answer(error.code, error.name.capitalize(), error.description or error.name)


def _store_error(error: StoreError) -> Response:
    current_app.logger.error("%s", error)
    sentence = str(error)
    if not (origin.from_here() and origin.loopback_host()):
        sentence = "The database cannot be used now; the log of the server says why."
    return answer(503, "No database", sentence)


def _driver_error(error: DBAPIError) -> Response:
    return _store_error(store.explained(error))
