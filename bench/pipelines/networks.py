"""VGG16 for benches: the real convolutional weights where they are at hand, the rest drawn."""

from __future__ import annotations

from pathlib import Path

from vision import keras_models

REAL = Path("../shared/models/vgg16_notop.weights.h5")


def write_vgg16(folder: Path) -> Path:
    """Write weights of the whole VGG16, as Keras saves them, and return the file."""
    keras = keras_models.import_keras()
    keras.utils.set_random_seed(1)
    model = keras.applications.VGG16(weights=None)
    if REAL.exists():
        body = keras.applications.VGG16(weights=None, include_top=False)
        body.load_weights(REAL)
        for layer in body.layers:
            model.get_layer(layer.name).set_weights(layer.get_weights()) if layer.weights else None
    # what is drawn hardly tells pictures apart: sharper, so that labels mean something
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 30, bias])
    file = folder / "vgg16.weights.h5"
    model.save_weights(file)
    return file
