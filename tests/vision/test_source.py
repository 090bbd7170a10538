"""Inputs of every kind as one stream of pictures."""

import gzip
import io
import json
import os

import pytest

from vision.records import ImageRecord
from vision.source import BadInput, Source


def stream(text: str | bytes) -> Source:
    data = text.encode() if isinstance(text, str) else text
    return Source(io.BufferedReader(io.BytesIO(data)))


def links(source: Source) -> list[tuple[str | None, str]]:
    return [
        (item.tweet_id, item.link) if isinstance(item, ImageRecord) else ("bad", item.reason)
        for item in source
    ]


def test_json_lines_with_ids_of_any_kind():
    text = "\n".join(
        json.dumps(item)
        for item in [
            {"id": 5, "url": "http://x/a.jpg"},
            {"id": "6", "link": "http://x/b.jpg"},
            {"url": "http://x/c.jpg"},
            {"id": 1.5, "url": "http://x/d.jpg"},
            {"id": {"a": 1}, "url": "http://x/e.jpg"},
            {"id": True, "url": "http://x/f.jpg"},
        ]
    )
    assert links(stream(text)) == [
        ("5", "http://x/a.jpg"),
        ("6", "http://x/b.jpg"),
        (None, "http://x/c.jpg"),
        ("1.5", "http://x/d.jpg"),
        ("bad", "bad id"),
        ("bad", "bad id"),
    ]


def test_keys_are_id_and_place_or_the_link():
    text = '{"id": 5, "image": ["a.jpg", "b.jpg"]}\n{"url": "http://x/c.jpg"}'
    assert [item.key for item in stream(text)] == ["5/0", "5/1", "http://x/c.jpg"]


@pytest.mark.parametrize("link", [3, True, {"a": 1}, ["", 4], "   "])
def test_a_link_that_is_no_text_is_that_pictures_failure(link):
    source = stream(json.dumps({"id": 1, "url": link}) + '\n{"id": 2, "url": "http://x/a.jpg"}')
    found = list(source)
    assert all(isinstance(item, BadInput) for item in found[:-1])
    assert found[0].reason == "link is no text"
    assert found[-1].link == "http://x/a.jpg"


def test_json_that_is_no_object():
    found = list(stream('{"id": 1, "url": "http://x/a.jpg"}\n3\n"x"\nnull\n[1]\n{"foo": 1}'))
    assert [item.reason for item in found[1:]] == ["JSON, but no object"] * 4 + [
        "unknown kind of post"
    ]
    assert [item.key for item in found[1:]] == [f"line {n}" for n in range(2, 7)]


def test_posts_without_pictures_and_videos_are_counted():
    source = stream(
        '{"id": 1, "text": "x"}\n'
        '{"id": 2, "media_attachments": []}\n'
        '{"id": 3, "media_attachments": [{"type": "video", "url": "v"}]}\n'
    )
    assert list(source) == []
    assert source.passed == {"posts without a picture": 3, "videos and GIF clips": 1}


def test_a_json_array_and_a_twitter_archive(tmp_path):
    assert links(stream('[\n {"id": 1, "url": "http://x/a.jpg"},\n {"id": 2}\n]')) == [
        ("1", "http://x/a.jpg")
    ]
    path = tmp_path / "tweets.js"
    tweet = {
        "tweet": {
            "id_str": "9",
            "entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/A.jpg"}]},
        }
    }
    path.write_text("window.YTD.tweets.part0 = " + json.dumps([tweet], indent=2))
    (record,) = Source(path)
    assert (record.tweet_id, record.path) == ("9", "tweets_media/9-A.jpg")


def test_gzipped_json_lines(tmp_path):
    path = tmp_path / "tweets.json.gz"
    path.write_bytes(gzip.compress(b'{"id": 1, "url": "http://x/a.jpg"}\n'))
    assert links(Source(path)) == [("1", "http://x/a.jpg")]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "http://x/a,b.jpg\nc.jpg\n", [(None, "http://x/a,b.jpg"), (None, "c.jpg")]),
        ("a.csv", "id,url\n7,http://x/a.jpg\n", [("7", "http://x/a.jpg")]),
        ("a.csv", 'link,title\nhttp://x/a.jpg,"x, y"\n', [(None, "http://x/a.jpg")]),
        ("a.csv", "7,http://x/a.jpg,cat,0.5\n", [("7", "http://x/a.jpg")]),
        ("a.tsv", "tweet_id\tlink\n7\thttp://x/a.jpg\n", [("7", "http://x/a.jpg")]),
        ("a.csv", "id,url\n7,\n8,http://x/b.jpg\n", [("bad", "no link in this line"), ("8", "http://x/b.jpg")]),
        ("links", "http://x/a.jpg\n", [(None, "http://x/a.jpg")]),
        ("links", "./a.jpg\n./b.jpg\n", [(None, "./a.jpg"), (None, "./b.jpg")]),
        ("list.json", "http://x/a.jpg\n", [("bad", "bad JSON")]),
    ],
)  # fmt: skip
def test_lists_of_links(tmp_path, name, text, expected):
    path = tmp_path / name
    path.write_text(text)
    assert links(Source(path)) == expected


def test_a_list_of_links_on_stdin_and_nothing_at_all():
    assert links(stream("http://x/a.jpg\nhttp://x/b.jpg\n")) == [
        (None, "http://x/a.jpg"),
        (None, "http://x/b.jpg"),
    ]
    assert links(stream("http://x/a,b.jpg\n")) == [(None, "http://x/a,b.jpg")]
    assert links(stream("7,http://x/a.jpg,cat,0.5\n")) == [("7", "http://x/a.jpg")]
    assert links(stream("")) == []
    assert links(stream("\n \n")) == []


def test_a_folder_is_walked_in_name_order(tmp_path):
    for name in ("b.JPG", "a.jpeg", "sub/c.png", "notes.txt", ".hidden/d.jpg", "._b.jpg", "e.tar"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    source = Source(tmp_path)
    found = [item.link for item in source]
    assert found == [str(tmp_path / name) for name in ("a.jpeg", "b.JPG", "sub/c.png")]
    assert source.passed == {"other files": 2}


def test_names_that_are_no_utf8_stay_apart(tmp_path):
    for name in (b"\xfe.jpg", b"\xff.jpg"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    found = [item.key for item in Source(tmp_path)]
    assert [key.rsplit("/")[-1] for key in found] == ["\\xfe.jpg", "\\xff.jpg"]


def test_gzip_on_stdin():
    packed = gzip.compress(b'{"id": 1, "url": "http://x/a.jpg"}\n')
    assert links(stream(packed)) == [("1", "http://x/a.jpg")]


def test_odd_text_never_breaks_utf8():
    (record,) = stream('{"id": "\\ud800", "url": "http://x/\\udfff.jpg", "text": "\\ud83d"}')
    for value in (record.tweet_id, record.link, record.key, record.text):
        assert value.encode()
        assert "?" in value
