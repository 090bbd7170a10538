"""Finds the pictures that are in the database already and adds the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from itertools import chain, count

from sqlalchemy import BindParameter, Connection, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from db import bulk
from db.columns import storable, stored_time
from db.models import NAME_LENGTH, Image
from vision.records import ImageFacts, ImageRecord, image_key

LOOKED_UP_AT_ONCE = 500
"""Values in one `IN (...)`: a server plans for each of them."""

_IDENTITY = (Image.id, Image.key, Image.tweet_id, Image.link)
_LATER = (
    Image.content_sha256,
    Image.dhash,
    Image.width,
    Image.height,
    Image.author,
    Image.text,
    Image.posted_at,
)

# a path or link may look like the key of a post's picture, post id/media index: it gets a mark
_LIKE_A_POSTS = re.compile(r"/\d+#*$")

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
    key it proposes or, where another picture of the post holds that, the next free media index.
    Facts are added to a row that had none; facts that differ are left to the caller.

    Parameters
    ----------
    connection : Connection
        In a transaction of `db.engine.adding_images`.
    pictures : sequence of (ImageRecord, ImageFacts or None)
        None where only the predictions are known (a CSV): then all that is stored is which picture
        it is.
    """
    records = [_storable(record) for record, _ in pictures]
    known = chain(
        _look_up(connection, Image.tweet_id, {r.tweet_id for r in records if r.tweet_id}),
        _look_up(connection, Image.key, {r.key for r in records if not r.tweet_id}),
    )
    placed = _place(records, known)
    _add(connection, placed, records, [facts for _, facts in pictures])
    return placed


def _look_up(
    connection: Connection, column: InstrumentedAttribute, values: Collection[str]
) -> Iterator[Stored]:
    ordered = sorted(values)
    if not ordered:
        return
    # posts come more or less in the order of their ids: new ones often fall into one gap
    between = select(column).where(column.between(ordered[0], ordered[-1])).limit(1)
    if connection.execute(between).first() is None:
        return
    for start in range(0, len(ordered), LOOKED_UP_AT_ONCE):
        some = ordered[start : start + LOOKED_UP_AT_ONCE]
        # written into the statement: binding each of them takes longer than finding them
        listed: BindParameter[str] = bindparam(None, some, expanding=True, literal_execute=True)
        query = select(*_IDENTITY, Image.content_sha256).where(column.in_(listed))
        yield from (Stored(*row) for row in connection.execute(query))


def _place(records: Sequence[ImageRecord], known: Iterable[Stored]) -> list[Stored]:
    """Return the row of each record; a new one has a key that no other row holds."""
    by_key: dict[str, Stored] = {}
    by_post: dict[tuple[str, str], Stored] = {}
    for stored in known:
        by_key[stored.key] = stored
        if stored.tweet_id:
            by_post[stored.tweet_id, stored.link] = stored
    placed = []
    for record in records:
        if not record.tweet_id:
            found = by_key.get(record.key)
        else:
            found = by_post.get((record.tweet_id, record.link))
        if found is None:
            key = record.key
            if key in by_key:
                key = next(key for key in _later_keys(record) if key not in by_key)
            found = by_key[key] = Stored(0, key, record.tweet_id, record.link, None, new=True)
            if record.tweet_id:
                by_post[record.tweet_id, record.link] = found
        placed.append(found)
    return placed


def _later_keys(record: ImageRecord) -> Iterator[str]:
    index = record.key.rpartition("/")[2]
    first = int(index) + 1 if index.isdecimal() else 0
    return (f"{record.tweet_id}/{number}" for number in count(first))


def _storable(record: ImageRecord) -> ImageRecord:
    tweet_id, author, text = record.tweet_id or "", record.author or "", record.text or ""
    marked = not tweet_id and _LIKE_A_POSTS.search(record.key)
    plain = f"{record.key}{record.link}{tweet_id}{author}{text}".isascii()
    if plain and not marked and len(author) <= NAME_LENGTH:
        return record
    return replace(
        record,
        key=storable(image_key(f"{record.key}#") if marked else record.key),
        link=storable(record.link),
        tweet_id=storable(tweet_id) or None,
        author=storable(author)[:NAME_LENGTH] or None,
        text=storable(text) or None,
    )


def _add(
    connection: Connection,
    placed: Sequence[Stored],
    records: Sequence[ImageRecord],
    facts: Sequence[ImageFacts | None],
) -> None:
    """Insert the new rows, giving them their ids, and complete those that had no facts."""
    next_id = (connection.execute(select(func.max(Image.id))).scalar() or 0) + 1
    added, bare, completed = [], [], []
    for stored, record, seen in zip(placed, records, facts, strict=True):
        if stored.id == 0:
            stored.id = next_id
            next_id += 1
            identity = (stored.id, stored.key, stored.tweet_id, stored.link)
            if seen is None:
                bare.append(identity)
                continue
            posted_at = None if record.posted_at is None else stored_time(record.posted_at)
            added.append((*identity, *astuple(seen), record.author, record.text, posted_at))
        elif seen is not None and stored.content_sha256 is None:
            said = {"author": record.author, "text": record.text, "posted_at": record.posted_at}
            completed.append({"image_id": stored.id, **asdict(seen), **said})
        else:
            continue
        stored.content_sha256 = seen.content_sha256
    bulk.insert_rows(connection, _IDENTITY, bare)
    bulk.insert_rows(connection, (*_IDENTITY, *_LATER), added)
    if completed:
        late = update(Image).where(Image.id == bindparam("image_id"))
        connection.execute(late, completed)
