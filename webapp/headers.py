"""What every answer carries, and which Host names are answered at all.

Without accounts the pages are for this machine alone. A page elsewhere could still reach them
through a name of its own that points at 127.0.0.1 (DNS rebinding), so that the Host header must
be a loopback name.
"""

from __future__ import annotations

import re

from flask import Flask, Response, render_template, request

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)

HEADERS = {
    # pictures of a run may still lie at the link that was posted, hence http and https there
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http:; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def guard(app: Flask) -> None:
    """Refuse foreign Host headers with 403, and put `HEADERS` on every answer of `app`."""

    @app.before_request
    def loopback_only() -> tuple[str, int] | None:
        if LOOPBACK.fullmatch(request.environ.get("HTTP_HOST", "")):
            return None
        sentence = (
            "Proofsheet answers on this machine only: open it as http://127.0.0.1 or "
            "http://localhost, with its port."
        )
        page = render_template("error.html", title="Not from here", sentence=sentence)
        return page, 403

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response
