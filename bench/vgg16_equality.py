"""Compares vgg16 through `vision.models` with keras.applications.VGG16 on the same arrays.

    python bench/vgg16_equality.py

Keras initialises a VGG16 and writes its weights in both of its layouts; each file is given to
`load("vgg16", weights=FILE)`, and the largest difference of any score is printed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np

from bench.goals import report
from vision import keras_models, models

GOAL = 1e-5
PICTURES = 8


def main() -> int:
    keras = keras_models.import_keras()
    keras.utils.set_random_seed(1)
    reference = keras.applications.VGG16(weights=None)
    # an initialised network hardly tells pictures apart: sharper, so that a difference would show
    kernel, bias = reference.layers[-1].get_weights()
    reference.layers[-1].set_weights([kernel * 1000, bias])
    batch = np.random.default_rng(1).integers(0, 256, (PICTURES, 224, 224, 3), np.uint8)
    prepared = keras.applications.vgg16.preprocess_input(batch.astype(np.float32))
    expected = reference.predict(prepared, verbose=0)
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for name in ("vgg16.weights.h5", "vgg16.h5"):
            file = Path(folder, name)
            save = reference.save_weights if name.endswith(".weights.h5") else reference.save
            save(file)
            scores = models.load("vgg16", weights=file, runtime="keras").classify(batch)
            difference = float(np.abs(scores - expected).max())
            met &= report(f"largest difference from {name}", difference, "<=", GOAL)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
