"""Judged pictures on either side of a threshold, right ones and wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.judged import UNKNOWN, Ints, Judged


@dataclass(frozen=True, slots=True)
class Corner:
    """A corner of the table of accepted and right; `highest_first` is the order to look in."""

    name: str
    title: str
    accepted: bool
    right: bool
    highest_first: bool


CORNERS = (
    Corner("false-positives", "Accepted, but wrong", True, False, True),
    Corner("false-negatives", "Right, but not accepted", False, True, True),
    Corner("true-positives", "Accepted and right", True, True, False),
    Corner("true-negatives", "Not accepted, and wrong", False, False, False),
)
"""What to look at first stands first."""


def places(judged: Judged, threshold: float, corner: Corner) -> Ints:
    """Return the indices of the judged pictures in a corner, in the order to look at them.

    Pictures that reviewers disagree about are in none.
    """
    inside = ((judged.scores >= threshold) == corner.accepted) & (judged.top1 == corner.right)
    found = np.flatnonzero(inside)
    order = np.argsort(judged.scores[found], kind="stable")
    return found[order[::-1] if corner.highest_first else order]


def right_label(judged: Judged, place: int) -> str | None:
    """Return the right label of a picture whose top-1 is wrong, None where nobody has told."""
    right = int(judged.right[place])
    return None if right in (UNKNOWN, judged.classes[place]) else judged.pool.names[right]
