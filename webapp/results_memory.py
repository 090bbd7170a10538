"""Summaries of judged runs and their figures, kept between requests: made once for several tabs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import Flask, current_app

from analysis import frames
from analysis.judged import Judged
from analysis.summary import Asked, Summary
from db import judged as stored
from db.judged import Fingerprint
from db.rereading import Seen, see
from webapp import store

MOST_SUBJECTS, MOST_STATES, MOST_SUMMARIES = 4, 2, 8
"""What is kept: runs (or choices of their rounds), the last states of each, summaries of each."""

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
    lock: Lock = field(default_factory=Lock)


@dataclass
class _State:
    """What was judged when the database was as a tag says, and what was asked of it."""

    judged: Judged
    summaries: OrderedDict[Asked, _Kept] = field(default_factory=OrderedDict)


@dataclass
class _Reading:
    """A subject as it was last read, and its last states by their tags."""

    lock: Lock = field(default_factory=Lock)
    seen: Seen | None = None
    states: OrderedDict[str, _State] = field(default_factory=OrderedDict)


class _Memory:
    def __init__(self) -> None:
        self._lock = Lock()
        self._readings: OrderedDict[Subject, _Reading] = OrderedDict()
        self.drawn: WeakKeyDictionary[Summary, dict[str, str]] = WeakKeyDictionary()

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
def summary(subject: Subject, asked: Asked, of: str | None = None) -> Iterator[tuple[Summary, str]]:
    """Give a summary with its tag, to one thread at a time.

    It is of what is judged by now; or of the state with the tag `of`, while that is remembered:
    figures of a page that is shown agree with each other, however fast others judge.

    Raises
    ------
    InputError
        If nothing is judged that counts.
    """
    reading: _Reading = current_app.extensions["results"].reading(subject)
    with reading.lock:
        said = of if of is not None and of in reading.states else _renewed(reading, subject)
        state = reading.states[said]
        kept = _recent(
            state.summaries, asked, lambda: _Kept(Summary(state.judged, asked)), MOST_SUMMARIES
        )
    with kept.lock:
        yield kept.summary, said


def drawn(made: Summary, name: str, draw: Callable[[str, Summary], str]) -> str:
    """Return the text of a figure, drawn once while the summary is kept; whoever asks holds it."""
    texts = current_app.extensions["results"].drawn.setdefault(made, {})
    if name not in texts:
        texts[name] = draw(name, made)
    return texts[name]


def _renewed(reading: _Reading, subject: Subject) -> str:
    """Read a subject as far as it has changed; return the tag of its state."""
    with store.connection() as connection:
        reading.seen = see(connection, subject.run_id, subject.round_ids, reading.seen)
        said = _tag(reading.seen.fingerprint)
        if said not in reading.states:
            judged = frames.read(connection, subject.run_id, subject.round_ids, reading.seen)
            _recent(reading.states, said, lambda: _State(judged), MOST_STATES)
    return said


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
