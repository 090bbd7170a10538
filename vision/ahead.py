"""The first pictures of an input, read before the run begins: what a precision is tried on."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vision.classifiers import NetworkClassifier
from vision.errors import InputError, PictureError
from vision.faith import Check
from vision.networks import AUTO, F32
from vision.precision import PICTURES, WORTH_IT, settle
from vision.prepare import Preparer
from vision.quantise import FirstPictures, NoPictures
from vision.records import ImageRecord
from vision.source import BadInput

Event = ImageRecord | BadInput


@dataclass(frozen=True)
class Trial:
    """What is needed to try precisions on an input.

    `wanted` is one of `vision.precision.PRECISIONS`; `preparer` makes pixels, and `made_with` says
    in words what of (folders, preprocessing); `can_wait` tells that reading ahead keeps nobody
    waiting, as it does at the end of a pipe; `limit` events are wanted at most.
    """

    wanted: str
    preparer: Preparer
    made_with: str
    can_wait: bool
    limit: int | None = None

    def of(
        self, classifier: NetworkClassifier, source: Iterable[Event]
    ) -> tuple[Iterable[Event], NetworkClassifier, Check | None]:
        """Return all events of a source, the classifier to use on them, and what decided it.

        Raises
        ------
        ModelError
            The precision cannot be had of this model.
        """
        hopeless = classifier.network.graph is None or (self.wanted == AUTO and not self.can_wait)
        if hopeless or self.wanted in (F32, classifier.precision):
            return source, *settle(classifier, self.wanted, None)
        count = WORTH_IT if self.can_wait else PICTURES
        events, source = read_ahead(source, min(count, self.limit or count))
        if self.wanted == AUTO and len(events) < WORTH_IT:
            return source, classifier, None
        first = first_pictures(events, self.preparer, self.made_with, PICTURES)
        return source, *settle(classifier, self.wanted, first)


def read_ahead(source: Iterable[Event], count: int) -> tuple[list[Event], Iterator[Event]]:
    """Return the first events of a source, fewer where it ends, and all of its events.

    Where the input breaks among the first ones, the second breaks at the same place.
    """
    rest = iter(source)
    events: list[Event] = []
    broken: InputError | None = None
    try:
        events.extend(islice(rest, count))
    except InputError as error:
        broken = error

    def whole() -> Iterator[Event]:
        yield from events
        if broken is not None:
            raise broken
        yield from rest

    return events, whole()


def first_pictures(
    events: Sequence[Event], preparer: Preparer, made_with: str, count: int
) -> FirstPictures:
    """Return the first different pictures that can be prepared, at most `count`.

    They are fetched and decoded when they are needed. `made_with` says in words what else makes
    their pixels: folders, preprocessing.
    """
    records = [event for event in events if isinstance(event, ImageRecord)]
    digest = hashlib.sha256(f"{made_with}\n{count}".encode())
    for record in records[:count]:
        line = f"\n{record.key}\t{record.link}\t{record.path}"
        digest.update(line.encode("utf-8", "surrogatepass"))

    def pixels(record: ImageRecord) -> np.ndarray | None:
        try:
            return preparer.prepare(preparer.fetcher.fetch(record))[1]
        except PictureError:
            return None

    @functools.cache
    def load() -> np.ndarray:
        pictures: list[np.ndarray] = []
        with ThreadPoolExecutor() as threads:
            for start in range(0, len(records), count):
                some = threads.map(pixels, records[start : start + count])
                pictures += [each for each in some if each is not None]
                if len(pictures) >= count:
                    break
        if not pictures:
            raise NoPictures(f"none of the first {len(records):,} pictures can be read")
        return np.stack(pictures[:count])

    return FirstPictures(digest.hexdigest(), load)
