"""Who may look and who judges.

On this machine and without accounts that is everybody, as the one local reviewer, without
sign-in. As soon as a request comes from elsewhere, or an account exists (a reviewer with a
password), nothing is answered before sign-in but the page for that and static files. Whether
there are accounts is asked of the database anew for each request without a session, so that the
first account closes the pages at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf, validate_csrf
from werkzeug.wrappers import Response
from wtforms import ValidationError

from db import reviewers
from db.reviewers import ReviewerRow
from webapp import errors, origin, session_key, sign_in, store

P = ParamSpec("P")
T = TypeVar("T")


def install(app: Flask) -> None:
    """Let each request to `app` through or refuse it, and give it the pages of signing in."""
    app.session_interface = session_key.Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="proofsheet",
        # never set: cookies know no ports, and that of another server here must not be read
        REMEMBER_COOKIE_NAME="proofsheet_remember",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # a reviewer may be offline for hours; the token ends with the session
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.globals.update(csrf_token=csrf_token, signed_in=signed_in)
    app.before_request(_let_in)
    sign_in.install(app)


def current() -> ReviewerRow:
    """Return who judges in this request."""
    if "reviewer" not in g:
        g.reviewer = signed_in() or reviewers.local(store.engine())
    return g.reviewer


def signed_in() -> ReviewerRow | None:
    """Return who is signed in; None where the local reviewer needs no sign-in."""
    return g.get("account")


def csrf_token() -> str | None:
    """Return what a write must bear, as the header X-CSRFToken or the form field csrf_token.

    None: there are no accounts, and what counts is which page the write comes from.
    """
    return generate_csrf() if g.get("accounts") else None


def sign_in_url() -> str:
    """Return the address of the sign-in page; from a page it leads back there."""
    page = request.method == "GET" and not errors.wants_json()
    back = f"{request.script_root}{request.full_path}".removesuffix("?")
    return url_for(sign_in.ENDPOINT, next=back if page else None)


def admin_only(view: Callable[P, T]) -> Callable[P, T]:
    """Answer a view's requests for admins only; a reviewer is told so, with 403."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        if current().role != "admin":
            abort(403, "Only an admin may do this, and you are signed in as a reviewer.")
        return view(*args, **kwargs)

    return guarded


def _let_in() -> Response | None:
    """Refuse the request, or let it through with `g.accounts` and `g.account` told."""
    if request.endpoint == "static" and origin.from_here() and origin.loopback_host():
        return None  # also the page that says what is wrong with the database has its looks
    if current_user.is_authenticated:
        g.account, g.accounts = current_user.row, True
    else:
        with store.connection() as connection:
            g.accounts = reviewers.have_accounts(connection)
    return _with_accounts() if g.accounts else _without_accounts()


def _with_accounts() -> Response | None:
    if request.endpoint == "static":
        return None
    session_key.ensure(current_app)
    if signed_in() is None and request.endpoint != sign_in.ENDPOINT:
        return _sign_in_first()
    if request.method in origin.READING:
        return None
    try:
        validate_csrf(request.headers.get("X-CSRFToken") or request.form.get("csrf_token"))
    except ValidationError:
        sentence = "This page is out of date: load it again, then repeat what you did."
        return errors.answer(403, "Out of date", sentence)
    return None


def _sign_in_first() -> Response:
    sentence = "Sign in first, or anew where you were signed in."
    if errors.wants_json():
        return errors.answer(401, "Not signed in", sentence, sign_in=sign_in_url())
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return errors.answer(401, "Not signed in", sentence)
    return redirect(sign_in_url(), 303)


def _without_accounts() -> Response | None:
    if not origin.from_here():
        title = "No accounts yet"
        sentence = (
            "Proofsheet has no accounts yet and answers only on the machine it runs on; there,"
            " python bin/add_reviewer.py NAME --role admin makes the first one."
        )
    elif not origin.loopback_host():
        title = "Not from here"
        sentence = (
            "Without accounts Proofsheet answers on this machine only: open it as http://127.0.0.1"
            " or http://localhost, with its port."
        )
    elif origin.foreign_write():
        title = "Not from here"
        sentence = (
            "Without accounts only the pages of Proofsheet itself may change something: this came"
            " from another page, or is a form that does not tell where it comes from."
        )
    else:
        return None
    return errors.answer(403, title, sentence)
