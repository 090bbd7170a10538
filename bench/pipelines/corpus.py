"""Pictures to measure with: made on the spot, or photographs out of a folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests import pictures

PHOTOGRAPHS = Path("../shared/data/imagenet200")
_GRAIN = 7.0


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return what a bench of pictures is asked with: `photographs` to take them from, `rounds`."""
    out = argparse.ArgumentParser(description=description)
    out.add_argument(
        "photographs",
        nargs="?",
        type=Path,
        default=PHOTOGRAPHS if PHOTOGRAPHS.is_dir() else None,
        help="folder to take pictures from; without one they are made",
    )
    out.add_argument("--rounds", type=int, default=5)
    return out


def grainy(width: int, height: int, seed: int) -> Image.Image:
    """Return a picture with as much detail for its size as a photograph has."""
    scene = np.asarray(pictures.scene(width, height, seed), np.float32)
    grain = np.random.default_rng(seed).normal(0, _GRAIN, (height, width, 1))
    return Image.fromarray((scene + grain).clip(0, 255).astype(np.uint8))


def write(folder: Path, count: int, size: tuple[int, int], photographs: Path | None) -> None:
    """Write JPEG files into a folder, all different, long side first in `size`.

    Photographs that are given are taken in turn, and brought to about this number of pixels.
    """
    folder.mkdir(parents=True)
    for number, picture in zip(range(count), _pictures(size, photographs), strict=False):
        picture.save(folder / f"{number:05}.jpg", "JPEG", quality=88, comment=str(number))


def _pictures(size: tuple[int, int], photographs: Path | None) -> Iterator[Image.Image]:
    if photographs is None:
        seed = 0
        while True:
            yield grainy(*size, seed)
            seed += 1
    files = sorted(photographs.glob("*.jpg"))
    while True:
        for file in files:
            with Image.open(file) as picture:
                scale = (size[0] * size[1] / (picture.width * picture.height)) ** 0.5
                sides = round(picture.width * scale), round(picture.height * scale)
                yield picture.convert("RGB").resize(sides, Image.Resampling.BICUBIC)
