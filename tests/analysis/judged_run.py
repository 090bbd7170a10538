"""A run with its verdicts in a database: labeled, drawn and judged as in real life."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import Engine

from analysis import drawing
from bench import oracle
from db.review_items import ItemRow
from db.sink import DatabaseSink
from db.verdicts import UNIFORM
from tests.db.making import facts, info, post
from vision.decode import content_sha256
from vision.records import ImageFacts, ImageRecord, Labeled, Prediction

HOSTILE = "<script>alert('x')</script> \"$\\frac\" & \N{BIRD}"
"""A label and a post that mean harm."""

NAMES = ("tabby", "tiger_cat", HOSTILE)


def label(engine: Engine, pictures: int, seed: int = 0, model: str = "vgg16") -> int:
    """Label pictures with three ranks each, scores at random; return the run's id."""
    rng = np.random.default_rng(seed)
    sink = DatabaseSink(engine, info(model=model, k=3), resume=False)
    sink.write(
        [
            Labeled(
                n,
                ImageRecord(f"{n}/0", f"http://x/{n}.jpg", f"{n}", None, "ann", HOSTILE),
                facts(f"content {n}"),
                ranks(rng),
            )
            for n in range(pictures)
        ]
    )
    sink.close(finished=True)
    return sink.run_id


def ranks(rng: np.random.Generator) -> tuple[Prediction, ...]:
    first = rng.beta(3, 1)
    scores = (first, (1 - first) * 0.7, (1 - first) * 0.3)
    classes = rng.permutation(3)
    return tuple(
        Prediction(int(number), NAMES[number], float(min(score, first)))
        for number, score in zip(classes, scores, strict=True)
    )


def said(item: ItemRow) -> oracle.Answer:
    """Say of a picture what its number decides: right the more often, the higher it scores."""
    draw = np.random.default_rng(item.image_id).random()
    if draw < item.predictions[0][1] + 0.1:
        return "top1", None
    return ("topk", 2) if draw < 0.9 else ("none", None)


def judge(engine: Engine, size: int, run_id: int | None = None, design: str = UNIFORM) -> int:
    """Draw a round and judge all of it; return its id."""
    request = drawing.Request(size, design, run_id=run_id, seed=1)
    round_id = drawing.draw(engine, request).round_id
    oracle.judge(engine, round_id, said)
    return round_id


def label_files(engine: Engine, folder: Path, colours: Sequence[str]) -> int:
    """Label files that are there, one of each colour, high scores first; return the run's id."""
    arguments = {"input": str(folder), "roots": [str(folder)], "keep_images": None}
    sink = DatabaseSink(engine, info(k=1, arguments=arguments), resume=False)
    events = []
    for n, colour in enumerate(colours):
        path = folder / f"{n}.png"
        Image.new("RGB", (400, 200), colour).save(path)
        told = ImageFacts(content_sha256(path.read_bytes()), n, 400, 200)
        score = 1 - (n + 1) / (len(colours) + 2)
        events.append(
            Labeled(n, post(str(n), link=str(path)), told, (Prediction(0, NAMES[0], score),))
        )
    sink.write(events)
    sink.close(finished=True)
    return sink.run_id
