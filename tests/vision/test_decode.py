"""Bytes of every kind become an upright RGB picture or a told failure."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests import pictures
from vision.decode import DecodeOptions, difference_hash, open_picture
from vision.errors import PictureError
from vision.resizing import Original

FULL = DecodeOptions()


def decoded(data: bytes, options: DecodeOptions = FULL) -> Image.Image:
    picture = open_picture(data, options)
    assert picture.image.mode == "RGB"
    return picture.image


def reason(data: bytes, options: DecodeOptions = FULL) -> tuple[str, str]:
    with pytest.raises(PictureError) as caught:
        open_picture(data, options)
    assert caught.value.stage == "decode"
    return caught.value.reason, caught.value.detail


def distance(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return float(np.abs(np.asarray(one, float) - np.asarray(other.convert("RGB"), float)).mean())


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_kinds_come_back_as_they_were(kind):
    image = pictures.scene()
    assert distance(decoded(pictures.encoded(image, kind)), image) == 0


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_lossy_kinds_come_back_alike(kind):
    image = pictures.scene()
    assert distance(decoded(pictures.encoded(image, kind, quality=95)), image) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [FULL, DecodeOptions(enough=16)])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_exif_orientation(orientation, options, kind):
    picture = open_picture(pictures.rotated(orientation, kind), options)
    scene = pictures.scene()
    assert picture.size == scene.size
    assert distance(picture.image, scene.resize(picture.image.size)) < 10


def test_an_orientation_out_of_range_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 77
    data = pictures.encoded(pictures.scene(), "JPEG", quality=95, exif=exif)
    assert distance(decoded(data), pictures.scene()) < 6


def test_transparency_is_put_on_white():
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
        assert decoded(pictures.encoded(clear, kind, **options)).getpixel((0, 0)) == (255,) * 3
    assert decoded(pictures.encoded(half, "PNG")).getpixel((0, 0)) == (127,) * 3
    palette = clear.quantize(4)
    assert decoded(pictures.encoded(palette, "PNG")).getpixel((0, 0)) == (255,) * 3
    grey = Image.new("LA", (8, 8), (3, 0))
    assert decoded(pictures.encoded(grey, "PNG")).getpixel((0, 0)) == (255,) * 3


def test_cmyk():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for options in (FULL, DecodeOptions(enough=8)):
        colour = decoded(pictures.encoded(red, "JPEG"), options).getpixel((3, 3))
        assert np.abs(np.subtract(colour, (255, 0, 0))).max() <= 2


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (Image.new("I;16", (4, 4), 65535), "PNG", 255),
        (Image.new("I;16", (4, 4), 32896), "PNG", 128),
        (Image.new("I;16", (4, 4), 200), "PNG", 1),
        (Image.new("I", (4, 4), 65535), "TIFF", 255),
        (Image.new("F", (4, 4), 0.5), "TIFF", 128),
        (Image.new("L", (4, 4), 7), "PNG", 7),
        (Image.new("1", (4, 4), 1), "PNG", 255),
    ],
)
def test_deep_and_shallow_grey(image, kind, expected):
    assert decoded(pictures.encoded(image, kind)).getpixel((0, 0)) == (expected,) * 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation(kind):
    assert distance(decoded(pictures.animation(kind)), pictures.scene(seed=1)) < 20


def test_one_pixel():
    assert decoded(pictures.jpeg(1, 1)).size == (1, 1)
    assert decoded(pictures.jpeg(1, 1), DecodeOptions(enough=512)).size == (1, 1)


def test_a_large_jpeg_is_decoded_at_a_fraction_and_looks_the_same():
    data = pictures.jpeg(4000, 3000)
    small = open_picture(data, DecodeOptions(enough=512))
    full = open_picture(data, FULL)
    assert small.size == full.size == (4000, 3000)
    assert 512 <= min(small.image.size) < 1024
    by_pillow = full.image.resize(small.image.size, Image.Resampling.BOX)
    assert distance(small.image, by_pillow) < 2
    assert bits_apart(small.image, full.image) <= 2


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "empty file"),
        (b"<!DOCTYPE html><html>not found</html>", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "not a picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "not a picture"),
        (b"plain text", "not a picture"),
        (b"\xff\xd8\xff\xe0", "not a picture"),
    ],
)
def test_what_is_no_picture(data, expected):
    assert reason(data)[0] == expected


def test_the_detail_says_what_it_is():
    assert "HTML" in reason(b" <html>")[1]
    assert "HEIC" in reason(b"\0\0\0\x18ftypheic\0\0\0\0")[1]


@pytest.mark.parametrize("options", [FULL, DecodeOptions(enough=64)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_truncated_files_are_failures(kind, options):
    data = pictures.encoded(pictures.scene(400, 300), kind)
    got = reason(data[: len(data) // 2], options)[0]
    assert got in ("damaged picture", "not a picture")


def test_a_bomb_is_refused_before_it_is_decoded():
    assert reason(pictures.bomb_png())[0] == "too many pixels"
    assert reason(pictures.jpeg(100, 100), DecodeOptions(max_pixels=9_999))[0] == "too many pixels"
    assert decoded(pictures.jpeg(100, 100), DecodeOptions(max_pixels=10_000)).size == (100, 100)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.data())
def test_damage_anywhere_never_raises_anything_else(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"]))
    raw = bytearray(pictures.encoded(pictures.scene(40, 30), kind))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=6)):
        raw[at] = data.draw(st.integers(0, 255))
    with suppress(PictureError):
        open_picture(bytes(raw[: data.draw(st.integers(0, len(raw)))]), DecodeOptions(10**7, 64))


def test_difference_hash_is_near_for_copies_and_far_for_others():
    original = pictures.scene(400, 300, seed=4)
    hashed = difference_hash(Original(np.asarray(original)))
    assert -(2**63) <= hashed < 2**63
    recompressed = decoded(pictures.encoded(original, "JPEG", quality=40))
    assert bits_apart(original, recompressed) <= 4
    assert bits_apart(original, pictures.scene(400, 300, seed=5)) > 12


@pytest.mark.parametrize("scale", [0.25, 0.5, 0.73, 2, 3])
def test_difference_hash_does_not_depend_on_the_size(scale):
    # 500 x 375: neither side divides into the 9 x 8 boxes
    for seed in range(8):
        original = pictures.scene(500, 375, seed)
        resized = original.resize((round(500 * scale), round(375 * scale)))
        assert bits_apart(original, resized) <= 2


def bits_apart(one: Image.Image, other: Image.Image) -> int:
    hashed = [difference_hash(Original(np.asarray(image))) for image in (one, other)]
    return ((hashed[0] ^ hashed[1]) & (2**64 - 1)).bit_count()
