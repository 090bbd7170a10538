"""Picture files of this machine: only below the folders that were named."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from vision.errors import PictureError

_ARCHIVE_FOLDER = "tweets_media/"
_FOLDERS = 4096


class LocalFiles:
    """Opens files that lie inside one of the roots, symbolic links resolved."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = tuple((root, os.path.join(os.path.realpath(root), "")) for root in roots)

        # every part of a path is asked for otherwise, for every picture of a folder
        self._real_folder = functools.lru_cache(_FOLDERS)(os.path.realpath)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple[BinaryIO, int]]:
        """Yield an open file and its size in bytes.

        Raises
        ------
        PictureError
            With stage "fetch": missing file, outside the image root, not a file, unreadable file.
        """
        with _no_such_file(path):
            real = self._resolve(path)
            # O_NONBLOCK: opening a named pipe must not wait for a writer
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            # whoever reads in large pieces has no use for a buffer between
            with open(descriptor, "rb", buffering=0) as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise PictureError("fetch", "not a file", path)
                yield file, status.st_size

    def _resolve(self, path: str) -> str:
        # text all through: pathlib takes longer to think than the file takes to read
        outside = False
        for root, real_root in self._roots:
            for name in _places(path):
                real = self._real(os.path.abspath(os.path.join(root, name)))
                if not os.path.join(real, "").startswith(real_root):
                    outside = True
                    continue
                with suppress(FileNotFoundError, NotADirectoryError):
                    os.stat(real)
                    return real
        if outside:
            roots = ", ".join(str(root) for root, _ in self._roots)
            raise PictureError(
                "fetch", "outside the image root", f"{path} is not below {roots}; see --image-root"
            )
        raise PictureError("fetch", "missing file", path)

    def _real(self, path: str) -> str:
        """Return an absolute path with its symbolic links resolved."""
        folder, name = os.path.split(path)
        real = os.path.join(self._real_folder(folder), name)
        return os.path.realpath(real) if os.path.islink(real) else real


def _places(path: str) -> list[str]:
    """Return where below a root a path may lie; archives of several years name folders apart."""
    if not path.startswith(_ARCHIVE_FOLDER):
        return [path]
    name = path.removeprefix(_ARCHIVE_FOLDER)
    return [path, f"data/{path}", f"tweet_media/{name}", f"data/tweet_media/{name}", name]


@contextmanager
def _no_such_file(path: str) -> Iterator[None]:
    """Turn what the file system says about one path into that picture's failure."""
    try:
        yield
    except FileNotFoundError as error:
        raise PictureError("fetch", "missing file", path[:300]) from error
    except (OSError, ValueError, RuntimeError) as error:  # also loops of links, NUL in a name
        raise PictureError("fetch", "unreadable file", f"{path[:300]}: {error}") from error
