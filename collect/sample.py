"""A sample corpus of tweets with real photographs, made without a network.

The photographs are those that scikit-image and scikit-learn carry inside their wheels; each gives
its whole view and a number of overlapping crops, so that a small corpus has the near-duplicates
and the odd cuttings of a real one.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from vision.errors import InputError

FIRST_ID = 691_000_000_000_000_000
FIRST_POSTED = datetime(2016, 1, 23, 9, 0, tzinfo=UTC)
BETWEEN_POSTS = timedelta(minutes=37)
JPEG_QUALITY = 90

TWEETS = "tweets.json"
"""Name of the file of tweets inside the corpus."""

THREE_QUARTERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
HALVES = tuple((x, y) for y in (0.0, 0.5, 1.0) for x in (0.0, 0.5, 1.0))
CENTRE = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph of a wheel.

    `rich` photographs have something to see in every corner and give 14 views (the whole, four
    crops of three quarters, nine of one half); the others give the whole and its middle.
    """

    package: str
    file: str
    name: str
    text: str
    credit: str
    rich: bool = False


def _scikit_image(file: str, text: str, credit: str, *, rich: bool = False) -> Photograph:
    name = Path(file).stem.replace("_", "-")
    return Photograph("skimage", f"data/{file}", name, text, credit, rich)


def _scikit_learn(file: str, text: str, credit: str) -> Photograph:
    return Photograph("sklearn", f"datasets/images/{file}", Path(file).stem, text, credit, True)


PHOTOGRAPHS = (
    _scikit_image("chelsea.png", "Chelsea the cat", "Stefan van der Walt, CC0", rich=True),
    _scikit_image("coffee.png", "A cup of espresso", "Rachel Michetti, CC0", rich=True),
    _scikit_image("astronaut.png", "The astronaut Eileen Collins", "NASA", rich=True),
    _scikit_image("rocket.jpg", "A Falcon 9 before its launch", "SpaceX, CC0", rich=True),
    _scikit_image("motorcycle_left.png", "A motorcycle, left eye", "Middlebury 2014", rich=True),
    _scikit_image("motorcycle_right.png", "A motorcycle, right eye", "Middlebury 2014"),
    _scikit_learn("china.jpg", "The Summer Palace", "danielbuechele on Flickr, CC BY 2.0"),
    _scikit_learn("flower.jpg", "A dahlia", "vultilion on Flickr, CC BY 2.0"),
    _scikit_image("camera.png", "A man behind a camera", "Lav Varshney, CC0", rich=True),
    _scikit_image("coins.png", "Greek coins from Pompeii", "Brooklyn Museum", rich=True),
    _scikit_image("hubble_deep_field.jpg", "The Hubble eXtreme Deep Field", "NASA"),
    _scikit_image("retina.jpg", "The retina of a left eye", "Wikimedia Commons, CC0"),
    _scikit_image("moon.png", "The surface of the moon", "scikit-image"),
    _scikit_image("brick.png", "A brick wall", "CC0Textures, CC0"),
    _scikit_image("grass.png", "Grass", "linolafett on DeviantArt, CC0"),
    _scikit_image("gravel.png", "Gravel", "CC0Textures, CC0"),
    _scikit_image("page.png", "A printed page", "scikit-image"),
    _scikit_image("clock_motion.png", "A clock, blurred by motion", "Stefan van der Walt, CC0"),
    _scikit_image("ihc.png", "Stained tissue under a microscope", "CMMI"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What `make` found or wrote; `written` counts the files whose bytes were not there yet."""

    folder: Path
    pictures: int
    posts: int
    written: int


@dataclass(frozen=True, slots=True)
class _Post:
    photograph: Photograph
    caption: str
    views: tuple[tuple[str, Image.Image], ...]


def make(folder: Path) -> Sample:
    """Write the sample corpus: JPEG files and `tweets.json`, one Activity Streams tweet a line.

    The media links are paths relative to `folder`. The same versions of the packages give the
    same bytes; files that hold them already are left alone, so a second call writes nothing.
    `tweets.json` comes last, so that it never names a picture that is not there.

    Raises
    ------
    InputError
        When a photograph is not where its package keeps it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    pictures = written = 0
    for post in _posts():
        names = []
        for name, view in post.views:
            written += _write(folder / name, _jpeg(view))
            names.append(name)
        lines.append(json.dumps(_tweet(len(lines), post, names), ensure_ascii=False))
        pictures += len(names)
    written += _write(folder / TWEETS, "".join(f"{line}\n" for line in lines).encode())
    return Sample(folder, pictures, len(lines), written)


def _posts() -> Iterator[_Post]:
    """Whole photographs first, then the crops, so that the head of the corpus is its best."""
    opened = [(photograph, _open(photograph)) for photograph in PHOTOGRAPHS]
    for photograph, picture in opened:
        yield _Post(photograph, photograph.text, ((f"{photograph.name}.jpg", picture),))
    for photograph, picture in opened:
        places = THREE_QUARTERS if photograph.rich else (CENTRE,)
        views = tuple(
            (f"{photograph.name}-crop{number}.jpg", _crop(picture, 0.75, place))
            for number, place in enumerate(places, 1)
        )
        caption = "from four corners" if photograph.rich else "a closer look"
        yield _Post(photograph, f"{photograph.text}, {caption}", views)
    for number, place in enumerate(HALVES, 1 + len(THREE_QUARTERS)):
        for photograph, picture in opened:
            if photograph.rich:
                view = (f"{photograph.name}-crop{number}.jpg", _crop(picture, 0.5, place))
                yield _Post(photograph, f"{photograph.text}, a detail", (view,))


def _open(photograph: Photograph) -> Image.Image:
    # the specification gives the folder without importing the package, which takes seconds
    spec = importlib.util.find_spec(photograph.package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0], photograph.file) if folders else Path(photograph.file)
    try:
        with Image.open(path) as picture:
            return picture.convert("L" if picture.mode == "L" else "RGB")
    except OSError as error:
        raise InputError(
            f"no photograph {photograph.file} in the package {photograph.package}: "
            "install the requirements again (pip install -r requirements.txt)"
        ) from error


def _crop(picture: Image.Image, share: float, place: tuple[float, float]) -> Image.Image:
    """Cut `share` of both sides, at `place` (0 left or top, 1 right or bottom)."""
    width, height = round(picture.width * share), round(picture.height * share)
    left = round((picture.width - width) * place[0])
    top = round((picture.height - height) * place[1])
    return picture.crop((left, top, left + width, top + height))


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _tweet(number: int, post: _Post, names: list[str]) -> dict[str, Any]:
    posted = FIRST_POSTED + number * BETWEEN_POSTS
    package = "scikit-image" if post.photograph.package == "skimage" else "scikit-learn"
    media = [
        {"id_str": str(FIRST_ID + 1000 * number + index), "media_url": name, "type": "photo"}
        for index, name in enumerate(names)
    ]
    tweet: dict[str, Any] = {
        "id": f"tag:search.twitter.com,2005:{FIRST_ID + 1000 * number}",
        "objectType": "activity",
        "verb": "post",
        "postedTime": posted.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "actor": {"objectType": "person", "preferredUsername": package},
        "body": f"{post.caption}. Photograph: {post.photograph.credit}; shipped by {package}.",
        "twitter_entities": {"media": media[:1]},
    }
    if len(media) > 1:
        tweet["twitter_extended_entities"] = {"media": media}
    return tweet


def _write(path: Path, data: bytes) -> bool:
    """Put `data` in place whole, and say whether it was not there yet."""
    if path.is_file() and path.read_bytes() == data:
        return False
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data)
    os.replace(fresh, path)
    return True
