"""Resizing: Pillow's filters, whatever computes them, for any part of any picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests import pictures
from vision import resizing
from vision.resizing import FILTERS, Box, Original

SIDES = st.tuples(st.integers(1, 300), st.integers(1, 300))
SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))
PARTS = st.tuples(*[st.floats(0, 1)] * 4)


def by_pillow(pixels: np.ndarray, size: tuple[int, int], how: str, box: Box) -> np.ndarray:
    filters = {name: getattr(Image.Resampling, name.upper()) for name in FILTERS}
    return np.asarray(Image.fromarray(pixels).resize(size, filters[how], box))


def noise(sides: tuple[int, int], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*sides, 3), np.uint8)


@given(SIDES, SIZES, PARTS, st.sampled_from(["bilinear", "nearest"]), st.integers(0, 9))
def test_noise_comes_out_as_pillow_has_it(
    sides: tuple[int, int],
    size: tuple[int, int],
    part: tuple[float, float, float, float],
    how: str,
    seed: int,
) -> None:
    pixels = noise(sides, seed)
    height, width = sides
    left, right = sorted((part[0] * width, part[1] * width))
    top, bottom = sorted((part[2] * height, part[3] * height))
    if right - left < 1 or bottom - top < 1:
        left, top, right, bottom = 0, 0, width, height
    box = (left, top, right, bottom)
    before = pixels.copy()
    found = Original(pixels).resized(size, how, box)
    wanted = by_pillow(pixels, size, how, box)
    assert found.shape == wanted.shape == (size[1], size[0], 3)
    assert np.abs(found.astype(int) - wanted).max() <= 2
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("how", ["bilinear", "bicubic", "box"])
def test_photographs_come_out_as_pillow_has_them(how: str) -> None:
    for seed, sides in enumerate([(500, 375), (375, 500), (641, 480), (200, 150)]):
        pixels = np.asarray(pictures.scene(*sides, seed))
        box = (0.5, 7.25, sides[0] - 3.125, sides[1])
        steps = np.abs(
            Original(pixels).resized((224, 224), how, box).astype(int)
            - by_pillow(pixels, (224, 224), how, box)
        )
        assert steps.max() <= 2
        assert steps.mean() < 0.3


def test_pixels_need_not_lie_in_order() -> None:
    pixels = np.asarray(pictures.scene(120, 90))
    turned = np.ascontiguousarray(pixels.transpose(1, 0, 2)[::-1])
    for how in FILTERS:
        assert np.array_equal(
            Original(pixels.transpose(1, 0, 2)[::-1]).resized((50, 40), how),
            Original(turned).resized((50, 40), how),
        )


@pytest.fixture
def no_resizer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    resizing._resizer.cache_clear()
    yield
    resizing._resizer.cache_clear()


@pytest.mark.usefixtures("no_resizer")
def test_where_the_fast_one_has_no_build_pillow_does_it() -> None:
    pixels, box = noise((90, 120), 1), (3.5, 0, 100, 90)
    for how in FILTERS:
        assert np.array_equal(
            Original(pixels).resized((50, 40), how, box), by_pillow(pixels, (50, 40), how, box)
        )
