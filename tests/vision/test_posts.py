"""Every post format by example, and any JSON at all by property."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.posts import FORMATS, UnknownPost, read_posts

PHOTO = "https://pbs.twimg.com/media/A.jpg"
OTHER = "https://pbs.twimg.com/media/B.jpg"


def read(item):
    """Return [(id, [picture links], number of videos)] of an item."""
    return [
        (
            post.post_id,
            [medium.link for medium in post.media if medium.is_picture],
            sum(not medium.is_picture for medium in post.media),
        )
        for post in read_posts(item)
    ]


def activity(**more):
    return {
        "id": "tag:search.twitter.com,2005:793",
        "objectType": "activity",
        "verb": "post",
        "postedTime": "2016-10-31T12:00:00.000Z",
        "actor": {"preferredUsername": "ann"},
        "body": "look",
        "link": "http://twitter.com/ann/statuses/793",
        **more,
    }


EXAMPLES = {
    "activity streams": (
        activity(twitter_entities={"media": [{"media_url": PHOTO, "type": "photo"}]}),
        [("793", [PHOTO], 0)],
    ),
    "activity streams, every picture": (
        activity(
            twitter_entities={"media": [{"media_url": PHOTO}]},
            twitter_extended_entities={"media": [{"media_url": PHOTO}, {"media_url": OTHER}]},
        ),
        [("793", [PHOTO, OTHER], 0)],
    ),
    "activity streams, long tweet": (
        activity(
            twitter_entities={},
            long_object={"twitter_extended_entities": {"media": [{"media_url": PHOTO}]}},
        ),
        [("793", [PHOTO], 0)],
    ),
    "activity streams, video told by its kind": (
        activity(
            twitter_entities={"media": [{"media_url": PHOTO, "type": "photo"}]},
            twitter_extended_entities={"media": [{"media_url": PHOTO, "type": "video"}]},
        ),
        [("793", [], 1)],
    ),
    "activity streams, video told by its thumbnail": (
        activity(
            twitter_entities={
                "media": [{"media_url": "http://pbs.twimg.com/tweet_video_thumb/x.jpg"}]
            }
        ),
        [("793", [], 1)],
    ),
    "activity streams, empty media": (
        activity(twitter_entities={"media": []}),
        [("793", [], 0)],
    ),
    "activity streams, no entities": (activity(), [("793", [], 0)]),
    "tweet v1.1": (
        {
            "id": 793,
            "id_str": "793",
            "text": "look",
            "created_at": "Mon Oct 31 12:00:00 +0000 2016",
            "user": {"screen_name": "ann"},
            "entities": {"media": [{"media_url": PHOTO, "type": "photo"}]},
            "extended_entities": {
                "media": [
                    {"media_url": PHOTO, "type": "photo"},
                    {"media_url_https": OTHER, "type": "photo"},
                    {"media_url": PHOTO, "type": "animated_gif"},
                ]
            },
        },
        [("793", [PHOTO, OTHER], 1)],
    ),
    "tweet v1.1, retweet cut short": (
        {
            "id_str": "794",
            "entities": {"urls": []},
            "retweeted_status": {"extended_entities": {"media": [{"media_url": PHOTO}]}},
        },
        [("794", [PHOTO], 0)],
    ),
    "tweet v1.1, retweet of a long tweet": (
        {
            "id_str": "794",
            "retweeted_status": {
                "extended_tweet": {"extended_entities": {"media": [{"media_url": PHOTO}]}}
            },
        },
        [("794", [PHOTO], 0)],
    ),
    "activity streams, share": (
        activity(verb="share", object={"twitter_entities": {"media": [{"media_url": PHOTO}]}}),
        [("793", [PHOTO], 0)],
    ),
    "tweet v1.1, extended tweet": (
        {
            "id": 795,
            "entities": {},
            "extended_tweet": {"entities": {"media": [{"media_url": PHOTO}]}},
        },
        [(795, [PHOTO], 0)],
    ),
    "API v2, one post": (
        {
            "data": {"id": "1", "text": "x", "attachments": {"media_keys": ["3_1", "7_2"]}},
            "includes": {
                "media": [
                    {"media_key": "3_1", "type": "photo", "url": PHOTO},
                    {"media_key": "7_2", "type": "video"},
                ]
            },
        },
        [("1", [PHOTO], 1)],
    ),
    "API v2, a page": (
        {
            "data": [
                {"id": "1", "attachments": {"media_keys": ["3_1"]}},
                {"id": "2", "text": "no picture"},
                {"id": "3", "attachments": {"media_keys": ["3_2", "3_1"]}},
            ],
            "includes": {
                "media": [
                    {"media_key": "3_1", "type": "photo", "url": PHOTO},
                    {"media_key": "3_2", "type": "photo", "url": OTHER},
                ]
            },
        },
        [("1", [PHOTO], 0), ("2", [], 0), ("3", [OTHER, PHOTO], 0)],
    ),
    "API v2, an empty page": ({"meta": {"result_count": 0}}, []),
    "archive": (
        {
            "tweet": {
                "id_str": "9",
                "full_text": "look",
                "entities": {"media": [{"media_url_https": PHOTO, "type": "photo"}]},
            }
        },
        [("9", [PHOTO], 0)],
    ),
    "mastodon": (
        {
            "id": "109",
            "content": "<p>look</p>",
            "account": {"acct": "ann@example.org"},
            "media_attachments": [
                {"type": "image", "url": PHOTO},
                {"type": "gifv", "url": "https://example.org/a.mp4"},
                {"type": "video", "url": "https://example.org/b.mp4"},
                {"type": "unknown", "url": None, "remote_url": OTHER},
            ],
            "reblog": None,
        },
        [("109", [PHOTO, OTHER], 2)],
    ),
    "mastodon, a boost": (
        {
            "id": "110",
            "media_attachments": [],
            "reblog": {"media_attachments": [{"type": "image", "url": PHOTO}]},
        },
        [("110", [PHOTO], 0)],
    ),
    "bluesky, post view": (
        {
            "uri": "at://did:plc:x/app.bsky.feed.post/3k",
            "author": {"handle": "ann.example"},
            "record": {"text": "look", "createdAt": "2024-01-01T00:00:00Z"},
            "embed": {
                "$type": "app.bsky.embed.images#view",
                "images": [{"fullsize": PHOTO}, {"fullsize": OTHER}],
            },
        },
        [("at://did:plc:x/app.bsky.feed.post/3k", [PHOTO, OTHER], 0)],
    ),
    "bluesky, feed page with a quoted post": (
        {
            "feed": [
                {
                    "post": {
                        "uri": "at://did:plc:x/app.bsky.feed.post/1",
                        "embed": {
                            "$type": "app.bsky.embed.recordWithMedia#view",
                            "media": {"images": [{"fullsize": PHOTO}]},
                        },
                    }
                },
                {"post": {"uri": "at://did:plc:x/app.bsky.feed.post/2"}},
            ]
        },
        [
            ("at://did:plc:x/app.bsky.feed.post/1", [PHOTO], 0),
            ("at://did:plc:x/app.bsky.feed.post/2", [], 0),
        ],
    ),
    "bluesky, video": (
        {
            "uri": "at://did:plc:x/app.bsky.feed.post/4",
            "embed": {"$type": "app.bsky.embed.video#view"},
        },
        [("at://did:plc:x/app.bsky.feed.post/4", [], 1)],
    ),
    "bluesky, event stream": (
        {
            "did": "did:plc:x",
            "commit": {
                "collection": "app.bsky.feed.post",
                "rkey": "5",
                "record": {
                    "embed": {
                        "$type": "app.bsky.embed.images",
                        "images": [{"image": {"ref": {"$link": "bafy"}}}],
                    }
                },
            },
        },
        [
            (
                "at://did:plc:x/app.bsky.feed.post/5",
                ["https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:x/bafy@jpeg"],
                0,
            )
        ],
    ),
    "plain url": ({"id": 5, "url": PHOTO}, [(5, [PHOTO], 0)]),
    "plain link": ({"id": "5", "link": PHOTO}, [("5", [PHOTO], 0)]),
    "plain path": ({"path": "a.jpg"}, [(None, ["a.jpg"], 0)]),
    "plain image": ({"image": "a.jpg"}, [(None, ["a.jpg"], 0)]),
    "plain, several": ({"id": 5, "image": ["a.jpg", "b.jpg"]}, [(5, ["a.jpg", "b.jpg"], 0)]),
    "plain, no picture": ({"id": 5, "text": "hello"}, [(5, [], 0)]),
    "plain, with fields of other formats": (
        {
            "id": 5,
            "url": PHOTO,
            "data": {"x": 1},
            "meta": {},
            "verb": "x",
            "entities": [],
            "records": [],
            "posts": [3],
        },
        [(5, [PHOTO], 0)],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_format(name):
    item, expected = EXAMPLES[name]
    assert read(item) == expected


def test_author_text_and_time_of_the_older_formats():
    (post,) = read_posts(EXAMPLES["tweet v1.1"][0])
    assert (post.author, post.text) == ("ann", "look")
    assert post.posted_at == datetime(2016, 10, 31, 12, tzinfo=UTC)
    (post,) = read_posts(EXAMPLES["activity streams"][0])
    assert (post.author, post.text) == ("ann", "look")
    assert post.posted_at == datetime(2016, 10, 31, 12, tzinfo=UTC)


def test_mastodon_text_has_no_markup():
    item = {"id": 1, "media_attachments": [], "content": "<p>a &lt;b&gt;<br>c</p><p>d</p>"}
    (post,) = read_posts(item)
    assert post.text == "a <b> c d"


def test_archive_names_the_file_beside_it():
    (post,) = read_posts(EXAMPLES["archive"][0])
    assert post.media[0].path == "tweets_media/9-A.jpg"


def test_a_tag_that_never_ends_takes_no_time():
    hostile = "<a " * 300_000
    (post,) = read_posts({"id": 1, "media_attachments": [], "content": hostile})
    assert post.text


def test_v2_media_that_is_not_included_is_no_link():
    item = {"data": {"id": "1", "attachments": {"media_keys": ["3_9"]}}, "includes": {}}
    (post,) = read_posts(item)
    assert "expansions=attachments.media_keys" in repr(post.media[0].link)


@pytest.mark.parametrize("item", [{}, {"foo": 1}, {"name": "x", "size": 3}])
def test_unknown_objects_are_told(item):
    with pytest.raises(UnknownPost):
        list(read_posts(item))


NAMES = sorted(
    {"id", "id_str", "tweet", "data", "includes", "media", "attachments", "media_keys", "media_key"}
    | {"twitter_entities", "entities", "extended_entities", "media_url", "type", "url", "link"}
    | {"media_attachments", "reblog", "account", "content", "uri", "post", "record", "embed"}
    | {"images", "image", "fullsize", "feed", "posts", "commit", "did", "ref", "$link", "$type"}
    | {"user", "actor", "created_at", "postedTime", "path", "retweeted_status", "users", "meta"}
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("at://x/y/z")
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_no_object_breaks_a_reader(item):
    try:
        posts = list(read_posts(item))
    except UnknownPost:
        assert not any(row.matches(item) for row in FORMATS)
        return
    assert all(isinstance(post.media, tuple) for post in posts)
