"""Pictures made small, as JPEG."""

from __future__ import annotations

import io

from PIL import Image

from vision.decode import DecodeOptions, open_picture


def scaled(data: bytes, side: int, quality: int) -> bytes:
    """Return a picture as a JPEG whose long side is at most `side` pixels.

    Raises
    ------
    PictureError
        If it cannot be decoded.
    """
    image = open_picture(data, DecodeOptions(enough=side)).image
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return jpeg(image, quality)


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Return a picture as a JPEG; `quality` is 1 to 95."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
