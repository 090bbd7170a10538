"""Measures EfficientNet-Lite0 on 200 ImageNet photographs, one a class: top-1 and top-5 accuracy.

    python bench/imagenet200.py [FOLDER]

FOLDER (default ../shared/data/imagenet200) holds the photographs and truth.tsv with the columns
file and class_index. A reference implementation of these weights gives 0.885 and 0.990 with crop,
0.825 and 0.975 with stretch.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np
from PIL import Image

from bench.goals import report
from vision import models

BATCH = 32
GOALS = {"crop": (0.88, 0.98), "stretch": (0.82, 0.97)}


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/imagenet200")
    if not (folder / "truth.tsv").exists():
        print(f"no truth.tsv in {folder}: name the folder of the 200 photographs")
        return 1
    with (folder / "truth.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    truth = np.array([int(row["class_index"]) for row in rows])
    met = True
    for resize, goals in GOALS.items():
        classifier = models.load("efficientnet_lite0", resize=resize)
        scores = [
            classifier.classify(_batch(classifier, folder, rows[i : i + BATCH]))
            for i in range(0, len(rows), BATCH)
        ]
        best = np.argsort(-np.concatenate(scores)[: len(rows)], axis=1, kind="stable")
        for k, goal in zip((1, 5), goals, strict=True):
            accuracy = float((best[:, :k] == truth[:, None]).any(axis=1).mean())
            met &= report(f"top-{k} {resize}", accuracy, ">=", goal)
    return 0 if met else 1


def _batch(classifier: models.Classifier, folder: Path, rows: list[dict[str, str]]) -> np.ndarray:
    size = classifier.preprocessing.size
    batch = np.zeros((BATCH, size, size, 3), np.uint8)
    for i, row in enumerate(rows):
        with Image.open(folder / row["file"]) as picture:
            batch[i] = classifier.preprocessing.prepare(picture.convert("RGB"))
    return batch


if __name__ == "__main__":
    sys.exit(main())
