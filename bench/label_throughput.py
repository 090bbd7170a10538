#!/usr/bin/env python3
"""Pictures a second from JPEG files to CSV and database, beside the seed's way and the limits.

The seed's way is that of the Keras documentation: load_img, preprocess_input, predict, one by one.
The limit of VGG16 is the bare compiled model at the same precision, without any input or output;
that of EfficientNet-Lite0 is 1 / (1 / model + 1 / decoder), each measured alone on all cores. What
the processor does not compute in is left out and said.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np

from bench.goals import report
from bench.pipelines import corpus, runs
from bench.pipelines.networks import write_vgg16
from db.engine import connect
from db.sink import DatabaseSink
from vision import keras_models, models
from vision.ahead import first_pictures
from vision.classifiers import NetworkClassifier
from vision.decode import DecodeOptions, open_picture
from vision.fetch import Fetcher, FetchOptions
from vision.files import FileSink, ResultFiles
from vision.networks import F32
from vision.openvino_networks import computes_in
from vision.pipeline import Pipeline
from vision.pipeline_options import PipelineOptions
from vision.precision import settle
from vision.prepare import Preparer
from vision.records import ImageRecord, RunInfo
from vision.streams import Tee

SIZE = (500, 375)
K = 5
OVER_SEED = {"int8": 8.0, "bf16": 4.2, F32: 2.1}
OVER_BARE = 0.93
OVER_LIMIT = 0.85
WITH_FEATURES = 0.95
PIXELS = 64
"""Prepared pictures that bare models get again and again."""


def decoding(classifier: NetworkClassifier) -> DecodeOptions:
    return DecodeOptions(enough=2 * classifier.preprocessing.resize_target)


def end_to_end(
    classifier: NetworkClassifier, records: list[ImageRecord], *, features: bool = False
) -> float:
    """Return pictures a second from files to a CSV file, an SQLite database and maybe features."""
    arguments = {"input": "bench", "roots": [], "keep_images": None}
    info = RunInfo(
        classifier.name, classifier.weights_sha256, classifier.runtime, classifier.precision,
        classifier.preprocessing.describe(), K, arguments,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/p.db")
        array = Path(folder, "features.npy") if features else None
        files = ResultFiles(Path(folder, "preds.csv"), features=array)
        sink = Tee([DatabaseSink(engine, info, resume=False), FileSink(files, info, resume=False)])
        fetcher = Fetcher(FetchOptions((Path("/"),)))
        preparer = Preparer(fetcher, decoding(classifier), classifier.preprocessing, k=K)
        began = time.monotonic()
        options = PipelineOptions(K, features=features)
        tally = Pipeline(records, preparer, classifier, sink, options).run()
        sink.close(finished=True)
        took = time.monotonic() - began
        fetcher.close()
        engine.dispose()
    if tally.labeled != len(records):
        raise SystemExit(f"not all pictures were labeled: {tally}")
    return len(records) / took


def bare(classifier: NetworkClassifier, pixels: np.ndarray) -> float:
    """Return pictures a second of the model alone, on all cores."""
    began = time.monotonic()
    classifier.classify(pixels)
    return len(pixels) / (time.monotonic() - began)


def decoder(classifier: NetworkClassifier, records: list[ImageRecord]) -> float:
    """Return pictures a second of decoding and resizing alone, on all cores."""
    contents = [Path(record.link).read_bytes() for record in records]
    options = decoding(classifier)

    def work(data: bytes) -> np.ndarray:
        return classifier.preprocessing.prepare(open_picture(data, options).original)

    return len(contents) / runs.on_all_cores(work, contents)


def seeds_way(weights: Path, records: list[ImageRecord]) -> Callable[[], float]:
    """Return a function that measures pictures a second of Keras, one by one."""
    keras = keras_models.import_keras()
    model = keras.applications.VGG16(weights=None)
    model.load_weights(weights)

    def run() -> float:
        began = time.monotonic()
        for record in records:
            picture = keras.utils.load_img(record.link, target_size=(224, 224))
            batch = np.expand_dims(keras.utils.img_to_array(picture), 0)
            model.predict(keras.applications.vgg16.preprocess_input(batch), verbose=0)
        return len(records) / (time.monotonic() - began)

    return run


def prepared(classifier: NetworkClassifier, records: list[ImageRecord]) -> np.ndarray:
    preparer = Preparer(
        Fetcher(FetchOptions((Path("/"),))), decoding(classifier), classifier.preprocessing
    )
    return first_pictures(records, preparer, "bench", PIXELS).load()


def of_vgg16(records: list[ImageRecord], rounds: int) -> list[bool]:
    with tempfile.TemporaryDirectory() as folder:
        weights = write_vgg16(Path(folder))
        reference = models.load("vgg16", weights=weights, runtime="openvino")
        preparer = Preparer(
            Fetcher(FetchOptions((Path("/"),))), decoding(reference), reference.preprocessing
        )
        first = first_pictures(records, preparer, "bench", 256)
        classifiers = {F32: reference}
        for precision in ("bf16", "int8"):
            if computes_in(precision):
                classifiers[precision], check = settle(reference, precision, first)
                print(check, flush=True)
            else:
                print(f"vgg16 {precision}: this processor does not compute in it")
        pixels = prepared(reference, records)
        measures: dict[str, Callable[[], float]] = {
            "seed": seeds_way(weights, list(islice(records, 12)))
        }
        for precision, classifier in classifiers.items():
            count = 64 if precision == F32 else 128
            measures[precision] = partial(end_to_end, classifier, records[:count])
            measures[f"bare {precision}"] = partial(bare, classifier, np.tile(pixels, (2, 1, 1, 1)))
        rates = runs.medians(rounds, measures)
    for name, rate in rates.items():
        print(f"vgg16 {name}: {rate:.1f} pictures a second")
    met = []
    for precision in classifiers:
        over_seed, over_bare = (
            rates[precision] / rates[peer] for peer in ("seed", f"bare {precision}")
        )
        met += [
            report(f"vgg16 {precision} over the seed's way", over_seed, ">=", OVER_SEED[precision]),
            report(f"vgg16 {precision} over the bare model", over_bare, ">=", OVER_BARE),
        ]
    return met


def of_lite0(records: list[ImageRecord], rounds: int) -> list[bool]:
    classifier = models.load("efficientnet_lite0")
    pixels = np.tile(prepared(classifier, records), (8, 1, 1, 1))
    rates = runs.medians(
        rounds,
        {
            "end to end": partial(end_to_end, classifier, records),
            "end to end with features": partial(end_to_end, classifier, records, features=True),
            "model": partial(bare, classifier, pixels),
            "decoder": partial(decoder, classifier, records),
        },
    )
    for name, rate in rates.items():
        print(f"efficientnet_lite0 {name}: {rate:.0f} pictures a second")
    limit = 1 / (1 / rates["model"] + 1 / rates["decoder"])
    over = rates["end to end"] / limit
    beside = rates["end to end with features"] / rates["end to end"]
    return [
        report("efficientnet_lite0 end to end over the limit", over, ">=", OVER_LIMIT),
        report("the same with features over without", beside, ">=", WITH_FEATURES),
    ]


def main() -> int:
    parser = corpus.parser(__doc__)
    parser.add_argument("--part", choices=("vgg16", "efficientnet_lite0"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "pictures")
        corpus.write(folder, 1000, SIZE, given.photographs)
        records = runs.files(folder)
        met = []
        if given.part != "vgg16":
            met += of_lite0(records, given.rounds)
        if given.part != "efficientnet_lite0":
            met += of_vgg16(records, given.rounds)
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
