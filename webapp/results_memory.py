"""Summaries of judged runs, kept between requests: several tabs have each figure made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock, RLock
from typing import TypeVar

from flask import Flask, current_app

from analysis import frames
from analysis.judged import Judged
from analysis.summary import Asked, Summary
from db import judged as stored
from db.judged import Fingerprint
from webapp import store

MOST_SUBJECTS, MOST_SUMMARIES = 4, 8
"""Runs (or choices of their rounds) kept, and summaries of each: those that were asked for last."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Subject:
    """What figures are about: a run, or some of its rounds alone."""

    run_id: int
    round_ids: tuple[int, ...] | None = None


@dataclass
class _Kept:
    summary: Summary
    lock: RLock = field(default_factory=RLock)


@dataclass
class _Reading:
    """The judged pictures of a subject as they were last read, and what was asked of them."""

    lock: Lock = field(default_factory=Lock)
    memory: frames.Memory = field(default_factory=frames.Memory)
    fingerprint: Fingerprint | None = None
    judged: Judged | None = None
    summaries: OrderedDict[Asked, _Kept] = field(default_factory=OrderedDict)


class _Memory:
    def __init__(self) -> None:
        self._lock = Lock()
        self._readings: OrderedDict[Subject, _Reading] = OrderedDict()

    def reading(self, subject: Subject) -> _Reading:
        with self._lock:
            return _recent(self._readings, subject, _Reading, MOST_SUBJECTS)


def install(app: Flask) -> None:
    """Give `app` a memory of its own: it is about one database."""
    app.extensions["results"] = _Memory()


def tag(subject: Subject) -> str:
    """Return what changes whenever a figure may: a short look at the database."""
    with store.connection() as connection:
        return _tag(stored.fingerprint(connection, subject.run_id))


@contextmanager
def summary(subject: Subject, asked: Asked) -> Iterator[tuple[Summary, str]]:
    """Give a summary of what is judged by now, with its tag, to one thread at a time.

    Raises
    ------
    InputError
        If nothing is judged that counts.
    """
    reading: _Reading = current_app.extensions["results"].reading(subject)
    with reading.lock:
        _renew(reading, subject)
        assert reading.judged is not None
        assert reading.fingerprint is not None
        judged, said = reading.judged, _tag(reading.fingerprint)
        kept = _recent(
            reading.summaries, asked, lambda: _Kept(Summary(judged, asked)), MOST_SUMMARIES
        )
    with kept.lock:
        yield kept.summary, said


def _renew(reading: _Reading, subject: Subject) -> None:
    with store.connection() as connection:
        now = stored.fingerprint(connection, subject.run_id)
        if now == reading.fingerprint:
            return
        reading.judged = frames.read(connection, subject.run_id, subject.round_ids, reading.memory)
    assert reading.memory.seen is not None
    reading.fingerprint = reading.memory.seen.fingerprint
    reading.summaries.clear()


def _tag(fingerprint: Fingerprint) -> str:
    return sha256(repr(fingerprint).encode()).hexdigest()[:16]


def _recent(kept: OrderedDict[K, V], key: K, make: Callable[[], V], most: int) -> V:
    """Return the value of a key, made where it is missing; the least recent gives way."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]
