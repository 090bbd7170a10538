"""Runs of the pipeline without a command around it: what goes in, and the seconds it took."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from vision.classifiers import Classifier
from vision.decode import DecodeOptions
from vision.fetch import Fetcher, FetchOptions
from vision.pipeline import Pipeline
from vision.pipeline_options import PipelineOptions
from vision.prepare import Preparer
from vision.preprocessing import Preprocessing
from vision.records import Event, ImageRecord


class Stub:
    """A classifier that costs nothing."""

    name, runtime, precision, weights_sha256 = "stub", "none", "f32", "00"
    batch_size, lanes = None, 1
    classes = tuple("abcdefghij")

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing

    def classify(self, batch: np.ndarray) -> np.ndarray:
        return np.full((len(batch), len(self.classes)), 0.1, np.float32)

    def features(self, batch: np.ndarray) -> np.ndarray:
        return np.zeros((len(batch), 1), np.float32)


class Counted:
    """A sink that only counts what comes."""

    position, last_key = 0, None

    def __init__(self) -> None:
        self.labeled = 0

    def write(self, batch: Sequence[Event]) -> None:
        self.labeled += len(batch)

    def close(self, *, finished: bool) -> None:
        pass


def files(folder: Path) -> list[ImageRecord]:
    return [ImageRecord(str(p), str(p), path=str(p)) for p in sorted(folder.iterdir())]


def seconds(
    records: Iterable[ImageRecord],
    classifier: Classifier,
    decode: DecodeOptions,
    options: PipelineOptions,
    root: Path | None = None,
) -> float:
    """Return how long the pipeline takes for these pictures; all have to be labeled."""
    roots = () if root is None else (root,)
    fetcher = Fetcher(FetchOptions(roots, allow_private=True))
    preparer = Preparer(fetcher, decode, classifier.preprocessing)
    sink = Counted()
    began = time.monotonic()
    tally = Pipeline(records, preparer, classifier, sink, options).run()
    took = time.monotonic() - began
    fetcher.close()
    if tally.failed:
        raise SystemExit(f"pictures failed: {dict(tally.failed)}")
    return took


def scores(classifier: Classifier, prepared: Sequence[np.ndarray]) -> np.ndarray:
    """Return the scores of prepared pictures, classified in batches as the classifier likes."""
    size = classifier.batch_size or 16
    spare = [prepared[0]] * (-len(prepared) % size)
    batches = np.stack([*prepared, *spare]).reshape(-1, size, *prepared[0].shape)
    found = [classifier.classify(batch) for batch in batches]
    return np.concatenate(found)[: len(prepared)]


def on_all_cores(work: Callable[[bytes], object], contents: Sequence[bytes]) -> float:
    """Return how long it takes to do this to each of `contents`, a thread a core."""
    left = iter(contents)
    lock = threading.Lock()

    def worker() -> None:
        while True:
            with lock:
                data = next(left, None)
            if data is None:
                return
            work(data)

    threads = [threading.Thread(target=worker) for _ in range(os.cpu_count() or 1)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def medians(rounds: int, runs: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return the median of each run; they alternate, so that all see the machine alike."""
    for run in runs.values():
        run()
    took: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            took[name].append(run())
    return {name: statistics.median(values) for name, values in took.items()}
