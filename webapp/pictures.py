"""The pictures themselves: by id only, out of the runs' folders, as a type that is a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from flask import Blueprint, Response, abort, request, url_for
from PIL import Image

from db import browse
from vision.decode import DecodeOptions, content_sha256, open_picture
from vision.errors import PictureError
from vision.records import is_web
from vision.shelf import Shelf
from vision.thumbnail import jpeg, scaled
from webapp import store

Size = Literal["thumb", "screen", "full"]

THUMB_SIDE = 320
"""Long side of a thumbnail in pixels."""

SCREEN_SIDE = 1600
"""Long side in pixels of what the reviewer shows: larger files take a browser long to decode."""

JPEG = "image/jpeg"

SHOWN_AS_IS = {
    "JPEG": JPEG,
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
"""Formats that every browser shows, with their types; what else decodes is sent as a JPEG."""

blueprint = Blueprint("pictures", __name__, url_prefix="/pictures")


class Placed(Protocol):
    """What has to be known of a picture to find it."""

    @property
    def image_id(self) -> int: ...
    @property
    def link(self) -> str: ...
    @property
    def content_sha256(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where an <img> gets a picture from; `remote` is the link that was posted itself."""

    url: str
    remote: bool


def shelf_of(runs: Iterable[browse.RunRow]) -> Shelf:
    """Return the folders that the runs' pictures may be served from."""
    return Shelf.of(run.arguments for run in runs)


def source(row: Placed, shelf: Shelf, size: Size) -> Source:
    """Return where a page gets a picture from: here, or, with no copy kept, its link."""
    if is_web(row.link) and shelf.kept_copy(row.content_sha256) is None:
        return Source(row.link, remote=True)
    return Source(url_for(f"pictures.{size}", image_id=row.image_id), remote=False)


@blueprint.get(f"/{store.IMAGE_ID}")
def full(image_id: int) -> Response:
    return _answer(image_id, "full")


@blueprint.get(f"/{store.IMAGE_ID}/screen")
def screen(image_id: int) -> Response:
    return _answer(image_id, "screen")


@blueprint.get(f"/{store.IMAGE_ID}/thumb")
def thumb(image_id: int) -> Response:
    return _answer(image_id, "thumb")


def _answer(image_id: int, size: Size) -> Response:
    with store.connection() as connection:
        image = browse.image(connection, image_id)
        runs = browse.runs(connection)
    if image is None:
        abort(404, "There is no such picture.")
    data = shelf_of(runs).read(image.link, image.content_sha256)
    if data is None:
        abort(404, "The file of this picture is missing, or not the one that was labeled.")
    tag = f"{image.content_sha256 or content_sha256(data)}-{size}"
    if request.if_none_match.contains(tag):
        answer = Response(status=304)
    else:
        try:
            body, kind = _MAKERS[size](data)
        except PictureError as error:
            abort(415, f"The file of this picture cannot be shown: {error}.")
        answer = Response(body, content_type=kind)
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _thumbnail(data: bytes) -> tuple[bytes, str]:
    return scaled(data, THUMB_SIDE, quality=80), JPEG


def _screen(data: bytes) -> tuple[bytes, str]:
    as_is = _as_is(data, SCREEN_SIDE)
    return as_is or (scaled(data, SCREEN_SIDE, quality=90), JPEG)


def _full(data: bytes) -> tuple[bytes, str]:
    """Return the file as it is where browsers show its format, and as a JPEG where not."""
    return _as_is(data) or (jpeg(open_picture(data, DecodeOptions()).image, quality=90), JPEG)


_MAKERS: dict[Size, Callable[[bytes], tuple[bytes, str]]] = {
    "thumb": _thumbnail,
    "screen": _screen,
    "full": _full,
}


def _as_is(data: bytes, most: float = math.inf) -> tuple[bytes, str] | None:
    """Return a file that browsers show, with its type, if no side of it is longer than `most`."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(SHOWN_AS_IS)) as image:
            if max(image.size) > most:
                return None
            # MPO is a JPEG with more pictures behind the first
            return data, SHOWN_AS_IS.get(str(image.format), JPEG)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
