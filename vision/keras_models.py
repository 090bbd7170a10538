"""Networks in Keras on TensorFlow: those of `keras.applications`, and the user's model files.

The same picture gets bit-identical scores wherever in a batch it stands and whatever its
companions are, as long as the batches are of one size.
"""

from __future__ import annotations

import functools
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vision import lite0
from vision.errors import ModelError
from vision.networks import Network, native_stderr_silenced, square_side, unavailable

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


def lite0_network(weights: Path) -> Network:
    """Return EfficientNet-Lite0 with the weights of the packaged file or a copy of it."""
    import_keras()
    return network(lite0.build(weights))


def application_network(function: str, size: int, weights: Path) -> Network:
    """Return a model of `keras.applications` with weights from a file.

    Parameters
    ----------
    function : str
        Such as "VGG16".
    size : int
        Side of the input in pixels.
    weights : Path
        What Keras wrote of this model: .weights.h5 or legacy .h5, whatever the file is called,
        with its classifier layers or (include_top=False) without; without, `scores` raises and
        `features` are the global average of the last layer.

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
        return network(model)
    body = build(weights=None, include_top=False, pooling="avg", input_shape=shape)
    if _load_weights(body, weights, legacy) is not None:
        raise ModelError(
            f"the weights {weights} are not those of {function} ({refused}): name a file that "
            f"Keras saved from that model"
        )
    return Network(
        runtime="keras",
        precision="f32",
        size=size,
        classes=0,
        scores=unavailable(
            f"{weights} has no classifier layers, only features can be had of it: name the "
            f"weights of the whole {function} to classify"
        ),
        features=_graph(body),
    )


def file_network(path: Path) -> Network:
    """Return the network of a whole model saved by Keras, .keras or .h5.

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
            f"cannot load the model {path} ({_first_line(error)}): name a whole model saved by "
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
    return network(model)


def network(model: keras.Model) -> Network:
    """Return a Keras model, (N, S, S, 3) -> (N, C), as a network.

    Its features are what goes into its last layer with weights, flattened.
    """
    import keras

    last = next((layer for layer in reversed(model.layers) if layer.weights), None)
    if isinstance(last, keras.layers.Dense | keras.layers.Conv2D):
        features = _graph(keras.Model(model.inputs, last.input))
    else:
        features = unavailable(
            f"the model {model.name} does not end in a classifying layer: it has no features"
        )
    return Network(
        runtime="keras",
        precision="f32",
        size=model.inputs[0].shape[1],
        classes=model.outputs[0].shape[1],
        scores=_graph(model),
        features=features,
    )


def _graph(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a model as a function of arrays; its outputs are flattened to (N, D)."""
    import tensorflow as tf

    @functools.cache
    def traced() -> Callable[[tf.Tensor], tf.Tensor]:
        signature = tf.TensorSpec((None, *model.inputs[0].shape[1:]), tf.float32)
        graph = tf.function(lambda x: model(x, training=False), input_signature=[signature])
        return graph.get_concrete_function()

    def run(batch: np.ndarray) -> np.ndarray:
        out = np.array(traced()(tf.constant(batch)), dtype=np.float32)
        return out.reshape(len(out), math.prod(out.shape[1:]))

    return run


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
            f"cannot read the weights {weights} ({_first_line(error)}): name an HDF5 file saved "
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
            return _first_line(error)
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


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".: ")
