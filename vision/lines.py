"""Text input as JSON objects or lines, in a fixed amount of memory.

Whatever is wrong with one line is that line's own `BadLine`; the next line is read all the same.
"""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from vision.errors import InputError

MAX_LINE_BYTES = 32 * 2**20
"""A line (or one object of a JSON array) over this many bytes is refused, not read into memory."""

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used. `line` counts from 1."""

    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text without its end. `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A JSON value. `line` counts lines, or objects where the input is one JSON array, from 1."""

    line: int
    value: Any


def open_input(path: Path) -> BufferedReader:
    """Open a plain or gzip file for reading bytes.

    Raises
    ------
    InputError
        If it is missing, a folder, or not readable.
    """
    try:
        stream = path.open("rb")
        if stream.peek(2)[:2] == b"\x1f\x8b":
            stream.close()
            return cast(BufferedReader, gzip.open(path))
        return stream
    except OSError as error:
        raise InputError(f"cannot read the input {path}: {error.strerror}") from error


def peek(stream: BufferedReader, size: int = 4096) -> str:
    """Return the start of a stream as text without moving on in it."""
    try:
        head = stream.peek(size)[:size]
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"the input cannot be read: {error}") from error
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def read_lines(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Line | BadLine]:
    """Yield the non-empty lines of a stream; one over `limit` bytes or not in UTF-8 is a BadLine.

    Raises
    ------
    InputError
        If the stream itself breaks (a damaged gzip file), after all lines before that point.
    """
    number = 0
    while True:
        number += 1
        try:
            raw = stream.readline(limit + 1)
            if len(raw) > limit:
                length = len(raw)
                while raw and not raw.endswith(b"\n"):
                    raw = stream.readline(_CHUNK)
                    length += len(raw)
                megabytes = f"{length / 2**20:.0f} MB, over {limit / 2**20:.0f} MB"
                yield BadLine(number, "line too long", megabytes)
                continue
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"the input breaks off after line {number - 1}: {error}") from error
        if not raw:
            return
        if number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if not raw.strip():
            continue
        try:
            yield Line(number, raw.decode().rstrip("\r\n"))
        except UnicodeDecodeError as error:
            yield BadLine(number, "not UTF-8", f"byte {error.start + 1}: {error.reason}")


def read_json_lines(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Item | BadLine]:
    """Yield one JSON value a line."""
    for line in read_lines(stream, limit):
        yield line if isinstance(line, BadLine) else _parse(line.line, line.text)


def _parse(number: int, text: str) -> Item | BadLine:
    try:
        return Item(number, json.loads(text))
    except RecursionError:
        return BadLine(number, "bad JSON", "nested too deep")
    except ValueError as error:
        return BadLine(number, "bad JSON", f"{error}; begins {text[:60]!r}")


def read_json_array(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Item | BadLine]:
    """Yield the values of one JSON array, however it is broken into lines.

    What stands before the first `[` is passed over: the files of a personal Twitter archive
    begin with `window.YTD.tweets.part0 = [`. After an object that is no JSON nothing can be told
    apart any more: it is reported and ends the input.
    """
    decode = json.JSONDecoder().raw_decode
    text = codecs.getincrementaldecoder("utf-8")("replace")
    buffer, number, started = "", 0, False
    while True:
        chunk = stream.read(_CHUNK)
        buffer += text.decode(chunk, final=not chunk)
        if not started and "[" in buffer:
            buffer, started = buffer.split("[", 1)[1], True
        at = 0
        while started:
            while at < len(buffer) and buffer[at] in " \t\r\n,":
                at += 1
            if at < len(buffer) and buffer[at] == "]":
                return
            try:
                value, end = decode(buffer, at)
                if end == len(buffer) and chunk:  # a number may go on in the next chunk
                    break
            except (ValueError, RecursionError) as error:
                if chunk and len(buffer) - at <= limit:
                    break
                number += 1
                if len(buffer) - at > limit:
                    yield BadLine(number, "line too long", f"an object over {limit / 2**20:.0f} MB")
                elif at < len(buffer) or not chunk:
                    yield BadLine(number, "bad JSON", f"the array breaks off: {error}")
                return
            number += 1
            yield Item(number, value)
            at = end
        buffer = buffer[at:]
        if not chunk:
            if not started:
                yield BadLine(1, "bad JSON", "no array found")
            return
