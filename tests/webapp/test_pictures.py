"""Pictures are served by id, as pictures and nothing else, with the right headers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.webapp.filling import fill, labeled, picture, run_info
from vision.keep import keep, kept_path
from vision.records import ImageFacts, ImageRecord, Labeled
from webapp.app import create_app

HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@dataclass
class Album:
    """A folder of pictures, labeled in this order: ids count from 1."""

    root: Path
    client: FlaskClient
    names: list[str]

    def id(self, name: str) -> int:
        return 1 + self.names.index(name)


def upright() -> bytes:
    """Return a JPEG stored lying, 480 x 300, that its EXIF orientation stands up."""
    image = Image.open(io.BytesIO(picture()))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def of_no_picture(position: int, record: ImageRecord, data: bytes) -> Labeled:
    """Return an event that claims that `data`, no picture at all, was labeled."""
    event = labeled(position, record, picture())
    import hashlib

    facts = ImageFacts(hashlib.sha256(data).hexdigest(), 0, 1, 1)
    return Labeled(position, record, facts, event.predictions)


@pytest.fixture
def album(tmp_path: Path) -> Album:
    root = tmp_path / "photos"
    root.mkdir()
    files = {
        "a.jpg": picture("JPEG"),
        "a.png": picture("PNG"),
        "a.gif": picture("GIF"),
        "a.webp": picture("WEBP"),
        "a.bmp": picture("BMP"),
        "a.tif": picture("TIFF"),
        "png-called.jpg": picture("PNG", seed=1),
        "upright.jpg": upright(),
        "tiny.png": picture("PNG", (1, 1)),
        "page.jpg": HTML,
        "drawing.svg": SVG,
        "half.jpg": picture("JPEG", seed=2)[:300],
        "deleted.jpg": picture("JPEG", seed=3),
        "changed.jpg": picture("JPEG", seed=4),
        "../outside.jpg": picture("JPEG", seed=5),
        "symlink.jpg": picture("JPEG", seed=5),
    }
    events = []
    for position, (name, data) in enumerate(files.items()):
        make = of_no_picture if name in ("page.jpg", "drawing.svg", "half.jpg") else labeled
        events.append(make(position, ImageRecord(name, name), data))
        if name != "symlink.jpg":
            (root / name).write_bytes(data)
    (root / "deleted.jpg").unlink()
    (root / "changed.jpg").write_bytes(picture(seed=99))
    (root / "symlink.jpg").symlink_to(root.parent / "outside.jpg")
    database = f"sqlite:///{tmp_path}/album.db"
    fill(database, run_info(root), events)
    return Album(root, create_app(database).test_client(), list(files))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.gif", "image/gif"),
        ("a.webp", "image/webp"),
        ("a.bmp", "image/bmp"),
        ("png-called.jpg", "image/png"),
    ],
)
def test_served_as_it_is_with_the_type_that_was_decoded(album: Album, name: str, kind: str) -> None:
    answer = album.client.get(f"/pictures/{album.id(name)}")
    assert answer.status_code == 200
    assert answer.content_type == kind
    assert answer.data == (album.root / name).read_bytes()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]


def test_what_browsers_cannot_show_becomes_a_jpeg(album: Album) -> None:
    answer = album.client.get(f"/pictures/{album.id('a.tif')}")
    assert answer.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(answer.data)).size == (480, 300)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("a.jpg", (320, 200)),
        ("a.tif", (320, 200)),
        ("upright.jpg", (200, 320)),
        ("tiny.png", (1, 1)),
    ],
)
def test_thumbnails_are_small_upright_jpegs(album: Album, name: str, size: tuple[int, int]) -> None:
    answer = album.client.get(f"/pictures/{album.id(name)}/thumb")
    assert answer.content_type == "image/jpeg"
    thumbnail = Image.open(io.BytesIO(answer.data))
    assert thumbnail.format == "JPEG"
    assert thumbnail.size == size
    assert thumbnail.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("name", ["page.jpg", "drawing.svg"])
@pytest.mark.parametrize("size", ["", "/thumb"])
def test_html_and_svg_are_never_served(album: Album, name: str, size: str) -> None:
    answer = album.client.get(f"/pictures/{album.id(name)}{size}")
    assert answer.status_code == 415
    assert b"alert" not in answer.data
    assert answer.content_type.startswith("text/html")


def test_half_a_picture_has_no_thumbnail(album: Album) -> None:
    answer = album.client.get(f"/pictures/{album.id('half.jpg')}/thumb")
    assert answer.status_code == 415


@pytest.mark.parametrize("name", ["deleted.jpg", "changed.jpg", "../outside.jpg", "symlink.jpg"])
@pytest.mark.parametrize("size", ["", "/thumb"])
def test_what_is_not_in_the_folder_is_not_served(album: Album, name: str, size: str) -> None:
    answer = album.client.get(f"/pictures/{album.id(name)}{size}")
    assert answer.status_code == 404
    assert "missing, or not the one that was labeled" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "0", "999999", "-1", "99999999999999999999999", "1/full", "1/thumb/", "a.jpg",
        "../album.db", "..%2f..%2fetc%2fpasswd", "1%00", "1/../../photos/a.jpg",
    ],
)  # fmt: skip
def test_only_ids_that_exist(album: Album, path: str) -> None:
    answer = album.client.get(f"/pictures/{path}")
    assert answer.status_code == 404
    assert answer.content_type.startswith("text/html")


def test_unchanged_pictures_are_not_sent_again(album: Album) -> None:
    for path in ("/pictures/1", "/pictures/1/thumb"):
        tag = album.client.get(path).headers["ETag"]
        again = album.client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    other = album.client.get("/pictures/2", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert album.client.get("/pictures/1").headers["ETag"] != tag


def test_the_kept_copy_of_a_dead_link_is_served(tmp_path: Path) -> None:
    data = picture(size=(2000, 1000))
    event = labeled(0, ImageRecord("1/0", "https://example.org/a.jpg", tweet_id="1"), data)
    other = labeled(1, ImageRecord("2/0", "https://example.org/b.jpg", tweet_id="2"), picture())
    kept = tmp_path / "kept"
    keep(kept, event.facts.content_sha256, Image.open(io.BytesIO(data)))
    database = f"sqlite:///{tmp_path}/kept.db"
    fill(database, run_info(None, keep_images=kept), [event, other])
    client = create_app(database).test_client()
    copy = client.get("/pictures/1")
    assert copy.data == kept_path(kept, event.facts.content_sha256).read_bytes()
    assert client.get("/pictures/2").status_code == 404
    page = client.get("/sheet/").text
    assert 'src="/pictures/1/thumb"' in page
    assert "https://example.org/a.jpg" not in page
    assert 'src="https://example.org/b.jpg"' in page
    assert 'referrerpolicy="no-referrer"' in page
