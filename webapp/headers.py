"""What every answer carries."""

from __future__ import annotations

from flask import Flask, Response

HEADERS = {
    # pictures of a run may still lie at the link that was posted, hence http and https there
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' https: http:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    # not no-referrer: with that, a form on our own pages is posted with `Origin: null`
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def install(app: Flask) -> None:
    """Put `HEADERS` on every answer of `app`."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            # a picture that a browser might open by itself brings a stricter policy
            response.headers.setdefault(name, value)
        # what a page shows is somebody's: the Back button shows it to nobody else
        response.headers.setdefault("Cache-Control", "no-store")
        return response
