"""A post and its media as every format is read into, and the careful reading of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LINK_FIELDS = ("url", "link", "path", "image")
"""The fields of a plain object that may hold its picture, in this order."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One attachment. `link` is whatever the input holds, unchecked; `path` a copy on disk."""

    link: Any
    is_picture: bool = True
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post. `post_id` is whatever the input holds, unchecked; `media` in their order."""

    post_id: Any
    media: tuple[Medium, ...] = ()
    author: Any = None
    text: Any = None
    posted_at: datetime | None = None


def as_dict(value: Any) -> dict[str, Any]:
    """Return a JSON value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON value if it is an array."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def time_of(value: Any) -> datetime | None:
    """Return a time in UTC, written as ISO 8601 or as Twitter used to; None for anything else."""
    if not isinstance(value, str):
        return None
    for parse in (datetime.fromisoformat, _twitter_time):
        try:
            moment = parse(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _twitter_time(value: str) -> datetime:
    return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
