"""A result file that is either whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from vision.errors import InputError, OutputError


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
        part = beside(target)
        try:
            with _open(part, binary, "x") as out:
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


def beside(target: Path) -> Path:
    """Return where to write what is to be put in place once whole: nobody else's, and no file yet.

    Two exports to one place at once then do not mix: the last to end is there.
    """
    return target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")


def keep(read: Sequence[Path], *written: str | None) -> None:
    """Refuse to write a result over a file that it comes from.

    Raises
    ------
    InputError
        If one of `written` is one of the files `read`.
    """
    kept = {path.resolve() for path in read}
    for path in written:
        if path is not None and Path(path).resolve() in kept:
            raise InputError(f"{path} is read from and would be overwritten: name another file")


def _open(file: Any, binary: bool, mode: str = "w", **how: Any) -> IO[Any]:
    if binary:
        return open(file, mode + "b", **how)
    return open(file, mode, encoding="utf-8", newline="", **how)
