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
    read_json_array,
    read_json_lines,
    read_lines,
)
from vision.post import LINK_FIELDS, Medium, Post
from vision.posts import UnknownPost, read_posts
from vision.records import ID_LENGTH, ImageRecord, image_key

PICTURE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .gif .webp .bmp .tif .tiff .avif .heic .heif".split()
)
"""Files of a folder that are taken for pictures (HEIC is then refused with its reason)."""

_JSON = frozenset((".json", ".jsonl", ".ndjson", ".js"))
_TABLES = frozenset((".csv", ".tsv"))
_LISTS = _TABLES | {".txt"}
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
        return self._stream(self.input, "")

    def _file(self, path: Path) -> Iterator[ImageRecord | BadInput]:
        with open_input(path) as stream:
            yield from self._stream(stream, path.name.lower())

    def _stream(self, stream: BufferedReader, name: str) -> Iterator[ImageRecord | BadInput]:
        head = peek(stream).lstrip()
        kind = Path(name.removesuffix(".gz")).suffix
        if head.startswith(("[", "window.YTD.")):
            return self._items(read_json_array(stream))
        if kind in _LISTS or (kind not in _JSON and _looks_like_links(head)):
            return self._links(stream, is_table=kind in _TABLES)
        return self._items(read_json_lines(stream))

    def _folder(self, folder: Path) -> Iterator[ImageRecord]:
        """Yield the pictures below `folder`; hidden files and folders are left alone."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"cannot read the folder {folder}: {error.strerror}") from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._folder(Path(entry.path))
            elif Path(entry.name).suffix.lower() in PICTURE_SUFFIXES:
                path = _clean(os.path.abspath(entry.path))
                yield ImageRecord(image_key(path), path, path=os.path.abspath(entry.path))
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

    def _links(self, stream: BufferedReader, *, is_table: bool) -> Iterator[ImageRecord | BadInput]:
        """Yield the links of a list: one a line, or the link column of a table."""
        lines = read_lines(stream)
        first = next(lines, None)
        columns: dict[str, int] = {}
        delimiter = ","
        if isinstance(first, Line):
            delimiter = "\t" if "\t" in first.text else ","
            columns = _columns(_cells(first.text, delimiter))
            is_table = is_table or bool(columns)
        rest = lines if columns or first is None else chain((first,), lines)
        for line in rest:
            where = f"line {line.line}"
            if isinstance(line, BadLine):
                yield BadInput(where, "", line.reason, line.detail)
                continue
            cells = _cells(line.text, delimiter) if is_table else [line.text.strip()]
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
    text = _clean(str(value)).strip()
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
    link = _clean(link).strip()
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
    return _clean(value) if isinstance(value, str) and value else None


def _clean(text: str) -> str:
    """Replace lone surrogates (JSON allows them, UTF-8 and databases do not)."""
    return text.encode("utf-8", "replace").decode()
