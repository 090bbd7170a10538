"""Bytes -> an upright RGB picture: the third stage.

Everything that phones, cameras, scanners and the web call a picture is brought to one form: EXIF
orientation applied, transparency on white, grey, palette, CMYK and 16 bits brought to 8-bit RGB,
of an animation the first frame. A large JPEG is decoded at a fraction of its size when the model
looks at less anyway.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import simplejpeg
from PIL import Image, UnidentifiedImageError

from vision.errors import PictureError
from vision.records import ImageFacts
from vision.resizing import Original

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "PPM")
"""What is admitted; Pillow's rarer readers are more attack surface than use."""

WHITE = (255, 255, 255, 255)

_ORIENTATION = 0x0112
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"hevc")


@dataclass(frozen=True)
class DecodeOptions:
    """How to decode.

    `max_pixels` caps width x height, checked before any pixel is decoded. `enough` is the short
    side in pixels that a large JPEG keeps when it is decoded at a half, a quarter or an eighth of
    its size; None decodes in full.
    """

    max_pixels: int = 100_000_000
    enough: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright RGB picture, perhaps scaled down, and the size (width, height) it has in full."""

    original: Original
    size: tuple[int, int]

    @property
    def image(self) -> Image.Image:
        """The same as Pillow's image."""
        return Image.fromarray(self.original.pixels)

    def facts(self, content_sha256: str) -> ImageFacts:
        return ImageFacts(content_sha256, difference_hash(self.original), *self.size)


def content_sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file whose beginning was read: what it is and how large, no pixel decoded yet."""

    image: Image.Image
    data: bytes
    size: tuple[int, int]

    def decode(self, options: DecodeOptions) -> Picture:
        """Decode the pixels.

        Raises
        ------
        PictureError
            With stage "decode": damaged picture.
        """
        with _damage_told():
            orientation = self.image.getexif().get(_ORIENTATION, 1)
            pixels = _pixels(self.image, self.data, options.enough)
            if self.image.format == "TIFF":  # Pillow turns these itself while it loads them
                return Picture(Original(pixels), (pixels.shape[1], pixels.shape[0]))
            width, height = self.size
            size = (height, width) if orientation in (5, 6, 7, 8) else (width, height)
            return Picture(Original(_turn(pixels, orientation)), size)


def read_header(data: bytes, options: DecodeOptions) -> Header:
    """Read the beginning of a picture file.

    Raises
    ------
    PictureError
        With stage "decode": empty file, not a picture, too many pixels, damaged picture.
    """
    if not data:
        raise PictureError("decode", "empty file", "0 bytes")
    with _damage_told():
        image = _identify(data)
        width, height = image.size
        if width * height > options.max_pixels:
            told = f"{width} x {height}, over --max-pixels {options.max_pixels}"
            raise PictureError("decode", "too many pixels", told)
        return Header(image, data, (width, height))


def open_picture(data: bytes, options: DecodeOptions) -> Picture:
    """Decode the bytes of a picture file: `read_header`, then `Header.decode`."""
    return read_header(data, options).decode(options)


def difference_hash(original: Original) -> int:
    """Return the 64-bit difference hash of a picture as a signed integer.

    Each bit says whether a pixel of the 9 x 8 grey miniature is darker than its right neighbour;
    near-duplicates (resized, recompressed) differ in a few bits.

    Source: N. Krawetz, "Kind of Like That", The Hacker Factor Blog, 2013.
    """
    small = Image.fromarray(original.resized((9, 8), "box")).convert("L")
    grey = np.asarray(small, dtype=np.int16)
    bits = np.packbits(grey[:, 1:] > grey[:, :-1])
    return int.from_bytes(bits.tobytes(), "big", signed=True)


def _identify(data: bytes) -> Image.Image:
    # our own cap stands in for Pillow's, which warns first and is fixed for the whole process
    Image.MAX_IMAGE_PIXELS = None
    Image.init()  # loads the readers of the rarer formats, once
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError("decode", "not a picture", _what_it_is(data)) from None


def _what_it_is(data: bytes) -> str:
    """Say what bytes are that are no picture, as far as their beginning tells."""
    head = data[:512].lstrip().lower()
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC is not supported; convert it to JPEG first"
    if head.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if b"<svg" in head:
        return "an SVG drawing"
    if data[4:8] == b"ftyp":
        return "a video"
    return f"begins with {data[:12]!r}"


def _pixels(image: Image.Image, data: bytes, enough: int | None) -> np.ndarray:
    """Decode to RGB, a large JPEG perhaps scaled down, in the orientation of the file."""
    if image.format in ("JPEG", "MPO") and image.mode in ("RGB", "L"):
        fraction = _fraction(min(image.size), enough)
        try:
            # the smallest scaling that reaches these sides, which is the fraction itself
            return simplejpeg.decode_jpeg(
                data, min_height=-(-image.height // fraction), min_width=-(-image.width // fraction)
            )
        except ValueError:  # stricter than Pillow, which has the last word
            pass
    return np.asarray(_to_rgb(image))


def _fraction(short: int, enough: int | None) -> int:
    """Return the divisor to decode a JPEG at: 8, 4 or 2 if its short side stays enough, else 1.

    The odd fractions between are left out: they gain little time and change pixels as much.
    """
    if enough is None:
        return 1
    return next((divisor for divisor in (8, 4, 2) if -(-short // divisor) >= enough), 1)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _from_deep(np.asarray(image, dtype=np.float64), (65535.0,))
    if image.mode == "I":
        return _from_deep(np.asarray(image, dtype=np.float64), (255.0, 65535.0))
    if image.mode == "F":
        return _from_deep(np.asarray(image, dtype=np.float64), (1.0, 255.0, 65535.0))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, WHITE)
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _from_deep(values: np.ndarray, whites: tuple[float, ...]) -> Image.Image:
    """Bring deep grey to 8 bits; white is the first of `whites` that no value is over."""
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    brightest = float(values.max(initial=0.0))
    white = next((white for white in whites if brightest <= white), brightest)
    grey = np.clip(values * (255.0 / white), 0, 255).round().astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return pixels upright that lie as EXIF says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


@contextmanager
def _damage_told() -> Iterator[None]:
    """Turn whatever a decoder throws at damaged data into that picture's failure."""
    try:
        yield
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("decode", "too many pixels", "not enough memory") from error
    except (
        OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError,
        AttributeError, OverflowError, RuntimeError, ZeroDivisionError, struct.error,
    ) as error:  # fmt: skip
        raise PictureError("decode", "damaged picture", str(error)[:200]) from error
