"""Geometry and scaling of pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vision.preprocessing import LITE, SCALINGS, Preprocessing, scale


def test_describes_itself_for_the_database() -> None:
    crop = Preprocessing(224, LITE, interpolation="bicubic")
    assert crop.describe() == "crop 224 of 256 bicubic, (x-127)/128"
    assert Preprocessing(224, "caffe", mode="stretch").describe() == "stretch 224 bilinear, caffe"


@pytest.mark.parametrize(("size", "short_side"), [(224, 256), (240, 272), (299, 341), (480, 480)])
def test_resize_target_survives_the_division(size: int, short_side: int) -> None:
    assert Preprocessing(size, "raw", crop_fraction=size / short_side).resize_target == short_side


def test_crop_keeps_the_aspect_and_takes_the_centre() -> None:
    """A square in the middle of a wide picture stays square: 100 of 400 pixels, 64 of 256."""
    picture = Image.new("RGB", (800, 400))
    picture.paste((255, 255, 255), (350, 150, 450, 250))
    pixels = Preprocessing(224, "raw").prepare(picture)[..., 0] > 127
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    assert (len(rows), len(columns)) == (64, 64)
    assert (rows[0], columns[0]) == (80, 80)


def test_stretch_shows_everything() -> None:
    picture = Image.new("RGB", (800, 400))
    picture.paste((255, 255, 255), (0, 0, 400, 400))
    pixels = Preprocessing(100, "raw", mode="stretch").prepare(picture)[..., 0] > 127
    assert pixels[:, :50].all()
    assert not pixels[:, 50:].any()


def test_a_square_of_the_right_size_is_left_alone() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    expected = noise[16:240, 16:240]
    np.testing.assert_array_equal(
        Preprocessing(224, "raw").prepare(Image.fromarray(noise)), expected
    )


@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.sampled_from(["crop", "stretch"]),
    st.sampled_from(["nearest", "bilinear", "bicubic"]),
)
def test_any_picture_gets_the_shape(width: int, height: int, mode: str, interpolation: str) -> None:
    preprocessing = Preprocessing(32, "raw", mode=mode, interpolation=interpolation)
    pixels = preprocessing.prepare(Image.new("RGB", (width, height), (10, 20, 30)))
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == (10, 20, 30)).all()


@pytest.mark.parametrize("shape", [(100_001, 1), (1, 100_000), (100_000, 3)])
def test_a_long_strip_is_cut_to_its_middle(shape: tuple[int, int]) -> None:
    """Resized whole, such a strip would take gigabytes."""
    picture = Image.new("RGB", shape)
    middle = tuple(n // 2 for n in shape)
    picture.paste((255, 0, 0), (middle[0], middle[1], middle[0] + 1, middle[1] + 1))
    pixels = Preprocessing(224, "raw").prepare(picture)
    assert pixels.shape == (224, 224, 3)
    assert pixels[..., 0].max() > 200


@pytest.mark.parametrize(
    ("scaling", "red", "blue"),
    [
        ("raw", 255, 0),
        ("unit", 1, 0),
        ("tf", 1, -1),
        ("torch", (1 - 0.485) / 0.229, -0.406 / 0.225),
        ("caffe", -103.939, 255 - 123.68),
        (LITE, 1, -127 / 128),
    ],
)
def test_scalings(scaling: str, red: float, blue: float) -> None:
    """First and last channel of pure red; caffe turns the channels round."""
    scaled = scale(np.array([[[[255, 0, 0]]]], np.uint8), scaling)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[0, 0, 0, [0, 2]], [red, blue], rtol=1e-6)


@pytest.mark.parametrize("scaling", [*SCALINGS, LITE])
def test_scaling_leaves_the_batch_alone(scaling: str) -> None:
    batch = np.full((1, 2, 2, 3), 7, np.uint8)
    scale(batch, scaling)[...] = 0
    assert (batch == 7).all()


def test_unknown_scaling() -> None:
    with pytest.raises(ValueError, match="magic"):
        scale(np.zeros((1, 1, 1, 3), np.uint8), "magic")
