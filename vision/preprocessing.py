"""What is done to a picture before a model sees it: geometry first, then the scaling of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}

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

    def prepare(self, picture: Image.Image) -> np.ndarray:
        """Return the geometric part done.

        Parameters
        ----------
        picture : PIL.Image.Image
            In mode RGB, any size from 1 x 1.

        Returns
        -------
        ndarray of uint8, shape (size, size, 3)
        """
        resample = INTERPOLATIONS[self.interpolation]
        if self.mode == "stretch":
            return np.asarray(picture.resize((self.size, self.size), resample))
        picture = _shortened(picture)
        short, target = min(picture.size), self.resize_target
        width, height = (target * side // short for side in picture.size)
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        # only what is kept is resized; the filter still sees the pixels around it
        x, y = picture.width / width, picture.height / height
        kept = (left * x, top * y, (left + self.size) * x, (top + self.size) * y)
        return np.asarray(picture.resize((self.size, self.size), resample, kept))


def _shortened(picture: Image.Image) -> Image.Image:
    """Return the middle of a picture that is longer than `MAX_ASPECT`, others as they are."""
    long, short = max(picture.size), min(picture.size)
    keep = MAX_ASPECT * short + (long - MAX_ASPECT * short) % 2
    if keep >= long:
        return picture
    start = (long - keep) // 2
    if picture.width == long:
        return picture.crop((start, 0, start + keep, short))
    return picture.crop((0, start, short, start + keep))


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
