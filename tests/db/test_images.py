"""Which row is a picture's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from db.engine import adding_images
from db.images import Picture, find_or_add
from db.models import Image
from tests.db.making import NOON, facts, post
from vision.records import KEY_LENGTH, ImageRecord, image_key


def store(engine: Engine, *pictures: Picture) -> list[tuple[int, str]]:
    with adding_images(engine) as connection:
        return [(row.id, row.key) for row in find_or_add(connection, pictures)]


def column(engine: Engine, name: str) -> list:
    with engine.connect() as connection:
        return list(connection.execute(select(getattr(Image, name)).order_by(Image.id)).scalars())


def test_a_picture_is_stored_once(engine: Engine) -> None:
    first = store(engine, (post("1"), None), (post("2"), None), (post("1"), None))
    assert first == [(1, "1/0"), (2, "2/0"), (1, "1/0")]
    assert store(engine, (post("2"), None), (post("3"), None)) == [(2, "2/0"), (3, "3/0")]


def test_two_pictures_given_under_one_id_both_stay(engine: Engine) -> None:
    # a CSV has no media index: all pictures of a post propose 0
    pair = [(post("1", 0, "http://x/a.jpg"), None), (post("1", 0, "http://x/b.jpg"), None)]
    assert store(engine, *pair) == [(1, "1/0"), (2, "1/1")]
    assert store(engine, *reversed(pair)) == [(2, "1/1"), (1, "1/0")]
    assert store(engine, (post("1", 1, "http://x/c.jpg"), None)) == [(3, "1/2")]


def test_a_link_is_another_picture_in_another_post(engine: Engine) -> None:
    same = "http://x/a.jpg"
    assert store(engine, (post("1", 0, same), None), (post("2", 0, same), None)) == [
        (1, "1/0"),
        (2, "2/0"),
    ]


def test_a_path_like_a_posts_key_is_another_picture(engine: Engine) -> None:
    path = ImageRecord("1/0", "1/0")
    marked = ImageRecord("1/0#", "1/0#")
    pictures = [(path, None), (post("1"), None), (marked, None)]
    ids = [row_id for row_id, _ in store(engine, *pictures)]
    assert ids == [1, 2, 3]
    assert [row_id for row_id, _ in store(engine, *reversed(pictures))] == [3, 2, 1]


def test_ids_that_a_lenient_collation_would_confuse(engine: Engine) -> None:
    ids = [
        "a",
        "A",
        "ä",
        "a ",
        " a",
        "a  ",
        "9" * 40,
        str(2**63),
        "\U0001f600",
        "\U0001f601",
        "\uff41",
    ]
    rows = store(engine, *[(post(tweet_id), None) for tweet_id in ids])
    assert [row_id for row_id, _ in rows] == list(range(1, len(ids) + 1))
    assert column(engine, "tweet_id") == ids
    links = [ImageRecord(f"http://x/{tweet_id}", f"http://x/{tweet_id}") for tweet_id in ids]
    assert len({row_id for row_id, _ in store(engine, *[(link, None) for link in links])}) == 11


def test_texts_survive(engine: Engine) -> None:
    said = '\U0001f469\u200d\U0001f680 O\'Neil said "100 %" \\ \t\n \u00e9 %s :name ? `x` \x1a'
    link = "http://x/" + "\u00e9" * 3000
    record = ImageRecord(image_key(link), link, None, None, "\U0001f469", said, NOON)
    ((_, key),) = store(engine, (record, facts("x")))
    assert len(key) == KEY_LENGTH
    for name, value in (("link", link), ("text", said), ("author", "\U0001f469")):
        assert column(engine, name) == [value]
    assert column(engine, "posted_at") == [NOON]
    assert column(engine, "dhash") == [facts("x").dhash]
    assert store(engine, (record, None)) == [(1, key)]


def test_half_a_surrogate_pair_is_no_reason_to_stop(engine: Engine) -> None:
    record = ImageRecord("k\ud800", "l\udfff", None, None, "\ud83d", "t\udc80")
    assert store(engine, (record, None)) == store(engine, (record, None)) == [(1, "k?")]


def test_a_long_author_is_cut(engine: Engine) -> None:
    store(engine, (replace(post("1"), author="x" * 300), facts("x")))
    assert column(engine, "author") == ["x" * 255]


def test_facts_are_added_to_a_row_that_had_none(engine: Engine) -> None:
    bare = replace(post("1"), author=None, text=None, posted_at=None)
    store(engine, (bare, None), (replace(bare, key="2/0", tweet_id="2"), None))
    store(engine, (post("1"), facts("seen")))
    assert column(engine, "content_sha256") == [facts("seen").content_sha256, None]
    assert column(engine, "author") == ["ann", None]
    store(engine, (post("1"), facts("changed")))
    assert column(engine, "content_sha256")[0] == facts("seen").content_sha256


@pytest.fixture
def shared_engine(engine: Engine) -> Engine:
    return engine


records = st.builds(
    lambda tweet_id, index, link: (
        ImageRecord(link, link) if tweet_id is None else post(tweet_id, index, link)
    ),
    st.sampled_from([None, "1", "1/0", "2"]),
    st.integers(0, 2),
    st.sampled_from(["a", "b", "1/0", "1/1", "1/0/0", "1/0#"]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(records, max_size=12), st.integers(0, 12))
def test_no_two_pictures_ever_share_a_row(
    shared_engine: Engine, given_records: list[ImageRecord], cut: int
) -> None:
    with shared_engine.begin() as connection:
        connection.execute(delete(Image))
    pictures = [(record, None) for record in given_records]
    rows = store(shared_engine, *pictures[:cut]) + store(shared_engine, *pictures[cut:])
    identities = [(record.tweet_id, record.link) for record in given_records]
    ids = [row_id for row_id, _ in rows]
    assert len(set(zip(identities, ids, strict=True))) == len(set(identities)) == len(set(ids))
    assert sorted(set(ids)) == list(range(1, len(set(ids)) + 1))
