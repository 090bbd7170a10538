"""Models by name or file: `load` gives a classifier with its preprocessing, classes and weights."""

from __future__ import annotations

import difflib
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vision import keras_models, lite0, runtimes, topk
from vision.applications import Application, applications
from vision.classifiers import Classifier, NetworkClassifier
from vision.errors import ModelError
from vision.labels import class_table, read_labels
from vision.networks import AUTO, SCORES, Network
from vision.preprocessing import LITE, SCALINGS, Preprocessing
from vision.weights import RemoteFile, fetch, sha256

log = logging.getLogger(__name__)

DEFAULT_MODEL = "vgg16"


@dataclass(frozen=True)
class Spec:
    """A named model: its preprocessing, class table, how to get its weights, what runs it."""

    preprocessing: Preprocessing
    class_table: str | None
    find_weights: Callable[[], Path]
    ways: runtimes.Ways


@functools.cache
def specs() -> dict[str, Spec]:
    """Return the table of named models."""
    return {
        **{name: _application_spec(row) for name, row in applications().items()},
        "efficientnet_lite0": Spec(
            Preprocessing(lite0.SIZE, LITE, interpolation="bicubic"),
            "imagenet",
            lite0.packaged_weights,
            runtimes.of_keras(keras_models.lite0_parts),
        ),
        "birds": _inat_spec(
            "bird", "350fcd8cf1df1560060d464595dfed8b174b05792788052896004848d9ad04f9"
        ),
        "insects": _inat_spec(
            "insect", "0ebaeb474dccf56b8b818b014f0d6a8e22b35a45b491a659f0b5405c9c838282"
        ),
        "plants": Spec(Preprocessing(224, "raw"), None, _no_plants, runtimes.OF_TFLITE),
    }


def _application_spec(row: Application) -> Spec:
    build = functools.partial(keras_models.application_parts, row.function, row.preprocessing.size)
    return Spec(
        row.preprocessing,
        "imagenet",
        functools.partial(fetch, row.weights),
        runtimes.of_keras(build),
    )


def _inat_spec(kind: str, digest: str) -> Spec:
    name = f"mobilenet_v2_1.0_224_inat_{kind}_quant.tflite"
    url = f"https://raw.githubusercontent.com/google-coral/test_data/master/{name}"
    file = RemoteFile(name, url, f"sha256:{digest}")
    table = f"inat_{kind}s"
    find = functools.partial(fetch, file)
    return Spec(Preprocessing(224, "raw"), table, find, runtimes.OF_TFLITE)


def _no_plants() -> Path:
    raise ModelError(
        "no verified copy of the plants model is known to download: give the .tflite file with "
        "--weights FILE and its class names with --labels FILE"
    )


FILE_KINDS: dict[str, runtimes.Ways] = {
    ".keras": runtimes.of_keras(keras_models.file_parts),
    ".h5": runtimes.of_keras(keras_models.file_parts),
    ".onnx": runtimes.OF_GRAPHS,
    ".xml": runtimes.OF_GRAPHS,
    ".tflite": runtimes.OF_TFLITE,
}


def model_names() -> tuple[str, ...]:
    """Return the names that `load` knows, in the order of the table."""
    return tuple(specs())


