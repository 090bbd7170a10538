#!/usr/bin/env python3
"""Whether speed changes verdicts: precisions beside float32 on the 200 ImageNet photographs.

    python bench/precision_faith.py [FOLDER]

EfficientNet-Lite0 in OpenVINO beside Keras; with its sensitive layers in float32 beside float32:
calibrated on one half of the photographs, compared on the other and on mirrored ones, and the
halves changed; the faster of two kinds that agree. What
"auto" takes for EfficientNet-Lite0 and for VGG16 on 256 first pictures, compared on pictures that
it did not see. The real convolutional features of VGG16, where its weights are at hand.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np
from PIL import Image, ImageOps

from bench.goals import report
from bench.label_throughput import bare
from bench.pipelines import runs
from bench.pipelines.networks import REAL, write_vgg16
from vision import models
from vision.classifiers import NetworkClassifier
from vision.faith import AGREEMENT
from vision.networks import AUTO, F32
from vision.openvino_networks import computes_in
from vision.precision import BF16_SPARING, INT8_SPARING, lowered, settle
from vision.quantise import FirstPictures


def photographs(folder: Path, classifier: NetworkClassifier, *, mirrored: bool) -> np.ndarray:
    rows = []
    for file in sorted(folder.glob("*.jpg")):
        with Image.open(file) as picture:
            upright = picture.convert("RGB")
        rows.append(
            classifier.preprocessing.prepare(ImageOps.mirror(upright) if mirrored else upright)
        )
    return np.stack(rows)


def agreement(one: NetworkClassifier, other: NetworkClassifier, pixels: np.ndarray) -> float:
    best = [each.classify(pixels).argmax(axis=1) for each in (one, other)]
    return float((best[0] == best[1]).mean())


def of_lite0(folder: Path, rounds: int) -> list[bool]:
    keras = models.load("efficientnet_lite0", runtime="keras")
    fast = models.load("efficientnet_lite0", runtime="openvino")
    pixels = photographs(folder, fast, mirrored=False)
    difference = float(np.abs(keras.classify(pixels) - fast.classify(pixels)).max())
    met = [
        report(
            "efficientnet_lite0 f32: agreement with Keras", agreement(keras, fast, pixels), "=", 1
        ),
        report("efficientnet_lite0 f32: largest difference to Keras", difference, "<=", 1e-4),
    ]
    mirrored = photographs(folder, fast, mirrored=True)
    met += of_sensitive_layers(fast, pixels, mirrored, rounds)
    met.append(_auto(fast, pixels, mirrored))
    return met


def of_sensitive_layers(
    fast: NetworkClassifier, pixels: np.ndarray, mirrored: np.ndarray, rounds: int
) -> list[bool]:
    """Report agreement and speed with the sensitive layers in float32, the better of two kinds."""
    kinds = [each for each in (BF16_SPARING, INT8_SPARING) if computes_in(each)]
    shares: dict[str, list[float]] = {kind: [] for kind in kinds}
    measures = {F32: partial(bare, fast, pixels)}
    halves = pixels[::2], pixels[1::2]
    for seen, unseen in (halves, halves[::-1]):
        first = FirstPictures(f"half {seen is halves[0]}", lambda seen=seen: seen)
        for kind in kinds:
            sparing = lowered(fast, kind, first)
            shares[kind].append(agreement(fast, sparing, np.concatenate([unseen, mirrored])))
            measures[kind] = partial(bare, sparing, pixels)
    rates = runs.medians(rounds, measures)
    kept = []
    for kind in kinds:
        what, share = f"efficientnet_lite0 {kind}", float(np.mean(shares[kind]))
        gain = rates[kind] / rates[F32]
        print(f"{what}: agreement {share:.4f}, speed over f32 {gain:.3f}")
        kept.append((share >= 0.99, gain, what, share))
    _, gain, what, share = max(kept)
    return [
        report(f"{what}: agreement, unseen pictures", share, ">=", 0.99),
        report(f"{what}: speed over f32", gain, ">=", 1.6),
    ]


def _auto(classifier: NetworkClassifier, pixels: np.ndarray, mirrored: np.ndarray) -> bool:
    """Report what "auto" takes on 256 pictures, and how it agrees on all."""
    seen = np.concatenate([pixels, mirrored])[:256]
    chosen, check = settle(classifier, AUTO, FirstPictures("256 photographs", lambda: seen))
    print(f"auto on {classifier.name}: {chosen.precision} ({check})")
    share = agreement(classifier, chosen, np.concatenate([pixels, mirrored]))
    return report(f"auto on {classifier.name}: agreement", share, ">=", AGREEMENT)


def of_vgg16(folder: Path) -> list[bool]:
    met = []
    with tempfile.TemporaryDirectory() as name:
        whole = models.load("vgg16", weights=write_vgg16(Path(name)), runtime="openvino")
        pixels = photographs(folder, whole, mirrored=False)
        met.append(_auto(whole, pixels, photographs(folder, whole, mirrored=True)))
    if not REAL.exists():
        print("the real convolutional weights of VGG16 are not here")
        return met
    reference = models.load("vgg16", weights=REAL, runtime="keras").features(pixels)
    features = models.load("vgg16", weights=REAL, runtime="openvino")
    first = FirstPictures("200 photographs", lambda: pixels)
    goals = {F32: (0.99999, 0.99999), "bf16": (0.9998, 0.9998), "int8": (0.98, 0.999)}
    for precision, (least, mean) in goals.items():
        if not computes_in(precision):
            print(f"vgg16 features in {precision}: this processor does not compute in it")
            continue
        other = features if precision == F32 else lowered(features, precision, first)
        found = cosines(reference, other.features(pixels))
        met.append(report(f"vgg16 features {precision}: lowest cosine", found.min(), ">=", least))
        met.append(report(f"vgg16 features {precision}: mean cosine", found.mean(), ">=", mean))
    return met


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / lengths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/data/imagenet200"))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if not any(given.folder.glob("*.jpg")):
        print(f"no photographs in {given.folder}: name the folder of the 200 photographs")
        return 1
    return not all(of_lite0(given.folder, given.rounds) + of_vgg16(given.folder))


if __name__ == "__main__":
    sys.exit(main())
