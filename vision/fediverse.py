"""Posts of Mastodon and Bluesky."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from vision.post import Medium, Post, as_dict, dicts_of, time_of


def mastodon(item: dict[str, Any]) -> Iterator[Post]:
    shown = item if item.get("media_attachments") else as_dict(item.get("reblog")) or item
    media = tuple(
        Medium(
            entry.get("url") or entry.get("remote_url"),
            is_picture=entry.get("type") in ("image", None)
            or (entry.get("type") == "unknown" and bool(entry.get("remote_url"))),
        )
        for entry in dicts_of(shown.get("media_attachments"))
    )
    yield Post(
        item.get("id"),
        media,
        as_dict(shown.get("account")).get("acct"),
        _plain_text(shown.get("content")),
        time_of(item.get("created_at")),
    )


_PAGES = ("feed", "posts", "records")


def bluesky(item: dict[str, Any]) -> Iterator[Post]:
    for page in _PAGES:
        if isinstance(item.get(page), list):
            for entry in dicts_of(item[page]):
                yield from bluesky(entry)
            return
    if isinstance(item.get("post"), dict):
        item = item["post"]
    commit = as_dict(item.get("commit"))
    record = as_dict(item.get("record") or item.get("value") or commit.get("record"))
    author = as_dict(item.get("author"))
    uri = item.get("uri")
    if commit:
        uri = f"at://{item.get('did')}/{commit.get('collection')}/{commit.get('rkey')}"
    did = uri.removeprefix("at://").split("/")[0] if isinstance(uri, str) else ""
    yield Post(
        uri,
        tuple(_bluesky_media(as_dict(item.get("embed") or record.get("embed")), did)),
        author.get("handle") or did,
        record.get("text"),
        time_of(record.get("createdAt")),
    )


def _bluesky_media(embed: dict[str, Any], did: str) -> Iterator[Medium]:
    if isinstance(embed.get("media"), dict):  # a quoted post with media of its own
        embed = embed["media"]
    for entry in dicts_of(embed.get("images")):
        blob = as_dict(as_dict(entry.get("image")).get("ref")).get("$link")
        fallback = f"https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{blob}@jpeg"
        yield Medium(entry.get("fullsize") or (fallback if isinstance(blob, str) else None))
    if "video" in str(embed.get("$type", "")):
        yield Medium(None, is_picture=False)


def is_bluesky(item: dict[str, Any]) -> bool:
    if isinstance(item.get("uri"), str) and item["uri"].startswith("at://"):
        return True
    if isinstance(item.get("commit"), dict) and "did" in item:
        return True
    if isinstance(item.get("post"), dict):
        return "uri" in item["post"]
    return any(
        isinstance(entry, dict) and is_bluesky(entry)
        for page in _PAGES
        if isinstance(item.get(page), list)
        for entry in item[page][:1]
    )


# neither pattern looks past the next "<", so that no text takes longer than its length
_BREAK = re.compile(r"<(?:br|/?p)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


def _plain_text(value: Any) -> Any:
    """Return the text of an HTML fragment; paragraphs and breaks become spaces."""
    if not isinstance(value, str):
        return None
    return " ".join(html.unescape(_TAG.sub("", _BREAK.sub(" ", value))).split())
