"""Finds the pictures that are in the database already and adds the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import count

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from db import bulk
from db.columns import storable, stored_time
from db.models import NAME_LENGTH, Image
from vision.records import ImageFacts, ImageRecord, image_key

LOOKED_UP_AT_ONCE = 500
"""Values in one `IN (...)`: a server plans for each of them."""

_IDENTITY = (Image.id, Image.key, Image.tweet_id, Image.link)
_FACTS = (Image.content_sha256, Image.dhash, Image.width, Image.height)
_SAID = (Image.author, Image.text, Image.posted_at)
_NO_FACTS = (None,) * len(_FACTS)
_NOTHING = (*_NO_FACTS, None, None, None)

Picture = tuple[ImageRecord, ImageFacts | None]


@dataclass(slots=True)
class Stored:
    """A picture's row, with the content that it was first seen with.

    `new` means that this very transaction added it.
    """

    id: int
    key: str
    tweet_id: str | None
    link: str
    content_sha256: str | None
    new: bool = False


def find_or_add(connection: Connection, pictures: Sequence[Picture]) -> list[Stored]:
    """Return the row of each picture, adding those that are new; element i is for picture i.

    A picture of a post is known by its post id and link, any other by its key. A new one gets the
    key it proposes or, where another picture holds that, the next free media index. Facts are
    added to a row that had none; facts that differ are left to the caller.

    Parameters
    ----------
    connection : Connection
        In a transaction of `db.engine.writing`.
    pictures : sequence of (ImageRecord, ImageFacts or None)
        None where only the predictions are known (a CSV).
    """
    records = [_storable(record) for record, _ in pictures]
    book = _Book(connection, records)
    placed = book.place(records)
    while unknown := {row.key for row in placed if row.new} - book.asked:
        book.look_up(Image.key, unknown)
        placed = book.place(records)
    _add(connection, placed, records, [facts for _, facts in pictures])
    return placed


class _Book:
    """The rows that may be those of a batch."""

    def __init__(self, connection: Connection, records: Sequence[ImageRecord]) -> None:
        self.asked: set[str] = set()
        self._connection = connection
        self._by_key: dict[str, Stored] = {}
        self._by_post: dict[tuple[str | None, str], Stored] = {}
        self.look_up(Image.tweet_id, {r.tweet_id for r in records if r.tweet_id is not None})
        self.look_up(Image.key, {record.key for record in records})

    def look_up(self, column: InstrumentedAttribute, values: Collection[str]) -> None:
        if column is Image.key:
            self.asked.update(values)
        for some in _chunks(list(values)):
            for row in self._connection.execute(
                select(*_IDENTITY, Image.content_sha256).where(column.in_(some))
            ):
                stored = Stored(*row)
                self._by_key[stored.key] = stored
                self._by_post[stored.tweet_id, stored.link] = stored

    def place(self, records: Sequence[ImageRecord]) -> list[Stored]:
        """Return the row of each record; a new row has a key that no row known here holds."""
        by_key, by_post = dict(self._by_key), dict(self._by_post)
        placed = []
        for record in records:
            post = (record.tweet_id, record.link)
            stored = by_post.get(post) if record.tweet_id is not None else None
            if stored is None:
                stored = _by_candidates(record, by_key)
                by_key[stored.key] = by_post[post] = stored
            placed.append(stored)
        return placed


def _by_candidates(record: ImageRecord, by_key: dict[str, Stored]) -> Stored:
    key = record.key
    if key in by_key:
        for key in _candidates(record):
            holder = by_key.get(key)
            if holder is None:
                break
            if record.tweet_id is None and holder.tweet_id is None:
                return holder
    return Stored(0, key, record.tweet_id, record.link, None, True)


def _candidates(record: ImageRecord) -> Iterator[str]:
    """Yield the key that a record proposes, then those after it."""
    yield record.key
    if record.tweet_id is None:
        # taken only by a post's picture: a path may look like `post id/media index`
        yield from (image_key(f"{record.key}#{number}") for number in count(1))
    index = record.key.rpartition("/")[2]
    first = int(index) + 1 if index.isdecimal() else 0
    yield from (image_key(f"{record.tweet_id}/{number}") for number in count(first))


def _storable(record: ImageRecord) -> ImageRecord:
    author = record.author or ""
    said = (record.key, record.link, record.tweet_id or "", author, record.text or "")
    if len(author) <= NAME_LENGTH and all(map(str.isascii, said)):
        return record
    return replace(
        record,
        key=storable(record.key),
        link=storable(record.link),
        tweet_id=None if record.tweet_id is None else storable(record.tweet_id),
        author=None if record.author is None else storable(record.author)[:NAME_LENGTH],
        text=None if record.text is None else storable(record.text),
    )


def _add(
    connection: Connection,
    placed: Sequence[Stored],
    records: Sequence[ImageRecord],
    facts: Sequence[ImageFacts | None],
) -> None:
    """Insert the new rows, giving them their ids, and complete those that had no facts."""
    next_id = (connection.execute(select(func.max(Image.id))).scalar() or 0) + 1
    added, completed = [], []
    for stored, record, seen in zip(placed, records, facts, strict=True):
        posted_at = None if record.posted_at is None else stored_time(record.posted_at)
        said = (record.author, record.text, posted_at)
        measured = _NO_FACTS if seen is None else astuple(seen)
        if stored.new and stored.id == 0:
            stored.id = next_id
            next_id += 1
            stored.content_sha256 = measured[0]
            added.append((stored.id, stored.key, stored.tweet_id, stored.link, *measured, *said))
        elif stored.content_sha256 is None and seen is not None:
            stored.content_sha256 = seen.content_sha256
            completed.append((stored.id, *measured, *said))
    bare = all(row[len(_IDENTITY) :] == _NOTHING for row in added)
    if bare:  # from a CSV, where a picture is its post and link
        bulk.insert(connection, _IDENTITY, [row[: len(_IDENTITY)] for row in added])
    else:
        bulk.insert(connection, (*_IDENTITY, *_FACTS, *_SAID), added)
    if completed:
        late = (*_FACTS, *_SAID)
        names = ("image_id", *(f"new_{column.key}" for column in late))
        connection.execute(
            update(Image)
            .where(Image.id == bindparam("image_id"))
            .values({column.key: bindparam(f"new_{column.key}") for column in late}),
            [dict(zip(names, row, strict=True)) for row in completed],
        )


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), LOOKED_UP_AT_ONCE):
        yield values[start : start + LOOKED_UP_AT_ONCE]
