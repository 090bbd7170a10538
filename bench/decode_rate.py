#!/usr/bin/env python3
"""From JPEG files to what a model sees: the data path beside its decoder, and scaled decoding.

The model is a stub that costs nothing. "RGB" is the decoder alone, out of memory on all cores:
bytes to an upright RGB picture. "pixels" adds what every picture needs besides: SHA-256, difference
hash, resizing and cropping. What is between that and the data path are files, queues and batches.

With a folder of photographs and truth.tsv (columns file and class_index), EfficientNet-Lite0 says
whether scaled decoding keeps its accuracy: they are made as large as photos of 5.6 megapixels,
which are then decoded at a quarter of their sides.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np
import simplejpeg
from PIL import Image

from bench.goals import report
from bench.pipelines import corpus, runs
from vision import models
from vision.decode import DecodeOptions, content_sha256, difference_hash, open_picture
from vision.pipeline_options import PipelineOptions
from vision.preprocessing import Preprocessing
from vision.resizing import Original

SMALL, LARGE = (500, 375), (4000, 3000)
SHORT_SIDE = 2048
SEEN = Preprocessing(224, "raw")
SCALED, FULL = DecodeOptions(enough=2 * SEEN.resize_target), DecodeOptions()


def to_pixels(data: bytes) -> None:
    picture = open_picture(data, SCALED)
    picture.facts(content_sha256(data))
    SEEN.prepare(picture.original)


def data_path(rounds: int, folder: Path) -> bool:
    records = runs.files(folder)
    contents = [Path(record.link).read_bytes() for record in records]

    def path() -> float:
        return runs.seconds(records, runs.Stub(SEEN), SCALED, PipelineOptions(), folder)

    took = runs.medians(
        rounds,
        {
            "simplejpeg": lambda: runs.on_all_cores(simplejpeg.decode_jpeg, contents),
            "RGB": lambda: runs.on_all_cores(lambda data: open_picture(data, SCALED), contents),
            "pixels": lambda: runs.on_all_cores(to_pixels, contents),
            "data path": path,
        },
    )
    for what, seconds in took.items():
        print(f"{what}: {len(contents) / seconds:.0f} pictures a second")
    tell_costs(contents)
    whole = took["data path"]
    print(f"data path over the way to pixels alone: {took['pixels'] / whole:.3f}")
    return report("data path over the decoder alone", took["RGB"] / whole, ">=", 0.75)


def tell_costs(contents: Sequence[bytes]) -> None:
    """Print where the time of a picture goes, milliseconds of one core."""
    images = [open_picture(data, SCALED).original for data in contents]

    def cost(work: Callable[..., object], of: Sequence[object]) -> float:
        began = time.thread_time()
        for one in of:
            work(one)
        return 1000 * (time.thread_time() - began) / len(of)

    parts = {
        "SHA-256": cost(content_sha256, contents),
        "decoding to RGB": cost(lambda data: open_picture(data, SCALED), contents),
        "difference hash": cost(lambda each: difference_hash(Original(each.pixels)), images),
        "resizing": cost(lambda each: SEEN.prepare(each.pixels), images),
    }
    print("milliseconds a picture:", ", ".join(f"{name} {ms:.2f}" for name, ms in parts.items()))


def large_photos(rounds: int, folder: Path) -> bool:
    records = runs.files(folder)

    def path(decode: DecodeOptions) -> float:
        return runs.seconds(records, runs.Stub(SEEN), decode, PipelineOptions(), folder)

    took = runs.medians(rounds, {"full": lambda: path(FULL), "scaled": lambda: path(SCALED)})
    for what, seconds in took.items():
        print(f"12 megapixels, {what}: {len(records) / seconds:.1f} pictures a second")
    ratio = took["full"] / took["scaled"]
    return report("12-megapixel photos over full decoding", ratio, ">=", 4)


def accuracy(photographs: Path) -> bool:
    """Compare top-1 of scaled with full decoding."""
    with (photographs / "truth.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    truth = np.array([int(row["class_index"]) for row in rows])
    classifier = models.load("efficientnet_lite0")
    geometry = classifier.preprocessing
    scaled = DecodeOptions(enough=2 * geometry.resize_target)
    prepared = []
    for row in rows:
        data = enlarged(photographs / row["file"])
        prepared += [geometry.prepare(open_picture(data, how).original) for how in (FULL, scaled)]
    best = runs.scores(classifier, prepared).argmax(axis=1)
    full, quick = best[::2], best[1::2]
    print(f"scaled decoding changes the first label of {(full != quick).sum()} in {len(truth)}")
    ratio = float((quick == truth).mean() / (full == truth).mean())
    return report("top-1 accuracy of scaled over full decoding", ratio, ">=", 0.99)


def enlarged(file: Path) -> bytes:
    with Image.open(file) as picture:
        scale = SHORT_SIDE / min(picture.size)
        sides = round(picture.width * scale), round(picture.height * scale)
        large = picture.convert("RGB").resize(sides, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=90)
    return out.getvalue()


def main() -> int:
    parser = corpus.parser(__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name, "small"), Path(name, "large")
        corpus.write(small, options.pictures, SMALL, options.photographs)
        corpus.write(large, max(options.pictures // 20, 10), LARGE, options.photographs)
        met = [data_path(options.rounds, small), large_photos(options.rounds, large)]
    if options.photographs is not None:
        met.append(accuracy(options.photographs))
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
