"""Files that grow by what comes and can be cut back to where they were safe: text, and features."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vision.errors import OutputError
from vision.records import Event, Labeled
from vision.rows import Render

NPY = ".npy"
"""How the name of a file of features ends."""

_HALF = np.dtype("<f2")
_NPY_HEAD = 128


class TextFile:
    """Events as lines of text; `head` comes first."""

    def __init__(self, role: str, path: Path, render: Render, head: str = "") -> None:
        self.role = role
        self.path = path
        self._render = render
        self._head = head.encode()
        self._file: BinaryIO

    def open(self, size: int) -> None:
        """Open the file, made where it is missing, and cut it to `size` bytes."""
        self._file = _cut(self.path, size)
        if size == 0:
            self._file.write(self._head)

    def encode(self, events: Iterable[Event]) -> bytes:
        return self._render(events).encode()

    def append(self, data: bytes) -> None:
        self._file.write(data)

    def save(self) -> int:
        """Store what was appended for good; return the size."""
        return _saved(self._file)

    def close(self) -> None:
        self._file.close()


class FeatureFile:
    """The features of labeled pictures as an array (pictures, D) of float16, the format of numpy.

    The head of the file tells how many pictures are safe, so that it can be read at any time, also
    as `np.load(path, mmap_mode="r")`.
    """

    role = "features"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._width = 0
        self._file: BinaryIO

    def open(self, size: int) -> None:
        """Open the file, made where it is missing, and cut it to `size` bytes.

        Raises
        ------
        OutputError
            It is to go on and is no array of float16 any more; it is left as it is.
        """
        self._width = _width(self.path) if size else 0
        self._file = _cut(self.path, size)
        if size == 0:
            self._file.write(_npy_head(0, 0))

    def encode(self, events: Iterable[Event]) -> bytes:
        rows = [event.features for event in events if isinstance(event, Labeled)]
        if rows:
            self._width = len(rows[0]) // _HALF.itemsize
        return b"".join(rows)

    def append(self, data: bytes) -> None:
        self._file.write(data)

    def save(self) -> int:
        """Store what was appended for good; return the size."""
        size = _saved(self._file)
        if self._width:
            rows = (size - _NPY_HEAD) // (self._width * _HALF.itemsize)
            self._file.seek(0)
            self._file.write(_npy_head(rows, self._width))
            self._file.seek(size)
            _saved(self._file)
        return size

    def close(self) -> None:
        self._file.close()


def _width(path: Path) -> int:
    """Return how many numbers a row of a .npy file has."""
    with path.open("rb") as file:
        try:
            np.lib.format.read_magic(file)
            (_, width), _, kind = np.lib.format.read_array_header_1_0(file)
        except ValueError as error:
            raise OutputError(f"{path} is no file of features any more: {error}") from error
    if kind != _HALF:
        raise OutputError(f"{path} is no file of features any more: it holds {kind}")
    return int(width)


def _npy_head(rows: int, width: int) -> bytes:
    """Return the head of a .npy file; numpy leaves room in it for more rows."""
    head = io.BytesIO()
    told = {"descr": _HALF.str, "fortran_order": False, "shape": (rows, width)}
    np.lib.format.write_array_header_1_0(head, told)
    assert head.tell() == _NPY_HEAD
    return head.getvalue()


def _cut(path: Path, size: int) -> BinaryIO:
    file = path.open("r+b" if path.exists() else "w+b")
    file.truncate(size)
    file.seek(size)
    return file


def _saved(file: BinaryIO) -> int:
    file.flush()
    os.fsync(file.fileno())
    return file.tell()
