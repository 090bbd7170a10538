"""What is done to a picture before a model sees it: geometry first, then the scaling of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from vision.resizing import Original

# the means and deviations of keras.applications
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)

LITE = "(x-127)/128"
"""The scaling of the EfficientNet-Lite family."""

MODES = ("crop", "stretch")

SCALINGS = ("raw", "unit", "tf", "torch", "caffe")
"""What a user may choose for a model file: 0..255, 0..1, -1..1, ImageNet's mean and deviation, BGR
less ImageNet's mean."""

MAX_ASPECT = 4
"""A picture longer than this is shortened first: a 1 x 10,000 strip would be resized to gigabytes
of which the centre crop keeps nothing."""


@dataclass(frozen=True)
class Preprocessing:
    """How pictures become a model's input.

    Parameters
    ----------
    size : int
        Side of the square input in pixels.
    scaling : str
        One of `SCALINGS`, or `LITE`.
    mode : {"crop", "stretch"}
        Short side to `resize_target`, then the centre; or straight to the square.
    crop_fraction : float
        The side of the crop over the short side of the resized picture, in (0, 1].
    interpolation : {"bilinear", "bicubic", "nearest"}
        The filter of the resizing, antialiased.
    """

    size: int
    scaling: str
    mode: Literal["crop", "stretch"] = "crop"
    crop_fraction: float = 0.875
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear"

    @property
    def resize_target(self) -> int:
        """The short side in pixels before the centre is cut out."""
        # the small term keeps 240 / (240 / 272) from becoming 271
        return int(self.size / self.crop_fraction + 1e-6)

    def describe(self) -> str:
        """Return it in words, as a run stores it: "crop 224 of 256 bicubic, (x-127)/128"."""
        extent = f"{self.size} of {self.resize_target}" if self.mode == "crop" else f"{self.size}"
        return f"{self.mode} {extent} {self.interpolation}, {self.scaling}"

    def prepare(self, picture: Original | ArrayLike) -> np.ndarray:
        """Return the geometric part done.

        Parameters
        ----------
        picture : Original, or array_like of uint8, shape (H, W, 3)
            RGB, any size from 1 x 1; a Pillow image in mode RGB is an array too.

        Returns
        -------
        ndarray of uint8, shape (size, size, 3)
        """
        original = picture if isinstance(picture, Original) else Original(np.asarray(picture))
        square = (self.size, self.size)
        if self.mode == "stretch":
            return original.resized(square, self.interpolation)
        original = _shortened(original)
        sides = original.pixels.shape[1], original.pixels.shape[0]
        short, target = min(sides), self.resize_target
        width, height = (target * side // short for side in sides)
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        # only what is kept is resized
        x, y = sides[0] / width, sides[1] / height
        kept = (left * x, top * y, (left + self.size) * x, (top + self.size) * y)
        return original.resized(square, self.interpolation, kept)


def _shortened(original: Original) -> Original:
    """Return the middle of a picture that is longer than `MAX_ASPECT`, others as they are."""
    height, width = original.pixels.shape[:2]
    long, short = max(width, height), min(width, height)
    keep = MAX_ASPECT * short + (long - MAX_ASPECT * short) % 2
    if keep >= long:
        return original
    middle = slice((long - keep) // 2, (long + keep) // 2)
    return Original(original.pixels[:, middle] if width == long else original.pixels[middle])


Step = tuple[Literal["reverse", "subtract", "divide"], tuple[float, ...]]
"""What is done to values: channels reversed, or a number (one for all, or one a channel) taken off
or divided by."""

_STEPS: dict[str, tuple[Step, ...]] = {
    "raw": (),
    "unit": (("divide", (255.0,)),),
    "tf": (("divide", (127.5,)), ("subtract", (1.0,))),
    "torch": (
        ("divide", (255.0,)),
        ("subtract", _IMAGENET_MEAN),
        ("divide", _IMAGENET_DEVIATION),
    ),
    "caffe": (("reverse", ()), ("subtract", _CAFFE_MEAN_BGR)),
    LITE: (("subtract", (127.0,)), ("divide", (128.0,))),
}


def steps(scaling: str) -> tuple[Step, ...]:
    """Return what a scaling does, in order.

    Raises
    ------
    ValueError
        There is no such scaling.
    """
    if scaling not in _STEPS:
        raise ValueError(f"no scaling is called {scaling!r}")
    return _STEPS[scaling]


def scale(batch: np.ndarray, scaling: str) -> np.ndarray:
    """Return pictures with their values as the model was trained on.

    Parameters
    ----------
    batch : ndarray of uint8, shape (N, H, W, 3)
        RGB.
    scaling : str
        One of `SCALINGS`, or `LITE`.

    Returns
    -------
    ndarray of float32, shape (N, H, W, 3)
        A new array; BGR for "caffe".
    """
    x = batch.astype(np.float32)
    for kind, values in steps(scaling):
        if kind == "reverse":
            x = np.ascontiguousarray(x[..., ::-1])
        elif kind == "subtract":
            x -= np.array(values, np.float32)
        else:
            x /= np.array(values, np.float32)
    return x
