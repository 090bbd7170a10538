#!/usr/bin/env python3
"""A corpus in which every second picture is a repeat, beside one without: EfficientNet-Lite0.

The repeats are the very same bytes under another name, some right behind their first copy, some far
away. Both corpora have the same number of pictures of the same size.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.goals import report
from bench.pipelines import corpus, runs
from vision import models
from vision.decode import DecodeOptions
from vision.pipeline_options import PipelineOptions

SIZE = (500, 375)


def main() -> int:
    parser = corpus.parser(__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    options = parser.parse_args()
    classifier = models.load("efficientnet_lite0")
    decode = DecodeOptions(enough=2 * classifier.preprocessing.resize_target)
    with tempfile.TemporaryDirectory() as name:
        distinct, repeats = Path(name, "distinct"), Path(name, "repeats")
        corpus.write(distinct, options.pictures, SIZE, options.photographs)
        repeats.mkdir()
        files = sorted(distinct.iterdir())
        twice = files[: options.pictures // 2] * 2
        random.Random(0).shuffle(twice)
        for number, file in enumerate(twice):
            shutil.copy(file, repeats / f"{number:05}.jpg")

        def run(folder: Path) -> float:
            records = runs.files(folder)
            return runs.seconds(records, classifier, decode, PipelineOptions(), folder)

        took = runs.medians(
            options.rounds, {"distinct": lambda: run(distinct), "repeats": lambda: run(repeats)}
        )
    for what, seconds in took.items():
        print(f"{what}: {options.pictures / seconds:.0f} pictures a second")
    ratio = took["distinct"] / took["repeats"]
    return not report("half of the pictures repeat, over distinct ones", ratio, ">=", 1.8)


if __name__ == "__main__":
    sys.exit(main())
