"""Text input as JSON objects or lines, in a fixed amount of memory.

Whatever is wrong with one line is that line's own `BadLine`; the next line is read all the same.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
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
        return unzipped(path.open("rb"))
    except OSError as error:
        raise InputError(f"cannot read the input {path}: {error.strerror}") from error


def unzipped(stream: BufferedReader) -> BufferedReader:
    """Return a stream, or what it unpacks to if it is gzip."""
    if stream.peek(2)[:2] != b"\x1f\x8b":
        return stream
    unpacked = gzip.GzipFile(fileobj=stream)
    unpacked.myfileobj = stream  # type: ignore[assignment] # closed together
    return cast(BufferedReader, unpacked)


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


def read_json_values(stream: IO[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Item | BadLine]:
    """Yield the values of JSON arrays, however they are broken into lines.

    Brackets, commas and the `window.YTD.tweets.part0 =` of a personal Twitter archive only
    separate values, so that several such files one after the other, and JSON lines after an
    array, are read too. A value that is no JSON is left out up to its closing brace.
    """
    decode = json.JSONDecoder().raw_decode
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    buffer, number, depth, is_first = "", 0, 0, True
    while True:
        chunk = _read(stream, f"value {number}")
        buffer += text.decode(chunk, final=not chunk)
        if is_first:
            buffer, is_first = buffer.removeprefix("\ufeff"), False
        at = 0
        while True:
            between = _BETWEEN.match(buffer, at)
            assert between is not None
            depth += between[0].count("[") - between[0].count("]")
            at = between.end()
            if at == len(buffer):
                break
            value: Item | BadLine
            try:
                decoded, end = decode(buffer, at)
                value = Item(number + 1, decoded)
            except (ValueError, RecursionError) as error:
                found = _end_of(buffer, at)
                if found is None and chunk and len(buffer) - at <= limit:
                    break
                if found is None:
                    too_long = len(buffer) - at > limit
                    reason = "line too long" if too_long else "bad JSON"
                    detail = f"a value over {limit / 2**20:.0f} MB" if too_long else str(error)
                    yield BadLine(number + 1, reason, f"{detail}; the input breaks off here")
                    return
                end = found
                value = BadLine(number + 1, "bad JSON", f"{error}; begins {buffer[at:][:60]!r}")
            if end == len(buffer) and chunk:  # a number or a name may go on in the next chunk
                break
            number += 1
            yield value if _is_utf8(buffer[at:end]) else BadLine(number, "not UTF-8")
            at = end
        buffer = buffer[at:]
        if not chunk:
            if depth > 0:
                yield BadLine(number + 1, "bad JSON", "the array breaks off: no closing bracket")
            return


_BETWEEN = re.compile(r"(?:[\s,;\[\]]|window\.YTD\.[\w.]+\s*=)*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_WORD_END = re.compile(r"[\s,\[\]]")


def _end_of(text: str, at: int) -> int | None:
    """Return where a value that is no JSON ends: at its closing brace, or with its word."""
    if text[at] != "{":
        found = _WORD_END.search(text, at + 1)
        return found.start() if found else None
    depth = 0
    for token in _TOKEN.finditer(text, at):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 0 and token[0] in "}]":
            return token.end()
    return None


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)


def _read(stream: IO[bytes], after: str) -> bytes:
    try:
        return stream.read(_CHUNK)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"the input breaks off after {after}: {error}") from error
