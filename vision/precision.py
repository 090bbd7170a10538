"""Which precision a run computes in: a faster one only where it keeps faith with f32."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from vision import cache
from vision.classifiers import NetworkClassifier
from vision.errors import ModelError
from vision.faith import Check, difference
from vision.networks import AUTO, F32, refusals
from vision.openvino_networks import computes_in, openvino_network
from vision.quantise import FirstPictures, NoPictures, quantised
from vision.sensitive import in_bf16

log = logging.getLogger(__name__)

BF16, INT8 = "bf16", "int8"

BF16_SPARING, INT8_SPARING = f"{BF16}+{F32}", f"{INT8}+{F32}"
"""bf16 and int8 with the sensitive layers in f32."""

CANDIDATES = (INT8, BF16, BF16_SPARING, INT8_SPARING)
"""What "auto" tries, what is mostly the fastest first."""

PRECISIONS = (AUTO, F32, *CANDIDATES)
"""What may be asked for."""

PICTURES = 256
"""Pictures of the input that are run in both precisions."""

WORTH_IT = 2_000
"""Pictures of an input from which on "auto" compares: fewer are done sooner in f32."""

FASTER = 1.15
"""What a precision has to gain to be chosen."""


def settle(
    classifier: NetworkClassifier, wanted: str, first: FirstPictures | None
) -> tuple[NetworkClassifier, Check | None]:
    """Return a classifier in the precision that is wanted, and how it compares with f32.

    Parameters
    ----------
    classifier : NetworkClassifier
        As it was loaded.
    wanted : str
        One of `PRECISIONS`; "auto" is the fastest that keeps faith on these pictures.
    first : FirstPictures or None
        Without them "auto" is f32.

    Raises
    ------
    ModelError
        The precision cannot be had of this model, or not without pictures.
    """
    if wanted == AUTO:
        return _fastest(classifier, first) if first is not None else (classifier, None)
    if wanted == classifier.precision:
        return classifier, None
    if classifier.network.graph is None:
        raise ModelError(
            f"{classifier.name} computes in {classifier.precision} in {classifier.runtime}: leave "
            f"out --precision, or use --runtime openvino"
        )
    if classifier.precision != F32:
        raise ModelError(
            f"{classifier.name} is made of {classifier.precision}: leave out --precision"
        )
    if not computes_in(wanted):
        log.warning("this processor does not compute in %s: %s is used", wanted, F32)
        return classifier, None
    assert first is not None
    try:
        chosen = lowered(classifier, wanted, first)
        check = compared(classifier, chosen, first)
    except NoPictures as error:
        log.warning("%s to try %s on: %s is used", error, wanted, F32)
        return classifier, None
    if not check.keeps_faith:
        log.warning("%s: what was judged on %s does not hold for it", check, F32)
    return chosen, check


def _fastest(
    classifier: NetworkClassifier, first: FirstPictures
) -> tuple[NetworkClassifier, Check | None]:
    """Return the fastest candidate that keeps faith, else f32, with the comparison that decided."""
    best: tuple[NetworkClassifier, Check | None] = (classifier, None)
    if classifier.network.graph is None or classifier.precision != F32:
        return best
    for precision in CANDIDATES:
        if not computes_in(precision):
            continue
        try:
            other = lowered(classifier, precision, first)
            check = compared(classifier, other, first)
        except ModelError as error:
            log.info("%s is not tried: %s", precision, error)
            continue
        log.info("%s", check)
        if check.keeps_faith and check.pictures >= PICTURES and check.speedup >= FASTER:
            return other, check
        # of those that do not, the last one that was tried tells why it is f32
        best = classifier, check
    return best


def lowered(
    classifier: NetworkClassifier, precision: str, first: FirstPictures
) -> NetworkClassifier:
    """Return a classifier in one of `CANDIDATES`."""
    graph = classifier.network.graph
    assert graph is not None
    if precision == BF16_SPARING:
        graph = in_bf16(graph)
    elif precision != BF16:
        missing = "int8 needs NNCF, pip install nncf"
        with refusals(ModelError, missing, f"NNCF refuses {classifier.name}"):
            graph = quantised(graph, first, sparing=precision == INT8_SPARING)
    return replace(classifier, network=openvino_network(graph, precision, classifier.name))


def compared(
    classifier: NetworkClassifier, other: NetworkClassifier, first: FirstPictures
) -> Check:
    """Return how a classifier in another precision compares on these pictures; measured once."""
    name = f"{other.precision}-{hashlib.sha256(first.fingerprint.encode()).hexdigest()[:16]}"

    def measure(folder: Path) -> None:
        pictures = first.load()
        reference, slow = _timed(classifier, pictures)
        scores, fast = _timed(other, pictures)
        found = asdict(difference(reference, scores))
        check = Check(
            **found, precision=other.precision, pictures=len(pictures), speedup=slow / fast
        )
        (folder / "faith.json").write_text(json.dumps(asdict(check), indent=1) + "\n")

    assert other.network.graph is not None
    folder = cache.kept(f"{other.network.graph.key}/faith-{name}", measure)
    return Check(**json.loads((folder / "faith.json").read_text()))


def _timed(classifier: NetworkClassifier, pictures: np.ndarray) -> tuple[np.ndarray, float]:
    classifier.classify(pictures[:1])  # compiles
    began = time.perf_counter()
    scores = classifier.classify(pictures)
    return scores, time.perf_counter() - began
