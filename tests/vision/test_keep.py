"""Kept copies: by content, small enough, without metadata, all there or not at all."""

import pytest
from PIL import Image

from tests import pictures
from vision.errors import OutputError
from vision.keep import keep, kept_path

DIGEST = "ab" * 32


def test_a_large_picture_is_kept_small(tmp_path):
    keep(tmp_path, DIGEST, pictures.scene(3000, 1500))
    path = kept_path(tmp_path, DIGEST)
    assert path == tmp_path / "ab" / "ab" / f"{DIGEST}.jpg"
    with Image.open(path) as copy:
        assert (copy.format, copy.size) == ("JPEG", (1280, 640))
        assert not copy.getexif()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_small_picture_keeps_its_size_and_is_written_once(tmp_path):
    keep(tmp_path, DIGEST, pictures.scene(64, 48))
    path = kept_path(tmp_path, DIGEST)
    before = path.stat().st_mtime_ns
    keep(tmp_path, DIGEST, pictures.scene(64, 48))
    assert path.stat().st_mtime_ns == before
    with Image.open(path) as copy:
        assert copy.size == (64, 48)


def test_the_given_picture_is_not_changed(tmp_path):
    image = pictures.scene(3000, 1500)
    keep(tmp_path, DIGEST, image)
    assert image.size == (3000, 1500)


def test_a_folder_that_cannot_be_written_ends_the_run(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot keep a picture"):
        keep(tmp_path / "file", DIGEST, pictures.scene())
