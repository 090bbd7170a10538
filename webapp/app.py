"""The Flask application: `cd webapp && FLASK_APP=app.py flask run`, or gunicorn's factory."""

from __future__ import annotations

from flask import Flask

from webapp import (
    classic_api,
    errors,
    failures,
    headers,
    people,
    pictures,
    results,
    results_memory,
    review,
    rounds,
    sheet,
    store,
    words,
)

MOST_BYTES = 4_000_000
"""Of a request's body: some fifty verdicts with long notes."""


def create_app(database: str | None = None) -> Flask:
    """Make the application.

    Parameters
    ----------
    database : str, optional
        Address of the database; by default what `DATABASE_URL` says, or the embedded one. It is
        not touched before the first request, so that the pages can say what is wrong with it.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    headers.install(app)
    store.install(app, database)
    errors.install(app)
    people.install(app)
    words.install(app)
    results_memory.install(app)
    for room in (review, rounds, results, sheet, pictures, failures, classic_api):
        app.register_blueprint(room.blueprint)
    return app
