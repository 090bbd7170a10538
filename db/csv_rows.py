"""Lines of a predictions CSV -> checked rows; what is wrong with the others.

A row is `tweet_id,link,label_1,score_1,...,label_k,score_k`, as `bin/label_images.py` writes it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import isnan
from typing import NamedTuple

from db.models import NAME_LENGTH
from db.predictions import TopK
from vision.records import ID_LENGTH

_HEADER = ["tweet_id", "link", "label_1"]
_LINES_A_FIELD = 16
"""A quote that is still open after so many lines was never meant to be closed."""

_LONGEST_LINK = 65_535

Report = Callable[[int, str], None]


class CsvRow(NamedTuple):
    """A good row. `line` is where it begins, from 1; `tweet_id` is None where the link stood."""

    line: int
    tweet_id: str | None
    link: str
    labels: Sequence[str]
    scores: Sequence[float]

    @property
    def predictions(self) -> TopK:
        return tuple(zip(self.labels, self.scores, strict=True))


class _BadRowError(Exception):
    pass


def parse(lines: Iterable[str], report: Report) -> Iterator[CsvRow]:
    """Yield the good rows; the first one's k is everyone's.

    Headers and empty lines are passed over.

    Parameters
    ----------
    lines : iterable of str
        With their line ends. Bytes that were no UTF-8 are expected as lone surrogates
        (`errors="surrogateescape"`).
    report : callable
        Gets the line number of a bad row and what is wrong with it.
    """
    columns = None
    for line, fields in _split(lines, report):
        if fields[:3] == _HEADER or fields in ([], [""]):
            continue
        try:
            row = _check(line, fields, columns)
        except _BadRowError as error:
            report(line, str(error))
        else:
            columns = len(fields)
            yield row


def _split(lines: Iterable[str], report: Report) -> Iterator[tuple[int, list[str]]]:
    # one reader a row: after a quote that is never closed, the next line is a row again
    numbered = enumerate(lines, 1)
    waiting: deque[tuple[int, str]] = deque()
    taken: list[tuple[int, str]] = []

    def more() -> Iterator[str]:
        while len(taken) < _LINES_A_FIELD:
            following = waiting.popleft() if waiting else next(numbered, None)
            if following is None:
                return
            taken.append(following)
            yield following[1]

    while True:
        first = waiting.popleft() if waiting else next(numbered, None)
        if first is None:
            return
        line, text = first
        if '"' not in text:
            yield line, text.rstrip("\r\n").split(",")
            continue
        taken.clear()
        try:
            fields = next(csv.reader(chain((text,), more()), strict=True))
        except csv.Error as error:
            waiting.extendleft(reversed(taken))
            unclosed = "unexpected end" in str(error)
            report(line, "a quote is not closed" if unclosed else f"broken CSV ({error})")
        else:
            yield line, fields


def _check(line: int, fields: list[str], columns: int | None) -> CsvRow:
    found = len(fields)
    if columns is None and (found < 4 or found % 2):
        raise _BadRowError(f"{found} columns; tweet_id, link and pairs of label, score are needed")
    if columns is not None and found != columns:
        raise _BadRowError(f"{found} columns instead of {columns}")
    together = "".join(fields)
    if "\0" in together:
        raise _BadRowError("a NUL character")
    if not together.isascii() and any("\ud800" <= letter <= "\udfff" for letter in together):
        raise _BadRowError("not UTF-8")
    tweet_id, link = fields[0], fields[1]
    if not link:
        raise _BadRowError("no link")
    if len(link) > _LONGEST_LINK:
        raise _BadRowError(f"a link of over {_LONGEST_LINK} characters")
    if len(tweet_id) > ID_LENGTH and tweet_id != link:
        raise _BadRowError(f"a tweet_id of over {ID_LENGTH} characters")
    labels = fields[2::2]
    if len(together) > NAME_LENGTH and max(map(len, labels)) > NAME_LENGTH:
        raise _BadRowError(f"a label of over {NAME_LENGTH} characters")
    scores = _scores(fields[3::2])
    return CsvRow(line, None if tweet_id in ("", link) else tweet_id, link, labels, scores)


def _scores(texts: list[str]) -> list[float]:
    try:
        scores = list(map(float, texts))
    except ValueError as error:
        raise _BadRowError(f"a score is no number ({error})") from None
    falling = scores == sorted(scores, reverse=True)
    if falling and scores[0] <= 1.0 and scores[-1] >= 0.0 and not isnan(sum(scores)):
        return scores
    for score in scores:
        # a NaN fails every comparison
        if not 0.0 <= score <= 1.0:
            raise _BadRowError(f"the score {score} is not in [0, 1]")
    raise _BadRowError("the scores do not fall from the first to the last")
