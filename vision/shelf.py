"""Where the bytes of a picture lie: a kept copy, or its file inside one of a run's folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from vision.decode import content_sha256 as digest
from vision.keep import kept_path

MAX_BYTES = 200_000_000
"""Larger files are no photographs that a page should wait for."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folders that pictures may be served from, as the runs name them: newest run first."""

    kept: tuple[Path, ...]
    roots: tuple[Path, ...]

    @classmethod
    def of(cls, arguments: Iterable[Mapping[str, Any]]) -> Shelf:
        """Collect the folders out of the runs' `RunInfo.arguments`."""
        kept: dict[Path, None] = {}
        roots: dict[Path, None] = {}
        for each in arguments:
            if each.get("keep_images"):
                kept[Path(each["keep_images"])] = None
            roots.update((Path(root), None) for root in each.get("roots") or ())
        return cls(tuple(kept), tuple(roots))

    def kept_copy(self, content_sha256: str | None) -> Path | None:
        """Return the copy that `--keep-images` made of a picture, if there is one."""
        if content_sha256 is None:
            return None
        copies = (kept_path(folder, content_sha256) for folder in self.kept)
        return next((copy for copy in copies if copy.is_file()), None)

    def read(self, link: str, content_sha256: str | None) -> bytes | None:
        """Return the bytes of a picture, or None when it lies nowhere that is allowed.

        A file counts only while it holds the very bytes that were labeled: a name may have come
        to mean another picture since, and its predictions would be beside the wrong one. Only for
        predictions that came without a hash (a loaded CSV) is the name all there is.
        """
        copy = self.kept_copy(content_sha256)
        if copy is not None:
            return copy.read_bytes()
        name = unquote(urlsplit(link).path) if link.lower().startswith("file://") else link
        for root in self.roots:
            data = _read_inside(root, name)
            if data is not None and content_sha256 in (None, digest(data)):
                return data
        return None


def _read_inside(root: Path, name: str) -> bytes | None:
    """Read the regular file called `name` if, symlinks followed, it lies under `root`."""
    try:
        base = root.resolve(strict=True)
        path = (base / name).resolve(strict=True)
        if path.is_relative_to(base) and path.is_file() and path.stat().st_size <= MAX_BYTES:
            return path.read_bytes()
    except (OSError, ValueError, RuntimeError):  # gone, no file name at all, a loop of links
        pass
    return None