def load(
    name: str,
    *,
    weights: Path | None = None,
    labels: Path | None = None,
    resize: str = "crop",
    scaling: str | None = None,
    runtime: str = AUTO,
) -> NetworkClassifier:
    """Return a classifier, ready to use.

    Parameters
    ----------
    name : str
        One of `model_names()`, or the path of a .keras, .h5, .onnx, .tflite or OpenVINO .xml file.
    weights : Path, optional
        The weights of a named model, in place of those it would fetch.
    labels : Path, optional
        Class names in place of the model's table; see `vision.labels.read_labels`.
    resize : {"crop", "stretch"}
        How pictures become square.
    scaling : str, optional
        For a model file: one of `vision.preprocessing.SCALINGS`, "raw" unless given, as most
        files hold their own preprocessing. Named models know theirs.
    runtime : str
        One of `vision.runtimes.RUNTIMES`.

    Raises
    ------
    ModelError
        The model is unknown, or its weights or labels are missing, damaged or do not fit.
    """
    spec = specs().get(name)
    if spec is None:
        return _load_file(name, weights, labels, resize, scaling or "raw", runtime)
    if scaling is not None:
        raise ModelError(f"{name} has its own scaling: leave --scaling to model files")
    given = read_labels(labels) if labels is not None else None
    path = weights or spec.find_weights()
    if given is None and spec.class_table is None:
        raise ModelError(f"{name} comes without class names: give them with --labels FILE")
    digest = sha256(path)
    made_with = (spec.preprocessing.scaling, digest)
    network = runtimes.open_network(spec.ways, runtime, name, path, made_with)
    classes = class_table(spec.class_table) if spec.class_table and given is None else given
    preprocessing = replace(spec.preprocessing, mode=resize)  # type: ignore[arg-type]
    return NetworkClassifier(name, network, preprocessing, _fitting(classes, network, name), digest)


def check_topk(classifier: Classifier, k: int) -> None:
    """Check before a long run that a classifier can give k predictions a picture.

    Raises
    ------
    ModelError
        It has fewer classes than k, or its weights are only good for features.
    """
    if not classifier.classes:
        raise ModelError(
            f"the weights given for {classifier.name} have no classifier layers: name the weights "
            f"of the whole model to classify"
        )
    topk.check_k(k, len(classifier.classes))


def _load_file(
    name: str, weights: Path | None, labels: Path | None, resize: str, scaling: str, runtime: str
) -> NetworkClassifier:
    path = Path(name)
    ways = FILE_KINDS.get(path.suffix.lower())
    if ways is None:
        raise ModelError(_unknown(name))
    if weights is not None:
        raise ModelError(f"{name} holds its own weights: leave --weights to named models")
    if scaling not in SCALINGS:
        raise ModelError(f"no scaling is called {scaling!r}: use one of {', '.join(SCALINGS)}")
    given = read_labels(labels) if labels is not None else None
    graph_and_weights = (
        [path, path.with_suffix(".bin")] if path.suffix.lower() == ".xml" else [path]
    )
    digest = sha256(*graph_and_weights)
    network = runtimes.open_network(ways, runtime, name, path, (scaling, digest))
    preprocessing = Preprocessing(network.size, scaling, mode=resize)  # type: ignore[arg-type]
    logits = _gives_logits(network, name)
    return NetworkClassifier(
        name, network, preprocessing, _fitting(given, network, name), digest, logits
    )


def _fitting(classes: tuple[str, ...] | None, network: Network, name: str) -> tuple[str, ...]:
    """Return the class names if there are as many as the network has classes, or numbered ones."""
    if classes is None:
        return tuple(f"class {i}" for i in range(network.classes))
    if network.classes == 0:
        return ()
    if len(classes) != network.classes:
        raise ModelError(
            f"{name} has {network.classes} classes, but there are names for {len(classes)}: give "
            f"the labels of this model with --labels FILE"
        )
    return classes


def _gives_logits(network: Network, name: str) -> bool:
    """Try the network on fixed pictures: noise, black, white."""
    side = network.size
    noise = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), np.uint8)
    flat = np.stack([np.zeros_like(noise[0]), np.full_like(noise[0], 255)])
    (scores,) = network.run(np.concatenate([noise, flat]), SCORES)
    if topk.are_logits(scores):
        log.info("%s gives logits, not probabilities: its scores are their softmax", name)
        return True
    sums = scores.sum(axis=1)
    if np.abs(sums - 1).max() > 0.1:
        log.info("the scores of %s do not add up to 1: they are taken as they are", name)
    return False


def _unknown(name: str) -> str:
    kinds = ", ".join(FILE_KINDS)
    if Path(name).exists():
        return f"{name} is no model file: use one of the kinds {kinds}"
    near = difflib.get_close_matches(name, model_names(), n=3)
    meant = f"did you mean {' or '.join(near)}?" if near else "--help lists the models"
    return f"there is no model {name!r}, nor a file ({kinds}) of that name: {meant}"
