"""The input, whatever it is, as one stream of pictures: the first stage.

    a folder, recursive                         -> its picture files in name order
    JSON lines, one JSON array, tweets.js       -> the pictures of the posts in it
    a text or CSV list of links                 -> its links

Every source yields an `ImageRecord` a picture and a `BadInput` for what should have been one.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any

from vision.errors import InputError
from vision.lines import (
    BadLine,
    Item,
    Line,
    open_input,
    peek,
    read_json_lines,
    read_json_values,
    read_lines,
    unzipped,
)
from vision.post import LINK_FIELDS, Medium, Post
from vision.posts import UnknownPost, read_posts
from vision.records import ID_LENGTH, ImageRecord, image_key, utf8

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .gif .webp .bmp .tif .tiff .avif .heic .heif".split()
)
"""Files of a folder that are taken for pictures (HEIC is then refused with its reason)."""

_JSON = frozenset((".json", ".jsonl", ".ndjson", ".js"))
_LISTS = frozenset((".csv", ".tsv", ".txt"))
_ID_FIELDS = ("tweet_id", "id")


@dataclass(frozen=True, slots=True)
class BadInput:
    """Input that should have been a picture: which, and why it is none."""

    key: str
    link: str
    reason: str
    detail: str = ""


@dataclass
class Source:
    """Iterates over the pictures of an input, once; counts what was passed over on the way.

    Attributes
    ----------
    passed : Counter[str]
        What is no failure, only counted: "posts without a picture", "videos and GIF clips",
        "other files".
    """

    input: Path | BufferedReader
    passed: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[ImageRecord | BadInput]:
        if isinstance(self.input, Path):
            if self.input.is_dir():
                return self._folder(self.input)
            return self._file(self.input)
        return self._stream(unzipped(self.input), "")

    def _file(self, path: Path) -> Iterator[ImageRecord | BadInput]:
        with open_input(path) as stream:
            yield from self._stream(stream, path.name.lower())

    def _stream(self, stream: BufferedReader, name: str) -> Iterator[ImageRecord | BadInput]:
        head = peek(stream).lstrip()
        kind = Path(name.removesuffix(".gz")).suffix
        if head.startswith(("[", "window.YTD.")):
            return self._items(read_json_values(stream))
        if kind in _LISTS or (kind not in _JSON and _looks_like_links(head)):
            return self._links(stream, kind)
        return self._items(read_json_lines(stream))

    def _folder(self, top: Path) -> Iterator[ImageRecord | BadInput]:
        """Yield the pictures below a folder; hidden files and folders are left alone."""
        waiting: list[str | os.DirEntry[str]] = [os.path.abspath(top)]
        while waiting:
            entry = waiting.pop()
            if isinstance(entry, str) or entry.is_dir(follow_symlinks=False):
                path = entry if isinstance(entry, str) else entry.path
                try:
                    inside = sorted(os.scandir(path), key=lambda entry: entry.name, reverse=True)
                except OSError as error:
                    if path == os.path.abspath(top):
                        told = f"cannot read the folder {top}: {error.strerror}"
                        raise InputError(told) from error
                    yield BadInput(_name(path), _name(path), "unreadable folder", str(error))
                    continue
                waiting += (entry for entry in inside if not entry.name.startswith("."))
            elif Path(entry.name).suffix.lower() in PICTURE_SUFFIXES:
                name = _name(entry.path)
                yield ImageRecord(image_key(name), name, path=entry.path)
            else:
                self.passed["other files"] += 1

    def _items(self, items: Iterator[Item | BadLine]) -> Iterator[ImageRecord | BadInput]:
        for item in items:
            where = f"line {item.line}"
            if isinstance(item, BadLine):
                yield BadInput(where, "", item.reason, item.detail)
            elif not isinstance(item.value, dict):
                yield BadInput(where, "", "JSON, but no object", repr(item.value)[:80])
            else:
                try:
                    for post in read_posts(item.value):
                        yield from self._pictures(post, where)
                except UnknownPost as error:
                    yield BadInput(where, "", "unknown kind of post", str(error))

    def _pictures(self, post: Post, where: str) -> Iterator[ImageRecord | BadInput]:
        try:
            tweet_id = _identity(post.post_id)
        except ValueError as error:
            yield BadInput(where, "", "bad id", str(error))
            return
        if not any(medium.is_picture for medium in post.media):
            self.passed["posts without a picture"] += 1
        for index, medium in enumerate(post.media):
            if not medium.is_picture:
                self.passed["videos and GIF clips"] += 1
                continue
            yield _record(tweet_id, index, medium, post, where)

    def _links(self, stream: BufferedReader, kind: str) -> Iterator[ImageRecord | BadInput]:
        """Yield the links of a list: one a line, or the link column of a table."""
        lines = read_lines(stream)
        first = next(lines, None)
        columns: dict[str, int] = {}
        delimiter = ","
        if isinstance(first, Line):
            delimiter = "\t" if "\t" in first.text else ","
            columns = _columns(_cells(first.text, delimiter))
        rest = lines if columns or first is None else chain((first,), lines)
        for line in rest:
            where = f"line {line.line}"
            if isinstance(line, BadLine):
                yield BadInput(where, "", line.reason, line.detail)
                continue
            cells = _cells(line.text, delimiter)
            # a link may hold commas; only a table's name or an id before it says it does not
            if not columns and (kind == ".txt" or (not kind and _is_link(cells[0]))):
                cells = [line.text.strip()]
            link, post_id = _pick(cells, columns)
            if not link:
                yield BadInput(where, "", "no link in this line", line.text[:80])
                continue
            yield from self._pictures(Post(post_id, (Medium(link),)), where)


def _looks_like_links(head: str) -> bool:
    """Whether a stream without a telling name is a list of links rather than JSON lines."""
    first = head.splitlines()[0].strip() if head else ""
    if not first or first.startswith("{"):
        return False
    cells = _cells(first, "\t" if "\t" in first else ",")
    return bool(_columns(cells)) or any(_is_link(cell) for cell in cells)


def _is_link(cell: str) -> bool:
    return "://" in cell or Path(cell).suffix.lower() in PICTURE_SUFFIXES


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
    except csv.Error:
        return [text.strip()]


def _columns(cells: list[str]) -> dict[str, int]:
    """Return the positions of "link" and, where given, "id" if these cells are a header."""
    names = [cell.lower() for cell in cells]
    link = next((names.index(name) for name in LINK_FIELDS if name in names), None)
    if link is None:
        return {}
    post_id = next((names.index(name) for name in _ID_FIELDS if name in names), None)
    return {"link": link} | ({} if post_id is None else {"id": post_id})


def _pick(cells: list[str], columns: dict[str, int]) -> tuple[str, str | None]:
    """Return (link, id) of a row: by its header, or the first cell that is a link and the one
    before it."""
    if columns:
        row = dict(enumerate(cells))
        return row.get(columns["link"], ""), row.get(columns.get("id", -1)) or None
    at = next((index for index, cell in enumerate(cells) if _is_link(cell)), 0)
    return cells[at] if cells else "", cells[at - 1] or None if at else None


def _identity(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"the id is {type(value).__name__}, not text or a number")
    text = utf8(str(value)).strip()
    if len(text) > ID_LENGTH:
        raise ValueError(f"the id is over {ID_LENGTH} characters: {text[:40]}...")
    return text or None


def _record(
    tweet_id: str | None, index: int, medium: Medium, post: Post, where: str
) -> ImageRecord | BadInput:
    link = medium.link
    if not isinstance(link, str) or not link.strip():
        what = "missing" if link is None else repr(link)[:200]
        return BadInput(f"{tweet_id}/{index}" if tweet_id else where, "", "link is no text", what)
    link = utf8(link).strip()
    return ImageRecord(
        key=image_key(f"{tweet_id}/{index}" if tweet_id else link),
        link=link,
        tweet_id=tweet_id,
        path=medium.path,
        author=_text(post.author),
        text=_text(post.text),
        posted_at=post.posted_at,
    )


def _text(value: Any) -> str | None:
    return utf8(value) if isinstance(value, str) and value else None


def _name(path: str) -> str:
    """Return a path as text; bytes that are no UTF-8 are written out, so that names stay apart."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
