"""The Flask application: `cd webapp && FLASK_APP=app.py flask run`, or gunicorn's factory."""

from __future__ import annotations

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from vision.errors import StoreError
from webapp import failures, headers, pictures, sheet, store, words


def create_app(database: str | None = None) -> Flask:
    """Make the application.

    Parameters
    ----------
    database : str, optional
        Address of the database; by default what `DATABASE_URL` says, or the embedded one. It is
        not touched before the first request, so that the pages can say what is wrong with it.
    """
    app = Flask(__name__)
    headers.guard(app)
    store.install(app, database)
    words.install(app)
    for room in (sheet, pictures, failures):
        app.register_blueprint(room.blueprint)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    return app


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    page = render_template("error.html", title=error.name.capitalize(), sentence=error.description)
    return page, error.code


def _store_error(error: StoreError) -> tuple[str, int]:
    page = render_template("error.html", title="No database", sentence=str(error))
    return page, 503
