"""Where a request comes from: this machine or elsewhere, a page of ours or a foreign one.

Without accounts the pages are for this machine alone, and whoever can reach them may do
everything. Two kinds of foreign page could still reach them through a browser that runs here: one
under a name of its own that points at 127.0.0.1 (DNS rebinding), so that the Host header must be
a loopback name; and one that posts to 127.0.0.1 (cross-site request forgery), so that what
changes something must come from a page of this very server.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from flask import request

READING = frozenset({"GET", "HEAD", "OPTIONS"})

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)

_PASSED_A_PROXY = ("Forwarded", "Via", "X-Real-IP")


def passed_a_proxy() -> bool:
    """Say whether a header tells that somebody else's request was passed on to us."""
    headers = request.headers
    # browsers speak HTTP/1.1; nginx speaks 1.0 to what stands behind it, and may send no header
    return (
        request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
        or any(name in headers for name in _PASSED_A_PROXY)
        or any(
            name.lower().startswith("x-forwarded-")
            for name in headers.keys()  # noqa: SIM118
        )
    )


def from_here() -> bool:
    """Say whether the request was made on this machine."""
    return _is_loopback(request.remote_addr) and not passed_a_proxy()


def loopback_host() -> bool:
    """Say whether the server was called by a name that can only mean this machine."""
    return _LOOPBACK.fullmatch(request.environ.get("HTTP_HOST", "")) is not None


def foreign_write() -> bool:
    """Say whether the request changes something and may have been made by a foreign page.

    Browsers tell who made it in Sec-Fetch-Site or Origin, and programs like curl send neither.
    Neither did old browsers with a form; all that a form can do is POST, with a body of a kind
    that forms have. What else a page can send without being asked bears an Origin everywhere.
    """
    if request.method in READING:
        return False
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return request.method == "POST" and not request.is_json
    return site not in (None, "same-origin", "none") or origin not in (None, _own_origin())


def address() -> str:
    """Return whose address sign-ins are counted by.

    Behind a proxy on this machine it is the last one of X-Forwarded-For, which that proxy wrote;
    what stands before it is the client's word.
    """
    remote = request.remote_addr or "a socket"
    if _is_loopback(remote):
        return request.headers.get("X-Forwarded-For", remote).rpartition(",")[2].strip() or remote
    return remote


def _own_origin() -> str:
    return f"{request.scheme}://{request.host}"


def _is_loopback(address: str | None) -> bool:
    try:
        parsed = ip_address(address or "")
    except ValueError:  # a socket in the file system: whoever listens before it is unknown
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback
