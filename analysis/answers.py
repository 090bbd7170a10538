"""What all that was said of a picture comes to: one answer, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.judged import Bools, Floats, Ints
from db.verdicts import VERDICTS

ANSWERS = ("top1", "topk", "none")
"""What an answer may be, in the order of `label_id`; "no such class" is a kind of none."""

_TOP1, _TOPK = 0, 1

CODES = {
    name: verdict.label_id if verdict.answers and verdict.label_id is not None else -1
    for name, verdict in VERDICTS.items()
}
"""Index into `ANSWERS` of each verdict, -1 where the question is left open."""


@dataclass(frozen=True)
class Said:
    """Standing verdicts, one row each, in the order of time.

    Attributes
    ----------
    picture : array (r,) of int
        Number of the picture, 0 to `count` - 1.
    code : array (r,) of int
        Index into `ANSWERS`, or -1.
    settles : array (r,) of bool
    right : array (r,) of int
        Class that the verdict says is right, -1 where it does not tell.
    """

    picture: Ints
    code: Ints
    settles: Bools
    right: Ints


@dataclass(frozen=True)
class Agreed:
    """What was said of each picture in the end, arrays (count,).

    `answered` where anybody has answered; `top1` and `topk` are 0, 1 or, where as many say the one
    as the other, 0.5; `right` is the class that is told, -1 where none is or several are.
    """

    answered: Bools
    top1: Floats
    topk: Floats
    right: Ints

    @property
    def disputed(self) -> Bools:
        """Where answers are even: whether the first or any prediction is right is not decided."""
        return self.answered & ((self.top1 == 0.5) | (self.topk == 0.5))


def counted(picture: Ints, reviewer_id: Ints, code: Ints, settles: Bools) -> Bools:
    """Say which verdicts count: of each reviewer's answers on a picture the last, and all others.

    Parameters
    ----------
    picture, reviewer_id, code, settles : array (r,)
        Standing verdicts as in `Said`, from whichever rounds, and whose they are.
    """
    reviews = (code >= 0) & ~settles
    counts = ~reviews
    counts[reviews] = _last_of_each(picture[reviews], reviewer_id[reviews])
    return counts


def _last_of_each(picture: Ints, reviewer_id: Ints) -> Bools:
    """Say which rows are the last of their picture and reviewer."""
    _, reviewer = np.unique(reviewer_id, return_inverse=True)
    key = picture * (int(reviewer.max(initial=0)) + 1) + reviewer
    _, behind = np.unique(key[::-1], return_index=True)
    last = np.zeros(len(picture), bool)
    last[len(key) - 1 - behind] = True
    return last


def agree(said: Said, count: int) -> Agreed:
    """Bring verdicts on `count` pictures together.

    A verdict that settles a disagreement decides, the latest if there are several; else the
    majority does.
    """
    answers = said.code >= 0
    settled = np.zeros(count, bool)
    settled[said.picture[said.settles & answers]] = True
    latest = np.full(count, -1)
    rows = np.flatnonzero(said.settles & answers)
    latest[said.picture[rows]] = rows  # of several, the last stays
    counted = answers & ~settled[said.picture]
    counted[latest[latest >= 0]] = True
    picture, code, right = said.picture[counted], said.code[counted], said.right[counted]
    number = np.bincount(picture, minlength=count)
    top1 = _majority(picture, code == _TOP1, number)
    topk = _majority(picture, code <= _TOPK, number)
    # what somebody called right who was not followed is not told
    outcome = np.select([top1 == 1, (top1 == 0) & (topk == 1)], [_TOP1, _TOPK], -1)
    followed = code == outcome[picture]
    return Agreed(
        answered=number > 0,
        top1=top1,
        topk=topk,
        right=_told(picture[followed], right[followed], count),
    )


def _majority(picture: Ints, right: Bools, number: Ints) -> Floats:
    share = np.bincount(picture, weights=right, minlength=len(number)) / np.maximum(number, 1)
    return np.where(share == 0.5, 0.5, np.round(share))


def _told(picture: Ints, right: Ints, count: int) -> Ints:
    known = right >= 0
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, picture[known], right[known])
    np.maximum.at(high, picture[known], right[known])
    return np.where(low == high, low, -1)


def verdict_codes(verdicts: Sequence[str]) -> Ints:
    """Return the index into `ANSWERS` of each verdict, -1 where it leaves the question open."""
    return np.fromiter(map(CODES.__getitem__, verdicts), np.int64, len(verdicts))
