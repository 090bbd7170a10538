"""Pictures of the report: of each corner some, small, where their files are at hand."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.corners import CORNERS, Corner, places, right_label
from analysis.judged import Judged
from db import browse
from db.engine import Connection
from vision.errors import PictureError
from vision.records import is_web
from vision.shelf import Shelf
from vision.thumbnail import scaled

MOST, SIDE = 12, 160
"""Pictures of a corner, and their long side in pixels."""

_QUALITY = 70


@dataclass(frozen=True, slots=True)
class Picture:
    """A judged picture.

    `thumbnail` is a JPEG in base 64, None where no file of it is at hand; `link` is what a reader
    may follow, None for a file; `right` is the right label where it was told.
    """

    label: str
    score: float
    right: str | None
    text: str | None
    link: str | None
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Some pictures of a corner, out of `count` judged ones."""

    corner: Corner
    count: int
    pictures: Sequence[Picture]


def galleries(connection: Connection, judged: Judged, threshold: float) -> list[Gallery]:
    """Return the galleries of a run's judged pictures at a threshold, in the order of `CORNERS`."""
    run_id = judged.source.run_id
    assert run_id is not None
    shelf = Shelf.of(run.arguments for run in browse.runs(connection))
    made = []
    for corner in CORNERS:
        found = places(judged, threshold, corner)
        some = found[:MOST].tolist()
        rows = browse.pictures(connection, run_id, judged.image_ids[some].tolist())
        shown = [_picture(judged, at, rows[int(judged.image_ids[at])], shelf) for at in some]
        made.append(Gallery(corner, len(found), shown))
    return made


def _picture(judged: Judged, place: int, row: browse.SheetRow, shelf: Shelf) -> Picture:
    return Picture(
        label=judged.pool.names[judged.classes[place]],
        score=float(judged.scores[place]),
        right=right_label(judged, place),
        text=row.text,
        link=row.link if is_web(row.link) else None,
        thumbnail=_thumbnail(row, shelf),
    )


def _thumbnail(row: browse.SheetRow, shelf: Shelf) -> str | None:
    data = shelf.read(row.link, row.content_sha256)
    if data is None:
        return None
    try:
        return base64.b64encode(scaled(data, SIDE, _QUALITY)).decode("ascii")
    except PictureError:
        return None
