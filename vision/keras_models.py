"""Networks in Keras on TensorFlow: those of `keras.applications`, and the user's model files.

The same picture gets bit-identical scores wherever in a batch it stands and whatever its
companions are, as long as the batches are of one size.
"""

from __future__ import annotations

import functools
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vision import lite0
from vision.errors import ModelError
from vision.networks import (
    F32,
    FEATURES,
    SCORES,
    Compute,
    Network,
    native_stderr_silenced,
    square_side,
    told,
)
from vision.preprocessing import scale

if TYPE_CHECKING:
    import keras


def import_keras() -> Any:
    """Return the module `keras`, on TensorFlow whatever the user's own settings are."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # by itself only on some processors: its convolutions give a picture the same bits wherever in
    # a batch it stands, which the kernels used otherwise do not
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with native_stderr_silenced():
        import keras
    return keras


@dataclass(frozen=True)
class Parts:
    """What is computed of a Keras model, both from the same scaled pictures (N, S, S, 3).

    `scores` gives (N, C), or is None where there are no classifier layers; `features` gives what
    goes into the last layer with weights, or is None where that is no classifying layer.
    """

    scores: keras.Model | None
    features: keras.Model | None

    @property
    def named(self) -> dict[str, keras.Model]:
        """Those that there are, the larger one first."""
        both = {SCORES: self.scores, FEATURES: self.features}
        return {name: model for name, model in both.items() if model is not None}

    def together(self, names: Sequence[str]) -> keras.Model:
        """Return a model whose outputs are those of some parts."""
        import keras

        models = [self.named[name] for name in names]
        return keras.Model(models[0].inputs, [model.outputs[0] for model in models])


def lite0_parts(weights: Path) -> Parts:
    """Return EfficientNet-Lite0 with the weights of the packaged file or a copy of it."""
    import_keras()
    return parts(lite0.build(weights))


def application_parts(function: str, size: int, weights: Path) -> Parts:
    """Return a model of `keras.applications` with weights from a file.

    Parameters
    ----------
    function : str
        Such as "VGG16".
    size : int
        Side of the input in pixels.
    weights : Path
        What Keras wrote of this model: .weights.h5 or legacy .h5, whatever the file is called,
        with its classifier layers or (include_top=False) without; without, there are no scores
        and `features` are the global average of the last layer.

    Raises
    ------
    ModelError
        The file cannot be read or holds the weights of another model.
    """
    legacy = _check_hdf5(weights)
    keras = import_keras()
    build = getattr(keras.applications, function)
    shape = (size, size, 3)
    model = build(weights=None, input_shape=shape)
    refused = _load_weights(model, weights, legacy)
    if refused is None:
        return parts(model)
    body = build(weights=None, include_top=False, pooling="avg", input_shape=shape)
    if _load_weights(body, weights, legacy) is not None:
        raise ModelError(
            f"the weights {weights} are not those of {function} ({refused}): name a file that "
            f"Keras saved from that model"
        )
    return Parts(None, body)


def file_parts(path: Path) -> Parts:
    """Return the parts of a whole model saved by Keras, .keras or .h5.

    Nothing in the file is run: models that carry Python code (Lambda layers) are refused.

    Raises
    ------
    ModelError
        The file is no such model, carries code, or does not map one square picture to scores.
    """
    keras = import_keras()
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    # damaged and hostile files make Keras raise nearly anything
    except Exception as error:
        raise ModelError(
            f"cannot load the model {path} ({told(error, 0)}): name a whole model saved by "
            f"Keras, made of its own layers only"
        ) from error
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(f"{path} has several inputs or outputs: name a picture classifier")
    shape, scores = model.inputs[0].shape, model.outputs[0].shape
    if len(shape) != 4 or shape[0] or shape[3] != 3 or len(scores) != 2:
        raise ModelError(
            f"{path} maps {shape} to {scores}: name a model that maps pictures "
            f"(batch, size, size, 3) to (batch, classes)"
        )
    square_side(shape[1:3], str(path))
    return parts(model)


def parts(model: keras.Model) -> Parts:
    """Return a Keras model, (N, S, S, 3) -> (N, C), with its features."""
    import keras

    last = next((layer for layer in reversed(model.layers) if layer.weights), None)
    if isinstance(last, keras.layers.Dense | keras.layers.Conv2D):
        return Parts(model, keras.Model(model.inputs, last.input))
    return Parts(model, None)


def keras_network(of: Parts, scaling: str) -> Network:
    """Return the parts of a Keras model as a network in Keras, of pixels that it scales."""
    size = next(iter(of.named.values())).inputs[0].shape[1]
    return Network(
        runtime="keras",
        precision=F32,
        size=size,
        outputs={name: _numbers(model) for name, model in of.named.items()},
        compute=_compute(of, size, scaling),
    )


def _numbers(model: keras.Model) -> int:
    return math.prod(model.outputs[0].shape[1:])


def _compute(of: Parts, size: int, scaling: str) -> Compute:
    """Return parts as a function of pixels; their outputs are flattened to (N, D)."""
    import tensorflow as tf

    @functools.cache
    def traced(names: tuple[str, ...]) -> Callable[[tf.Tensor], Sequence[tf.Tensor]]:
        model = of.together(names)
        signature = tf.TensorSpec((None, size, size, 3), tf.float32)
        # a model of one output may return it bare
        graph = tf.function(lambda x: tf.nest.flatten(model(x, training=False)), [signature])
        return graph.get_concrete_function()

    def run(batch: np.ndarray, names: Sequence[str]) -> list[np.ndarray]:
        found = traced(tuple(names))(tf.constant(scale(batch, scaling)))
        arrays = [np.array(each, dtype=np.float32) for each in found]
        return [each.reshape(len(each), math.prod(each.shape[1:])) for each in arrays]

    return run


def sees_gpu() -> bool:
    """Return whether TensorFlow sees a GPU; it is only loaded where there may be one."""
    hints = ("/dev/nvidiactl", "/dev/kfd")
    if sys.platform != "darwin" and not any(map(os.path.exists, hints)):
        return False
    import_keras()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _check_hdf5(weights: Path) -> bool:
    """Return whether a weights file is of the legacy layout; refuse what is no weights file."""
    import h5py

    try:
        with h5py.File(weights) as file:
            group = file.get("model_weights", file)
            legacy = "layer_names" in group.attrs
            sound = legacy or "layers" in file or "_layer_checkpoint_dependencies" in file
    except OSError as error:
        raise ModelError(
            f"cannot read the weights {weights} ({told(error, 0)}): name an HDF5 file saved "
            f"by Keras"
        ) from error
    if not sound:
        raise ModelError(f"{weights} holds no weights of a Keras model: name one saved by Keras")
    return legacy


def _load_weights(model: keras.Model, weights: Path, legacy: bool) -> str | None:
    """Load a file into a model; return None, or why it does not fit."""
    if not legacy:
        expected, found = len(model.weights), _arrays(weights)
        # Keras takes what it knows of this layout and passes over the rest without a word
        if expected != found:
            return f"it has {found} arrays, not {expected}"
    with tempfile.TemporaryDirectory() as folder:
        # Keras tells the layouts apart by the name alone
        link = Path(folder, "w.h5" if legacy else "w.weights.h5")
        link.symlink_to(weights.resolve())
        try:
            model.load_weights(link)
        except Exception as error:
            return told(error, 0)
    return None


def _arrays(weights: Path) -> int:
    """Return how many arrays of weights a file holds, optimizer and random state left out."""
    import h5py

    names: list[str] = []
    with h5py.File(weights) as file:
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
    return sum(1 for name in names if "optimizer" not in name and "seed_generator" not in name)
