"""Judged pictures on either side of a threshold, right ones and wrong ones: which, and as shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from analysis.corners import CORNERS, Corner, places, right_label
from analysis.judged import Ints, Judged
from db import browse, visibility
from webapp import pictures, words

MOST_SHOWN = 24

_LOOKED_AT = 96
"""Pictures that are asked about at once, where some of them may not be shown."""

_MOST_LOOKED_AT = 10 * _LOOKED_AT


@dataclass(frozen=True, slots=True)
class Picture:
    """A judged picture; `right` is the label that is right, where that has been told."""

    row: browse.SheetRow
    source: pictures.Source
    alt: str
    right: str | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of a corner, `MOST_SHOWN` at most, out of `count` judged ones."""

    corner: Corner
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
    return [_gallery(connection, judged, threshold, view, corner) for corner in CORNERS]


def _gallery(
    connection: Connection, judged: Judged, threshold: float, view: View, corner: Corner
) -> Gallery:
    found = places(judged, threshold, corner)
    shown = list(_shown(connection, judged, found, view.viewer_id))
    run_id = judged.source.run_id
    assert run_id is not None  # judged pictures of a database are those of a run
    image_ids = judged.image_ids[shown].tolist()
    rows = browse.pictures(connection, run_id, image_ids)
    shelf = pictures.shelf_of(view.runs)
    return Gallery(
        corner,
        len(found),
        [
            Picture(
                row=(row := rows[image_id]),
                source=pictures.source(row, shelf, "thumb"),
                alt=words.picture_alt(row.image_id, row.text),
                right=right_label(judged, place),
            )
            for image_id, place in zip(image_ids, shown, strict=True)
        ],
    )


def _shown(connection: Connection, judged: Judged, found: Ints, viewer_id: int) -> Iterator[int]:
    """Yield the first places whose verdicts the viewer may see."""
    left = MOST_SHOWN
    for start in range(0, min(len(found), _MOST_LOOKED_AT), _LOOKED_AT):
        some = found[start : start + _LOOKED_AT]
        ids = judged.image_ids[some].tolist()
        seen = visibility.visible_images(connection, judged.source.round_ids, viewer_id, ids)
        for place, image_id in zip(some.tolist(), ids, strict=True):
            if image_id in seen:
                yield place
                left -= 1
                if not left:
                    return
