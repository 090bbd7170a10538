"""The plain records that travel between the stages, and the two protocols the stages meet at.

Standard library only: `db` takes its input in these types and must not pull in anything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

STAGES = ("read", "fetch", "decode", "classify", "write")

KEY_LENGTH = 512
"""Longest image key in characters (a unique index of MySQL holds 768)."""

ID_LENGTH = 255
"""Longest post id in characters."""


def image_key(text: str) -> str:
    """Return `text` as an image key: itself, or shortened by its SHA-256 when over `KEY_LENGTH`."""
    if len(text) <= KEY_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: KEY_LENGTH - 65]}#{digest}"


def is_web(link: str) -> bool:
    """Return whether a link is one that is fetched, and that a browser may follow."""
    return link[:8].lower().startswith(("http://", "https://"))


def utf8(text: str) -> str:
    """Return text with its lone surrogates replaced: JSON and file names allow them, UTF-8 and
    databases do not."""
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One picture of the input, before anything of it was read.

    `key` is `tweet_id/media index`, or the link or path where there is no id. `link` is what the
    input says, a URL or a path. `path` is a local file to read in place of `link` (a Twitter
    archive brings its pictures along). `posted_at` is in UTC.
    """

    key: str
    link: str
    tweet_id: str | None = None
    path: str | None = None
    author: str | None = None
    text: str | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the bytes of a picture say.

    `content_sha256` is 64 hexadecimal digits; `dhash` the 64-bit difference hash as a signed
    integer; `width` and `height` are pixels as a person sees them (EXIF orientation applied).
    """

    content_sha256: str
    dhash: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """One of the top-k: the class index (the identity), its name (for people), score in [0, 1]."""

    class_id: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Labeled:
    """A picture with its top-k predictions, rank 1 first.

    `position` counts the events (pictures and bad lines) of the input from 0. `repeated` means
    that the very same bytes were classified before in this run and the scores were taken over.
    `features`, where they were asked for, are float16 numbers as bytes, little-endian.
    """

    position: int
    record: ImageRecord
    facts: ImageFacts
    predictions: tuple[Prediction, ...]
    repeated: bool = False
    features: bytes = b""


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture or input line that could not be labeled: where it stopped and why.

    `reason` is a short phrase that groups ("gone (404)"), `detail` the whole story.
    """

    position: int
    key: str
    link: str
    stage: str
    reason: str
    detail: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


Event = Labeled | Failure


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run is made with; two runs with equal `RunInfo` write the same rows.

    `arguments` is JSON-ready and holds at least `input` (text), `roots` (absolute folders that
    local pictures may be served from) and `keep_images` (absolute folder or None).
    """

    model: str
    weights_sha256: str
    runtime: str
    precision: str
    preprocessing: str
    k: int
    arguments: dict[str, Any]


class Sink(Protocol):
    """Where events go, in input order.

    `position` is the number of events already stored for good; `write` stores a batch all or
    not at all and ignores events below `position`. `last_key` is the key of the last event stored,
    where it is known. `close(finished=True)` marks the end of the
    input; `finished=False` leaves everything ready for `--resume`.
    """

    @property
    def position(self) -> int: ...

    @property
    def last_key(self) -> str | None: ...

    def write(self, batch: Sequence[Event]) -> None: ...

    def close(self, *, finished: bool) -> None: ...
