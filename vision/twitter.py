"""Tweets in the four shapes they come in: Activity Streams, v1.1, API v2, the personal archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from vision.post import LINK_FIELDS, Medium, Post, as_dict, dicts_of, time_of

_VIDEO_THUMBS = ("/ext_tw_video_thumb/", "/tweet_video_thumb/", "/amplify_video_thumb/")


def _tweet_media(*holders: Any) -> tuple[Medium, ...]:
    """Media of the first entities object that lists any; extended ones know what is a video."""
    for holder in holders:
        entries = as_dict(holder).get("media")
        if entries and isinstance(entries, list):
            return tuple(_tweet_medium(entry) for entry in entries)
    return ()


def _tweet_medium(entry: Any) -> Medium:
    entry = as_dict(entry)
    link = entry.get("media_url") or entry.get("media_url_https")
    is_thumb = isinstance(link, str) and any(part in link for part in _VIDEO_THUMBS)
    return Medium(link, is_picture=entry.get("type", "photo") == "photo" and not is_thumb)


def activity(item: dict[str, Any]) -> Iterator[Post]:
    longer = as_dict(item.get("long_object"))
    shared = as_dict(item.get("object")) if item.get("verb") == "share" else {}
    shared_longer = as_dict(shared.get("long_object"))
    actor = as_dict(item.get("actor"))
    post_id = item.get("id")
    yield Post(
        post_id.split(":")[-1] if isinstance(post_id, str) else post_id,
        _tweet_media(
            longer.get("twitter_extended_entities"),
            longer.get("twitter_entities"),
            item.get("twitter_extended_entities"),
            item.get("twitter_entities"),
            shared_longer.get("twitter_extended_entities"),
            shared.get("twitter_extended_entities"),
            shared.get("twitter_entities"),
        ),
        actor.get("preferredUsername") or actor.get("displayName"),
        longer.get("body") or item.get("body"),
        time_of(item.get("postedTime")),
    )


def _tweet_v1_post(item: dict[str, Any]) -> Post:
    longer = as_dict(item.get("extended_tweet"))
    again = as_dict(item.get("retweeted_status"))
    again_longer = as_dict(again.get("extended_tweet"))
    return Post(
        item.get("id_str") or item.get("id"),
        _tweet_media(
            longer.get("extended_entities"),
            item.get("extended_entities"),
            longer.get("entities"),
            item.get("entities"),
            again_longer.get("extended_entities"),
            again.get("extended_entities"),
            again_longer.get("entities"),
            again.get("entities"),
        ),
        as_dict(item.get("user")).get("screen_name"),
        longer.get("full_text") or item.get("full_text") or item.get("text"),
        time_of(item.get("created_at")),
    )


def tweet_v1(item: dict[str, Any]) -> Iterator[Post]:
    yield _tweet_v1_post(item)


def archive(item: dict[str, Any]) -> Iterator[Post]:
    """A tweet of a personal archive; its pictures lie in `tweets_media/<id>-<file name>`."""
    post = _tweet_v1_post(item["tweet"])
    media = []
    for medium in post.media:
        path = None
        if isinstance(medium.link, str):
            name = _url_path(medium.link).rsplit("/", 1)[-1]
            path = f"tweets_media/{post.post_id}-{name}"
        media.append(Medium(medium.link, medium.is_picture, path))
    yield Post(post.post_id, tuple(media), post.author, post.text, post.posted_at)


def _url_path(link: str) -> str:
    try:
        return urlsplit(link).path
    except ValueError:
        return link


def is_archive(item: dict[str, Any]) -> bool:
    return set(item) == {"tweet"} and isinstance(item["tweet"], dict)


def tweet_v2(item: dict[str, Any]) -> Iterator[Post]:
    includes = as_dict(item.get("includes"))
    media = {m["media_key"]: m for m in dicts_of(includes.get("media")) if "media_key" in m}
    names = {u.get("id"): u.get("username") for u in dicts_of(includes.get("users")) if _flat(u)}
    data = item.get("data", item if "id" in item else [])
    for tweet in dicts_of(data if isinstance(data, list) else [data]):
        keys = as_dict(tweet.get("attachments")).get("media_keys")
        keys = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
        found = (
            Medium(media[key].get("url"), media[key].get("type") == "photo")
            if key in media
            else Medium(_NotIncluded(key))
            for key in keys
        )
        author = tweet.get("author_id")
        yield Post(
            tweet.get("id"),
            tuple(found),
            names.get(author, author) if isinstance(author, str) else None,
            tweet.get("text"),
            time_of(tweet.get("created_at")),
        )


def is_tweet_v2(item: dict[str, Any]) -> bool:
    if isinstance(item.get("includes"), dict):
        return True
    if "media_keys" in as_dict(item.get("attachments")):
        return True
    if "result_count" in as_dict(item.get("meta")):
        return True
    return isinstance(item.get("data"), dict | list) and not any(
        field in item for field in LINK_FIELDS
    )


def _flat(user: dict[str, Any]) -> bool:
    return isinstance(user.get("id"), str)


class _NotIncluded:
    """Stands for the link of a medium that a page of the v2 API names but does not bring."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __repr__(self) -> str:
        return (
            f"media key {self.key[:60]} is not in includes.media; "
            "ask the API for expansions=attachments.media_keys and media.fields=url"
        )
