"""Pictures of every kind as bytes, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scene(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """A smooth colourful picture with structure of its own for each seed."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(width: int = 64, height: int = 48, seed: int = 0, **options: object) -> bytes:
    return encoded(scene(width, height, seed), "JPEG", **({"quality": 90} | options))


def rotated(orientation: int, kind: str = "JPEG") -> bytes:
    """A file stored so that, with its EXIF orientation applied, it is `scene()`."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = scene()
    stored = image.transpose(undo[orientation]) if orientation in undo else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(stored, kind, quality=95, exif=exif)


def animation(kind: str) -> bytes:
    first, rest = scene(seed=1), [scene(seed=2), scene(seed=3)]
    return encoded(first, kind, save_all=True, append_images=rest, duration=50)


def bomb_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that claims 900 megapixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 3_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
