"""The command line of `bin/label_images.py`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from vision.appended import NPY
from vision.decode import DecodeOptions
from vision.fetch import FetchOptions
from vision.models import DEFAULT_MODEL, model_names
from vision.pipeline_options import PipelineOptions
from vision.precision import AUTO, PICTURES, PRECISIONS, WORTH_IT
from vision.preprocessing import MODES, SCALINGS
from vision.runtimes import RUNTIMES

DEFAULT_DATABASE = "default"
"""What `--database` without a URL stands for; `db.engine` knows the real one."""


def parser() -> argparse.ArgumentParser:
    """Return the parser; its defaults are those of the option classes of the stages."""
    fetch, decode, pipeline = FetchOptions(), DecodeOptions(), PipelineOptions()
    out = argparse.ArgumentParser(
        prog="label_images.py",
        description="Label photos or the pictures of posts with a pretrained model: "
        "top-k predictions as CSV and in the database.",
        epilog="exit codes: 0 done, 1 could not do it, 2 wrong use, 130 interrupted",
    )
    add = out.add_argument_group("input").add_argument
    add(
        "--input",
        type=_path,
        metavar="PATH",
        help="JSON lines, a JSON array or a tweets.js of "
        "posts (plain or .gz), a text or CSV list of links, or a folder of photos; default stdin",
    )
    add(
        "--image-root",
        type=_path,
        action="append",
        metavar="DIR",
        help="folder that local paths "
        "in the input are relative to and may not leave; may be given again; default: the working "
        "directory, or the folder given as --input",
    )
    add("--limit", type=_positive, metavar="N", help="stop after N pictures")

    add = out.add_argument_group("model").add_argument
    add(
        "-m",
        "--model",
        default=DEFAULT_MODEL,
        metavar="MODEL",
        help="one of "
        f"{', '.join(model_names())}; or the path of a .keras, .h5, .onnx, .tflite or OpenVINO "
        ".xml file (default: %(default)s)",
    )
    add(
        "-k",
        "--topk",
        type=_positive,
        default=pipeline.k,
        metavar="K",
        help="predictions for each picture (default: %(default)s)",
    )
    add(
        "--weights", type=_path, metavar="FILE", help="weights of the model, in place of a download"
    )
    add(
        "--labels",
        type=_path,
        metavar="FILE",
        help="class names, one a line, or a TSV with the columns index and name",
    )
    add(
        "--resize",
        choices=MODES,
        default=MODES[0],
        help="crop: short side to size, then the "
        "centre; stretch: straight to size, aspect lost (default: %(default)s)",
    )
    add(
        "--scaling",
        choices=SCALINGS,
        help="values a model file expects: raw 0..255, unit 0..1, "
        "tf -1..1, torch or caffe ImageNet statistics (default: raw)",
    )

    add(
        "--runtime",
        choices=RUNTIMES,
        default=AUTO,
        help="what computes: OpenVINO (Keras models are converted once and kept), or Keras; auto "
        "is the faster one that can do it (default: %(default)s)",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        default=AUTO,
        help="what OpenVINO computes in: auto is the fastest one that agrees with f32 on the first "
        f"{PICTURES} pictures of a file or folder of {WORTH_IT:,} or more, else f32 "
        "(default: %(default)s)",
    )

    add = out.add_argument_group("output").add_argument
    add(
        "--output",
        type=_path,
        metavar="FILE",
        help="CSV file: tweet_id, link, label_1, score_1, "
        "... (default: stdout, or none with --database or --features; - is stdout)",
    )
    add("--header", action="store_true", help="column names on top of the CSV")
    add(
        "--database",
        nargs="?",
        const=DEFAULT_DATABASE,
        metavar="URL",
        help="write to a database (without URL: $DATABASE_URL, or sqlite:///data/proofsheet.db)",
    )
    add(
        "--failures",
        type=_file,
        metavar="FILE",
        help="one JSON object for each picture that failed",
    )
    add(
        "--features",
        type=_npy,
        metavar="FILE.npy",
        help="what the model makes of each picture before its last layer, (pictures, D) in "
        "float16; FILE.csv says whose the rows are, FILE.json what made them",
    )
    add(
        "--keep-images",
        type=_path,
        metavar="DIR",
        help="keep copies, long side at most 1280, so that review works when links have died",
    )
    add(
        "--resume",
        action="store_true",
        help="go on where the same command was interrupted (needs --output, --features or "
        "--database)",
    )
    add("-l", "--logpreds", action="store_true", help="log every picture's predictions on stderr")
    add("-v", "--verbose", action="store_true", help="debug messages, tracebacks")
    add("--quiet", action="store_true", help="no progress and no summary")

    add = out.add_argument_group("limits").add_argument
    add(
        "--batch-size",
        type=_at_most(LARGEST_BATCH),
        default=pipeline.batch_size,
        metavar="N",
        help="pictures the model takes at once (default: as many as it likes)",
    )
    add(
        "--workers",
        type=_at_most(MOST_WORKERS),
        default=pipeline.workers,
        metavar="N",
        help="links fetched at the same time (default: %(default)s)",
    )
    add(
        "--per-host",
        type=_at_most(MOST_WORKERS),
        default=pipeline.per_host,
        metavar="N",
        help="links fetched from one host at the same time (default: %(default)s)",
    )
    add(
        "--timeout",
        type=_seconds,
        default=fetch.timeout,
        metavar="S",
        help="seconds for one attempt at a link (default: %(default)g)",
    )
    add(
        "--max-bytes",
        type=_positive,
        default=fetch.max_bytes,
        metavar="N",
        help="largest picture file in bytes (default: %(default)s)",
    )
    add(
        "--max-pixels",
        type=_positive,
        default=decode.max_pixels,
        metavar="N",
        help="largest picture in pixels, checked before decoding (default: %(default)s)",
    )
    add(
        "--allow-private-hosts",
        action="store_true",
        help="follow links to this machine and private networks too",
    )
    return out


def _path(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("an empty path")
    # a shell leaves ~ alone inside quotes and after =
    return Path(text).expanduser()


MOST_WORKERS, LARGEST_BATCH = 512, 4096
"""Beyond these the machine gives up before the work gets faster."""


def _at_most(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = _positive(text)
        if value > most:
            raise argparse.ArgumentTypeError(f"{value} is over {most}")
        return value

    return number


def _npy(text: str) -> Path:
    path = _path(text)
    if path.suffix != NPY:
        raise argparse.ArgumentTypeError(f"{text} does not end in {NPY}")
    return path


def _file(text: str) -> Path:
    if text == "-":
        raise argparse.ArgumentTypeError("- is stdout, which is for the CSV; name a file")
    return _path(text)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < number < 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and a day of seconds")
    return number
