"""Judged pictures on either side of a threshold, right ones and wrong ones: which, and as shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from analysis.judged import UNKNOWN, Ints, Judged
from db import browse, judged_list
from webapp import pictures, words

MOST_SHOWN = 24

_LOOKED_AT = 96
"""Pictures that are asked about at once, where some of them may not be shown."""

_MOST_LOOKED_AT = 10 * _LOOKED_AT


@dataclass(frozen=True, slots=True)
class Kind:
    """A corner of the table of accepted and right."""

    name: str
    title: str
    accepted: bool
    right: bool
    highest_first: bool


KINDS = (
    Kind("false-positives", "Accepted, but wrong", True, False, True),
    Kind("false-negatives", "Right, but not accepted", False, True, True),
    Kind("true-positives", "Accepted and right", True, True, False),
    Kind("true-negatives", "Not accepted, and wrong", False, False, False),
)
"""What to look at first stands first; within a kind, first what is nearest to being amiss."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A judged picture; `right` is the label that is right, where that has been told."""

    row: browse.SheetRow
    source: pictures.Source
    alt: str
    right: str | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of a kind, `MOST_SHOWN` at most, out of `count` judged ones."""

    kind: Kind
    count: int
    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, at the pictures of which runs."""

    viewer_id: int
    runs: Sequence[browse.RunRow]


def galleries(
    connection: Connection, judged: Judged, threshold: float, view: View
) -> list[Gallery]:
    """Return the galleries at a threshold; pictures that reviewers disagree about are in none.

    What the viewer may still be given to judge is left out.
    """
    return [_gallery(connection, judged, threshold, view, kind) for kind in KINDS]


def _gallery(
    connection: Connection, judged: Judged, threshold: float, view: View, kind: Kind
) -> Gallery:
    of_kind = ((judged.scores >= threshold) == kind.accepted) & (judged.top1 == kind.right)
    places = np.flatnonzero(of_kind)
    order = np.argsort(judged.scores[places], kind="stable")
    places = places[order[::-1] if kind.highest_first else order]
    shown = list(_shown(connection, judged, places, view.viewer_id))
    run_id = judged.source.run_id
    assert run_id is not None  # judged pictures of a database are those of a run
    image_ids = judged.image_ids[shown].tolist()
    rows = browse.pictures(connection, run_id, image_ids)
    shelf = pictures.shelf_of(view.runs)
    return Gallery(
        kind,
        len(places),
        [
            Picture(
                row=(row := rows[image_id]),
                source=pictures.source(row, shelf, "thumb"),
                alt=words.picture_alt(row.image_id, row.text),
                right=_right(judged, place),
            )
            for image_id, place in zip(image_ids, shown, strict=True)
        ],
    )


def _shown(connection: Connection, judged: Judged, places: Ints, viewer_id: int) -> Iterator[int]:
    """Yield the first places whose verdicts the viewer may see."""
    left = MOST_SHOWN
    for start in range(0, min(len(places), _MOST_LOOKED_AT), _LOOKED_AT):
        some = places[start : start + _LOOKED_AT]
        ids = judged.image_ids[some].tolist()
        seen = judged_list.visible_images(connection, judged.source.round_ids, viewer_id, ids)
        for place, image_id in zip(some.tolist(), ids, strict=True):
            if image_id in seen:
                yield place
                left -= 1
                if not left:
                    return


def _right(judged: Judged, place: int) -> str | None:
    right = int(judged.right[place])
    return None if right in (UNKNOWN, judged.classes[place]) else judged.pool.names[right]
