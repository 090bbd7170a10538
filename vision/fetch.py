"""A link or path -> bytes: the second stage, and the only place that opens a user's link."""

from __future__ import annotations

import os
import random
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from vision.errors import PictureError
from vision.guard import Deadline, GuardedTransport, NoSuchHost, PrivateAddress
from vision.records import ImageRecord

USER_AGENT = "Proofsheet/1.0 (image classifier evaluation)"

_MAX_REDIRECTS = 5
_LONGEST_WAIT = 30.0
_RETRIED = frozenset({429, 500, 502, 503, 504})
_WORDS = {401: "refused", 403: "refused", 404: "gone", 410: "gone", 429: "too many requests"}
_ARCHIVE_FOLDER = "tweets_media/"


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
        self._roots = tuple((root, root.resolve()) for root in options.roots)
        self._deadline = Deadline()
        self._client = httpx.Client(
            transport=GuardedTransport(self._deadline, allow_private=options.allow_private),
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            },
            # nobody's cookies are kept: they would pile up, and tell hosts of each other
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )

    def fetch(self, record: ImageRecord) -> bytes:
        if record.path is not None and self._roots:
            try:
                return self._read(record.path)
            except PictureError as error:
                if error.reason != "missing file" or not _is_web(record.link):
                    raise
        if _is_web(record.link):
            return self._get(record.link)
        if "://" in record.link and not record.link.lower().startswith("file://"):
            raise PictureError("fetch", "not a web link", record.link[:200])
        return self._read(_without_file_scheme(record.link))

    def close(self) -> None:
        self._client.close()

    def _read(self, path: str) -> bytes:
        """Read a local file that lies inside one of the roots, symbolic links resolved."""
        with _no_such_file(path):
            real = self._resolve(path)
            # O_NONBLOCK: opening a named pipe must not wait for a writer
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise PictureError("fetch", "not a file", path)
                if status.st_size > self._options.max_bytes:
                    raise _too_large(status.st_size, self._options.max_bytes)
                return file.read()

    def _resolve(self, path: str) -> Path:
        outside = False
        for root, real_root in self._roots:
            for name in _places(path):
                real = Path(os.path.abspath(root / name)).resolve()
                if not real.is_relative_to(real_root):
                    outside = True
                elif real.exists():
                    return real
        if outside:
            roots = ", ".join(str(root) for root, _ in self._roots)
            raise PictureError(
                "fetch", "outside the image root", f"{path} is not below {roots}; see --image-root"
            )
        raise PictureError("fetch", "missing file", path)

    def _get(self, link: str) -> bytes:
        for attempt in range(1, self._options.attempts + 1):
            try:
                return self._attempt(link)
            except _Retry as error:
                if attempt == self._options.attempts:
                    raise error.failure from error
                time.sleep(error.wait or self._backoff(attempt))
        raise AssertionError("unreachable")

    def _backoff(self, attempt: int) -> float:
        return self._options.backoff * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311

    def _attempt(self, link: str) -> bytes:
        """Try once, following redirects; each hop is checked by the guard anew."""
        try:
            with self._deadline.within(self._options.timeout):
                for _ in range(_MAX_REDIRECTS + 1):
                    with self._client.stream("GET", link) as answer:
                        if answer.next_request is None:
                            return self._body(answer)
                        link = str(answer.next_request.url)
                        if not _is_web(link):
                            raise PictureError(
                                "fetch", "not a web link", f"redirect to {link[:200]}"
                            )
            raise PictureError("fetch", "redirect loop", f"over {_MAX_REDIRECTS} redirects")
        except PrivateAddress as error:
            raise PictureError(
                "fetch", "private address", f"{error}; --allow-private-hosts admits such links"
            ) from error
        except NoSuchHost as error:
            raise PictureError("fetch", "no such host", str(error)) from error
        except (httpcore.TimeoutException, httpx.TimeoutException) as error:
            seconds = f"no full answer in {self._options.timeout:g} s"
            raise PictureError("fetch", "timed out", seconds) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol) as error:
            raise PictureError("fetch", "bad link", str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError) as error:
            failure = PictureError("fetch", "connection failed", str(error))
            raise _Retry(failure) from error
        except (zlib.error, ValueError) as error:
            raise PictureError("fetch", "bad answer", str(error)[:200]) from error

    def _body(self, answer: httpx.Response) -> bytes:
        status, limit = answer.status_code, self._options.max_bytes
        if not answer.is_success:
            word = _WORDS.get(status, "server error" if status >= 500 else "HTTP status")
            failure = PictureError("fetch", f"{word} ({status})", str(answer.url)[:300])
            if status in _RETRIED:
                raise _Retry(failure, _retry_after(answer.headers.get("Retry-After")))
            raise failure
        declared = answer.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(int(declared), limit)
        unpack = _unpacker(answer.headers.get("Content-Encoding", ""))
        body = bytearray()
        for chunk in answer.iter_raw():
            body += unpack(chunk, limit + 1 - len(body))
            if len(body) > limit:
                raise _too_large(len(body), limit)
        return bytes(body)


class _Retry(Exception):
    """An attempt failed in a way that may pass; `wait` is what the server asked for, seconds."""

    def __init__(self, failure: PictureError, wait: float = 0.0) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


def _places(path: str) -> list[str]:
    """Return where below a root a path may lie; archives of several years name folders apart."""
    if not path.startswith(_ARCHIVE_FOLDER):
        return [path]
    name = path.removeprefix(_ARCHIVE_FOLDER)
    return [path, f"data/{path}", f"tweet_media/{name}", f"data/tweet_media/{name}", name]


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return a function (chunk, most bytes to make of it) for an answer's Content-Encoding.

    Nothing was asked for but the bytes as they are; one layer of gzip or deflate is put up with.
    Layers upon layers are how kilobytes become gigabytes.
    """
    if encoding.strip().lower() in ("", "identity"):
        return lambda chunk, _: chunk
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
    raise PictureError("fetch", "bad answer", f"Content-Encoding {encoding[:60]!r}")


def _is_web(link: str) -> bool:
    return link[:8].lower().startswith(("http://", "https://"))


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


@contextmanager
def _no_such_file(path: str) -> Iterator[Any]:
    """Turn what the file system says about one path into that picture's failure."""
    try:
        yield
    except FileNotFoundError as error:
        raise PictureError("fetch", "missing file", path[:300]) from error
    except (OSError, ValueError, RuntimeError) as error:  # also loops of links, NUL in a name
        raise PictureError("fetch", "unreadable file", f"{path[:300]}: {error}") from error
