"""Copies of the pictures that outlive their links, named by content."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PIL import Image

from vision.errors import OutputError

LONGEST_SIDE = 1280
_QUALITY = 88


def kept_path(folder: Path, content_sha256: str) -> Path:
    """Return where the copy of a picture lies: `<folder>/ab/cd/<sha256>.jpg`."""
    return folder / content_sha256[:2] / content_sha256[2:4] / f"{content_sha256}.jpg"


def keep(folder: Path, content_sha256: str, image: Image.Image) -> None:
    """Store a copy of an RGB picture, long side at most 1280 pixels, unless it is there already.

    Metadata (GPS position, camera) stays behind.

    Raises
    ------
    OutputError
        If the copy cannot be written.
    """
    path = kept_path(folder, content_sha256)
    if path.exists():
        return
    copy = image.copy()
    copy.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        copy.save(part, "JPEG", quality=_QUALITY)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OutputError(
            f"cannot keep a picture in {folder}: {error.strerror or error}"
        ) from error
