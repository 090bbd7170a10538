"""A result file that is either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vision.errors import OutputError


@contextmanager
def opened(path: str | None, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open what a result goes to: a file, a device, or standard output for None.

    A file is written beside its place and put there at the end; broken off, what was there before
    stays. Text is UTF-8, and line ends go out as they are.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    if path is None:
        with _open(1, binary, closefd=False) as out:
            yield out
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            with _open(path, binary) as out:
                yield out
            return
        target = target.resolve()  # a link stays one
        part = target.with_name(target.name + ".part")
        try:
            with _open(part, binary) as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            os.replace(part, target)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except BrokenPipeError:  # whoever read has had enough
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _open(file: Any, binary: bool, **how: Any) -> IO[Any]:
    if binary:
        return open(file, "wb", **how)
    return open(file, "w", encoding="utf-8", newline="", **how)
