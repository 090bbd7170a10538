"""Signing in and out: the page, its limits, and what a session remembers.

Sign-ins are limited by address and by name. The counts lie in the memory of each process of the
server, so that several workers together allow that many times as many.
"""

from __future__ import annotations

import re
from hashlib import sha256

from flask import Flask, g, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from db import reviewers
from db.reviewers import ReviewerRow
from webapp import origin, passwords, store

ENDPOINT = "sign_in"

# browsers read a backslash as a slash, and leave tabs and line ends out
LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")

_TOO_OFTEN = (
    "Too many sign-ins were tried from here or by this name: try again in a minute, or where that"
    " does not help in an hour."
)


class Account(UserMixin):
    """A reviewer as flask-login carries them.

    A piece of the digest of the password's hash is in the session, so that a new password, or
    none, ends all sessions.
    """

    def __init__(self, row: ReviewerRow, password_hash: str) -> None:
        self.row = row
        self._session_id = f"{row.id}-{sha256(password_hash.encode()).hexdigest()[:16]}"

    def get_id(self) -> str:
        return self._session_id


def install(app: Flask) -> None:
    """Give `app` the page of signing in, the way out, and the loading of who is signed in."""
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)
    # what it would compare, address and browser, is no secret, and a telephone's address changes
    manager.session_protection = None
    manager.user_loader(_load)
    limiter = Limiter(origin.address, app=app, storage_uri="memory://", strategy="moving-window")
    view = _sign_in
    for limit, key in (("10/minute;50/hour", origin.address), ("10/minute", _name_key)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], error_message=_TOO_OFTEN)(view)
    app.add_url_rule("/sign-in", ENDPOINT, view, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", _sign_out, methods=["POST"])


def _load(session_id: str) -> Account | None:
    with store.connection() as connection:
        found = reviewers.credentials_of(connection, int(session_id.partition("-")[0]))
    if found is None or found[1] is None:
        return None
    account = Account(found[0], found[1])
    return account if account.get_id() == session_id else None


def _sign_in() -> str | tuple[str, int] | Response:
    given = request.values.get("next", "")
    onward = given if LOCAL_PATH.fullmatch(given) else f"{request.script_root}/"
    if not g.accounts or current_user.is_authenticated:
        return redirect(onward, 303)
    if request.method != "POST":
        return _page(onward)
    account = _verified(_name(), request.form.get("password", ""))
    if account is None:
        return _page(onward, _name(), wrong=True), 401
    session.clear()
    login_user(account)
    generate_csrf()  # now, and not in whichever of two pages is loaded first
    return redirect(onward, 303)


def _page(onward: str, name: str = "", *, wrong: bool = False) -> str:
    return render_template("people/sign_in.html", onward=onward, name=name, wrong=wrong)


def _sign_out() -> Response:
    session.clear()
    return redirect(url_for(ENDPOINT), 303)


def _verified(name: str, password: str) -> Account | None:
    with store.connection() as connection:
        row, password_hash = reviewers.credentials(connection, name) or (None, None)
    if not passwords.is_right(password, password_hash) or row is None or password_hash is None:
        return None
    if passwords.is_dated(password_hash):
        password_hash = passwords.hash_of(password)
        reviewers.set_password(store.engine(), name, password_hash)
    return Account(row, password_hash)


def _name() -> str:
    return passwords.typed(request.form.get("name", "").strip())


def _name_key() -> str:
    return f"name {_name()}"
