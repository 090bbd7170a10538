"""HTTP connections kept open between requests."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import httpx

_MOST_IDLE = 128
_IDLE_SECONDS = 5.0


class Connections:
    """HTTP/1.1 connections over a backend, each used by one thread at a time.

    Not httpcore's own pool: that one looks at every connection for every request, under one lock,
    which with hundreds of threads takes longer than all the rest.
    """

    def __init__(self, backend: httpcore.NetworkBackend, headers: dict[str, str]) -> None:
        self._backend = backend
        self._headers = httpx.Headers(headers).raw
        self._ssl_context = httpx.create_ssl_context()
        self._idle: list[tuple[httpcore.Origin, httpcore.HTTPConnection]] = []
        self._lock = threading.Lock()

    @contextmanager
    def get(self, url: httpx.URL) -> Iterator[httpcore.Response]:
        """Ask for a URL and yield the answer, its body still to be read.

        Raises
        ------
        httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException
        """
        place = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [(b"Host", url.netloc), *self._headers]
        if url.userinfo:
            named = f"{url.username}:{url.password}".encode()
            headers.append((b"Authorization", b"Basic " + b64encode(named)))
        connection = self._take(place.origin) or httpcore.HTTPConnection(
            place.origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._backend,
        )
        answer = None
        try:
            answer = connection.handle_request(httpcore.Request("GET", place, headers=headers))
            yield answer
        finally:
            if answer is not None:
                answer.close()
            if connection.is_available():
                self._keep(place.origin, connection)
            else:
                connection.close()

    def close(self) -> None:
        with self._lock:
            for _, connection in self._idle:
                connection.close()
            self._idle.clear()

    def _take(self, origin: httpcore.Origin) -> httpcore.HTTPConnection | None:
        """Return the connection to an origin that was used last, if it still stands."""
        while True:
            with self._lock:
                last = next(
                    (i for i in reversed(range(len(self._idle))) if self._idle[i][0] == origin),
                    None,
                )
                if last is None:
                    return None
                _, connection = self._idle.pop(last)
            if not connection.has_expired():
                return connection
            connection.close()

    def _keep(self, origin: httpcore.Origin, connection: httpcore.HTTPConnection) -> None:
        with self._lock:
            self._idle.append((origin, connection))
            oldest = self._idle.pop(0)[1] if len(self._idle) > _MOST_IDLE else None
        if oldest is not None:
            oldest.close()
