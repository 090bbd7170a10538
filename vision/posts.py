"""The post formats told apart by shape: one JSON object -> posts with their media.

Each row of `FORMATS` is a shape: how to know it, and how to read it. The first row that matches
wins, so the more telling shapes stand first. A reader yields `Post`s; everything that holds for
all formats (ids, keys, checking of links) is done once, in `vision.source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vision import fediverse, twitter
from vision.post import LINK_FIELDS, Medium, Post, time_of


@dataclass(frozen=True, slots=True)
class Format:
    """One shape of a post or page of posts."""

    name: str
    matches: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any]], Iterator[Post]]


class UnknownPost(ValueError):
    """A JSON object of no known shape, or one whose pictures are out of reach."""


def read_posts(item: dict[str, Any]) -> Iterator[Post]:
    """Yield the posts of one JSON object.

    Raises
    ------
    UnknownPost
        If the object has none of the known shapes, or names media it does not bring along.
    """
    for row in FORMATS:
        if row.matches(item):
            yield from row.read(item)
            return
    fields = ", ".join(sorted(item)[:6]) or "none"
    raise UnknownPost(f"no known kind of post (fields: {fields[:120]})")


def _plain(item: dict[str, Any]) -> Iterator[Post]:
    found = next((item[name] for name in LINK_FIELDS if item.get(name) not in (None, "")), None)
    links = found if isinstance(found, list) else [] if found is None else [found]
    yield Post(
        item.get("id", item.get("tweet_id")),
        tuple(Medium(link) for link in links),
        item.get("author"),
        item.get("text"),
        time_of(item.get("posted_at") or item.get("created_at")),
    )


def _has(*fields: str) -> Callable[[dict[str, Any]], bool]:
    return lambda item: any(field in item for field in fields)


FORMATS: tuple[Format, ...] = (
    Format("Twitter archive", twitter.is_archive, twitter.archive),
    Format("Bluesky", fediverse.is_bluesky, fediverse.bluesky),
    Format("Mastodon", _has("media_attachments"), fediverse.mastodon),
    Format(
        "Activity Streams",
        lambda item: (
            _has("twitter_entities", "twitter_extended_entities", "postedTime")(item)
            or ("verb" in item and ("objectType" in item or "actor" in item))
        ),
        twitter.activity,
    ),
    Format("Tweet API v2", twitter.is_tweet_v2, twitter.tweet_v2),
    Format(
        "Tweet v1.1",
        lambda item: (
            "id_str" in item
            or isinstance(item.get("extended_entities"), dict)
            or isinstance(item.get("entities"), dict)
        ),
        twitter.tweet_v1,
    ),
    Format("plain", _has("id", "tweet_id", *LINK_FIELDS), _plain),
)
