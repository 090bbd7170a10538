"""Pictures are read from a run's folders only, and only the bytes that were labeled."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.keep import kept_path
from vision.shelf import Shelf

DATA = b"the bytes of a picture"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a picture in a folder, beside a secret that holds the very same bytes."""
    (tmp_path / "root" / "deep").mkdir(parents=True)
    (tmp_path / "root" / "deep" / "a b.jpg").write_bytes(DATA)
    (tmp_path / "secret.jpg").write_bytes(DATA)
    return tmp_path / "root"


def shelf(root: Path) -> Shelf:
    return Shelf.of([{"roots": [str(root)], "keep_images": None}])


def test_relative_absolute_and_file_links_inside_the_root(root: Path) -> None:
    path = root / "deep" / "a b.jpg"
    for link in ("deep/a b.jpg", str(path), path.as_uri(), "deep/../deep/a b.jpg"):
        assert shelf(root).read(link, SHA256) == DATA


@pytest.mark.parametrize(
    "link",
    ["../secret.jpg", "deep/../../secret.jpg", "deep", "", ".", "\0", "x" * 5000, "deep/a%20b.jpg"],
)
def test_what_is_not_inside_the_root_is_not_read(root: Path, link: str) -> None:
    assert shelf(root).read(link, SHA256) is None


def test_absolute_path_outside_the_root_is_not_read(root: Path) -> None:
    secret = root.parent / "secret.jpg"
    assert shelf(root).read(str(secret), SHA256) is None
    assert shelf(root).read(secret.as_uri(), SHA256) is None


def test_links_on_the_disk_may_not_lead_out(root: Path) -> None:
    (root / "inside.jpg").symlink_to(root / "deep" / "a b.jpg")
    (root / "outside.jpg").symlink_to(root.parent / "secret.jpg")
    (root / "folder").symlink_to(root.parent)
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    assert shelf(root).read("inside.jpg", SHA256) == DATA
    for link in ("outside.jpg", "folder/secret.jpg", "loop.jpg"):
        assert shelf(root).read(link, SHA256) is None


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    assert shelf(root).read("pipe.jpg", SHA256) is None


def test_other_bytes_under_the_same_name_are_not_shown(root: Path) -> None:
    (root / "deep" / "a b.jpg").write_bytes(b"another picture")
    assert shelf(root).read("deep/a b.jpg", SHA256) is None


def test_the_right_bytes_are_found_in_whichever_root(root: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    (newer / "deep").mkdir(parents=True)
    (newer / "deep" / "a b.jpg").write_bytes(b"another picture of the same name")
    both = Shelf.of([{"roots": [str(newer)]}, {"roots": [str(root)], "keep_images": ""}])
    assert both.read("deep/a b.jpg", SHA256) == DATA


def test_the_kept_copy_is_preferred_and_outlives_the_file(root: Path, tmp_path: Path) -> None:
    copy = kept_path(tmp_path / "kept", SHA256)
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"a smaller copy")
    keeping = Shelf.of([{"roots": [str(root)], "keep_images": str(tmp_path / "kept")}])
    assert keeping.read("deep/a b.jpg", SHA256) == b"a smaller copy"
    assert keeping.read("https://example.org/gone.jpg", SHA256) == b"a smaller copy"
    assert keeping.kept_copy("0" * 64) is None


@given(st.lists(st.sampled_from(["..", ".", "deep", "a b.jpg", "secret.jpg", "root", "/", "out"])))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    base = tmp_path_factory.getbasetemp() / "no-path-leads-out"
    root = base / "root"
    if not root.exists():
        (root / "deep").mkdir(parents=True)
        (root / "deep" / "a b.jpg").write_bytes(b"inside")
        (base / "secret.jpg").write_bytes(b"outside")
        (root / "out").symlink_to(base)
    for data in (b"inside", b"outside"):
        read = shelf(root).read("/".join(parts), hashlib.sha256(data).hexdigest())
        assert read in (None, b"inside")
