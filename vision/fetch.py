"""A link or path -> bytes: the second stage, and the only place that opens a user's link."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from vision.connections import Connections
from vision.errors import PictureError
from vision.gate import Gate
from vision.guard import Deadline, GuardedBackend, NoSuchHost, PrivateAddress
from vision.local_files import LocalFiles
from vision.records import ImageRecord, is_web

USER_AGENT = "Proofsheet/1.0 (image classifier evaluation)"

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNDECLARED = 1_000_000
_CHUNK = 1_000_000
_LONGEST_WAIT = 30.0
_RETRIED = frozenset({429, 500, 502, 503, 504})
_WORDS = {401: "refused", 403: "refused", 404: "gone", 410: "gone", 429: "too many requests"}

UNBOUNDED = Gate(float("inf"))
"""Room for any number of bytes."""


@dataclass(frozen=True)
class FetchOptions:
    """How far to go for one picture.

    `roots` are the folders local paths are relative to and may not leave. `timeout` is seconds
    for one attempt, from the look-up of the name to the last byte; `attempts` counts the first.
    `backoff` is seconds before the second attempt, doubled for each one after it.
    """

    roots: tuple[Path, ...] = ()
    allow_private: bool = False
    timeout: float = 10.0
    max_bytes: int = 50_000_000
    attempts: int = 3
    backoff: float = 0.5


class Fetcher:
    """Reads pictures from disk or the web; safe to share between threads.

    `fetch` returns the bytes of a record's picture or raises `PictureError` with stage "fetch".
    """

    def __init__(self, options: FetchOptions) -> None:
        self._options = options
        self._files = LocalFiles(options.roots)
        self._deadline = Deadline()
        self._connections = Connections(
            GuardedBackend(self._deadline, allow_private=options.allow_private),
            # no cookies: they would pile up, and tell hosts of each other
            {
                "User-Agent": USER_AGENT,
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
        )

    def fetch(self, record: ImageRecord, room: Gate = UNBOUNDED) -> bytes:
        """Return the bytes of a picture; as many stay inside `room`, for the caller to let out.

        Room is asked for before a body is read, and nothing is left inside after an error.
        """
        if record.path is not None and self._options.roots:
            try:
                return self._read(record.path, room)
            except PictureError as error:
                if error.reason != "missing file" or not is_web(record.link):
                    raise
        if is_web(record.link):
            return self._get(record.link, room)
        if "://" in record.link and not record.link.lower().startswith("file://"):
            raise PictureError("fetch", "not a web link", record.link[:200])
        return self._read(_without_file_scheme(record.link), room)

    def close(self) -> None:
        self._connections.close()

    def _read(self, path: str, room: Gate) -> bytes:
        with self._files.open(path) as (file, size):
            if size > self._options.max_bytes:
                raise _too_large(size, self._options.max_bytes)
            step = min(size, _CHUNK) + 1  # the end shows at once
            return self._collect(iter(lambda: file.read(step), b""), size, room)

    def _get(self, link: str, room: Gate) -> bytes:
        for attempt in range(1, self._options.attempts + 1):
            try:
                return self._attempt(link, room)
            except _Retry as error:
                if attempt == self._options.attempts:
                    raise error.failure from error
                time.sleep(error.wait or self._backoff(attempt))
        raise AssertionError("unreachable")

    def _backoff(self, attempt: int) -> float:
        return self._options.backoff * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311

    def _attempt(self, link: str, room: Gate) -> bytes:
        """Try once, following redirects; each hop is checked by the guard anew."""
        try:
            with self._deadline.within(self._options.timeout):
                url = httpx.URL(link)
                for _ in range(_MAX_REDIRECTS + 1):
                    if not url.host:
                        raise PictureError("fetch", "bad link", f"no host in {str(url)[:200]}")
                    with self._connections.get(url) as answer:
                        headers = httpx.Headers(answer.headers)
                        if answer.status not in _REDIRECTS or "Location" not in headers:
                            return self._body(url, answer, headers, room)
                    url = url.join(headers["Location"])
                    if not is_web(str(url)):
                        told = f"redirect to {str(url)[:200]}"
                        raise PictureError("fetch", "not a web link", told)
            raise PictureError("fetch", "redirect loop", f"over {_MAX_REDIRECTS} redirects")
        except PrivateAddress as error:
            raise PictureError(
                "fetch", "private address", f"{error}; --allow-private-hosts admits such links"
            ) from error
        except NoSuchHost as error:
            raise PictureError("fetch", "no such host", str(error)) from error
        except httpcore.TimeoutException as error:
            seconds = f"no full answer in {self._options.timeout:g} s"
            raise PictureError("fetch", "timed out", seconds) from error
        except (httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
            raise PictureError("fetch", "bad link", str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            failure = PictureError("fetch", "connection failed", str(error))
            raise _Retry(failure) from error
        except (zlib.error, ValueError) as error:
            raise PictureError("fetch", "bad answer", str(error)[:200]) from error

    def _body(
        self, url: httpx.URL, answer: httpcore.Response, headers: httpx.Headers, room: Gate
    ) -> bytes:
        status, limit = answer.status, self._options.max_bytes
        if not 200 <= status < 300:
            word = _WORDS.get(status, "server error" if status >= 500 else "HTTP status")
            failure = PictureError("fetch", f"{word} ({status})", str(url)[:300])
            if status in _RETRIED:
                raise _Retry(failure, _retry_after(headers.get("Retry-After")))
            raise failure
        declared, encoding = headers.get("Content-Length", ""), headers.get("Content-Encoding", "")
        chunks = map(_unpacker(encoding, limit), answer.iter_stream())
        if not declared.isdecimal():
            return self._collect(chunks, _UNDECLARED, room)
        if int(declared) > limit:
            raise _too_large(int(declared), limit)
        return self._collect(chunks, int(declared), room)

    def _collect(self, chunks: Iterable[bytes], expected: int, room: Gate) -> bytes:
        """Put chunks together; `room` holds what is expected, and once that is passed the most
        there can be."""
        limit = self._options.max_bytes
        parts, size = [], 0
        self._enter(room, expected)
        try:
            for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > limit:
                    raise _too_large(size, limit)
                if size > expected:
                    # let out first: many may come here at once, and none would get in
                    room.leave(expected)
                    expected = limit
                    self._enter(room, expected)
        except BaseException:
            room.leave(expected)
            raise
        room.leave(expected - size)
        return b"".join(parts)

    def _enter(self, room: Gate, size: int) -> None:
        with self._deadline.paused():
            room.enter(size)


class _Retry(Exception):
    """An attempt failed in a way that may pass; `wait` is what the server asked for, seconds."""

    def __init__(self, failure: PictureError, wait: float = 0.0) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


def _unpacker(encoding: str, limit: int) -> Callable[[bytes], bytes]:
    """Return a function for the chunks of an answer; one that would unpack to far over the limit
    is cut off where that shows.

    Nothing was asked for but the bytes as they are; one layer of gzip or deflate is put up with.
    Layers upon layers are how kilobytes become gigabytes.
    """
    if encoding.strip().lower() in ("", "identity"):
        return bytes
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        return lambda chunk: unpacker.decompress(chunk, limit + 1)
    raise PictureError("fetch", "bad answer", f"Content-Encoding {encoding[:60]!r}")


def host_of(record: ImageRecord) -> str | None:
    """Return the host that a record's picture may have to be asked from, None for a local file."""
    if not is_web(record.link):
        return None
    try:
        return urlsplit(record.link).hostname or ""
    except ValueError:
        return ""


def _without_file_scheme(link: str) -> str:
    return unquote(urlsplit(link).path) if link.lower().startswith("file://") else link


def _too_large(size: int, limit: int) -> PictureError:
    told = f"{size / 1e6:.1f} MB, over --max-bytes {limit}"
    return PictureError("fetch", "too large", told)


def _retry_after(value: str | None) -> float:
    """Return the seconds a Retry-After header asks for (a number or a date), at most 30."""
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else 0.0
