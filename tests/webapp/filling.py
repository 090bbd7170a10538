"""Databases filled through the real sink, with predictions made up for real pictures."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from db.engine import connect
from db.sink import DatabaseSink
from vision.decode import DecodeOptions, content_sha256, open_picture
from vision.records import Event, Failure, ImageRecord, Labeled, Prediction, RunInfo

LABELS = ("tabby", "Egyptian_cat", "espresso", "palace", "moped", "daisy", "missile", "stone_wall")


def picture(kind: str = "JPEG", size: tuple[int, int] = (480, 300), seed: int = 0) -> bytes:
    """Return the bytes of a picture of its own in the format `kind`."""
    draw = random.Random(f"{kind} {size} {seed}")
    small = Image.frombytes("RGB", (6, 4), draw.randbytes(72))
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


def predictions(seed: object, labels: Sequence[str] = LABELS, k: int = 5) -> tuple[Prediction, ...]:
    """Return a plausible top-k: distinct classes, falling scores that sum to less than 1."""
    draw = random.Random(str(seed))
    classes = draw.sample(range(len(labels)), k)
    shares = sorted((draw.random() ** 3 for _ in range(k + 1)), reverse=True)
    return tuple(
        Prediction(index, labels[index], share / sum(shares))
        for index, share in zip(classes, shares, strict=False)
    )


def labeled(
    position: int, record: ImageRecord, data: bytes, top: tuple[Prediction, ...] | None = None
) -> Labeled:
    """Return the event of a picture whose bytes are `data`."""
    facts = open_picture(data, DecodeOptions()).facts(content_sha256(data))
    return Labeled(position, record, facts, top or predictions(record.key))


def sample_events(folder: Path) -> list[Labeled]:
    """Return the events of a sample corpus, its pictures labeled by a die."""
    events: list[Labeled] = []
    for line in (folder / "tweets.json").read_text().splitlines():
        tweet = json.loads(line)
        media = tweet.get("twitter_extended_entities", tweet["twitter_entities"])["media"]
        number = tweet["id"].split(":")[-1]
        for index, medium in enumerate(media):
            record = ImageRecord(
                f"{number}/{index}",
                medium["media_url"],
                tweet_id=number,
                author=tweet["actor"]["preferredUsername"],
                text=tweet["body"],
            )
            events.append(labeled(len(events), record, (folder / record.link).read_bytes()))
    return events


def failed(position: int, reason: str, stage: str = "fetch") -> Failure:
    key = f"failed-{position}"
    return Failure(position, key, f"https://example.org/{key}.jpg", stage, reason, "all of it")


def run_info(root: Path | None, *, keep_images: Path | None = None, **other: str) -> RunInfo:
    return RunInfo(
        model=other.get("model", "efficientnet_lite0"),
        weights_sha256="0" * 64,
        runtime="keras",
        precision="f32",
        preprocessing="crop",
        k=5,
        arguments={
            "input": other.get("input", "a test"),
            "roots": [str(root)] if root else [],
            "keep_images": str(keep_images) if keep_images else None,
        },
    )


def fill(database: str, info: RunInfo, events: Sequence[Event], *, finished: bool = True) -> int:
    """Write a run to a database as a door would; return the run's id."""
    engine = connect(database)
    try:
        sink = DatabaseSink(engine, info, resume=False)
        sink.write(events)
        sink.close(finished=finished)
        return sink.run_id
    finally:
        engine.dispose()
