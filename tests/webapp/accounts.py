"""Accounts for the tests of the pages, and how a browser signs in."""

from __future__ import annotations

import re

from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from db import reviewers
from db.engine import connect
from webapp import passwords, people
from webapp.app import create_app

PASSWORD = "a quiet ground"
ELSEWHERE = {"REMOTE_ADDR": "192.168.1.7"}
WRITING = ("POST", "PUT", "PATCH", "DELETE")


def add_account(database: str, name: str = "ann", role: str = "reviewer") -> None:
    engine = connect(database)
    try:
        assert reviewers.add(engine, name, role, passwords.hash_of(PASSWORD))
    finally:
        engine.dispose()


def set_password(database: str, name: str, password: str | None) -> None:
    engine = connect(database)
    try:
        reviewers.set_password(engine, name, password and passwords.hash_of(password))
    finally:
        engine.dispose()


def token_of(page: str) -> str:
    """Return the CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_in(client: FlaskClient, name: str = "ann", **fields: str) -> TestResponse:
    """Load the sign-in page and post its form, as a browser does."""
    token = token_of(client.get("/sign-in").text)
    form = {"name": name, "password": PASSWORD, "csrf_token": token} | fields
    return client.post("/sign-in", data=form)


def app_with_writes(database: str) -> Flask:
    """Return the application with a page that writes, and one for admins."""
    app = create_app(database)
    app.extensions["written"] = []

    @app.route("/review/written", methods=WRITING)
    def written() -> object:
        app.extensions["written"].append(request.method)
        return jsonify(by=people.current().name, sent=request.get_data(as_text=True))

    @app.get("/form")
    def form() -> str:
        return '<form method="post" action="/review/written"><button>Write</button></form>'

    @app.get("/review/for-admins")
    @people.admin_only
    def for_admins() -> str:
        return "the plan"

    return app
