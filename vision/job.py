"""One run of `bin/label_images.py`: from its arguments to the summary."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from io import BufferedReader
from itertools import combinations
from pathlib import Path
from typing import Any

from vision import door, models
from vision.ahead import Trial
from vision.arguments import DEFAULT_DATABASE, parser
from vision.decode import DecodeOptions
from vision.errors import InputError
from vision.fetch import Fetcher, FetchOptions
from vision.files import ResultFiles
from vision.lines import open_input
from vision.networks import FEATURES
from vision.outputs import STDOUT, OpenDatabase, can_resume, close, regular, sinks
from vision.pipeline import Pipeline
from vision.pipeline_options import PipelineOptions
from vision.prepare import Preparer
from vision.progress import Progress, summary
from vision.records import RunInfo
from vision.source import Source
from vision.streams import Tee
from vision.tally import Tally


def main(argv: Sequence[str] | None, open_database: OpenDatabase) -> int:
    """Label what the command line says and return the exit code."""
    arguments = parser().parse_args(argv)
    if arguments.resume and not can_resume(arguments):
        parser().error(
            "--resume needs --output FILE, --features FILE or --database: stdout cannot be resumed"
        )
    if arguments.input is None and sys.stdin is not None and sys.stdin.isatty():
        parser().error("no input: give --input FILE or DIR, or pipe posts into stdin")
    _refuse_same_files(arguments)
    code = door.run(lambda: label(arguments, open_database), verbose=arguments.verbose)
    if code == door.INTERRUPTED:
        # a thread may sit in a read of stdin for ever, and Python's own way out would wait for it
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)
    return code


def _refuse_same_files(arguments: argparse.Namespace) -> None:
    """End with a usage error where one file would be written over by another's content."""
    named = {
        name: path.resolve()
        for name, path in (
            ("--input", arguments.input),
            ("--output", regular(arguments.output)),
            ("--failures", regular(arguments.failures)),
            ("--features", arguments.features),
        )
        if path is not None
    }
    if arguments.features:
        for path in ResultFiles(features=arguments.features).beside_features():
            named[f"the {path.name} beside --features"] = path.resolve()
    for one, other in combinations(named, 2):
        if named[one] == named[other]:
            parser().error(f"{one} and {other} are the same file")
    top, kept = named.get("--input"), arguments.keep_images
    if top is not None and kept is not None and kept.resolve().is_relative_to(top):
        parser().error("--keep-images lies inside the --input folder: its copies would be labeled")


def label(arguments: argparse.Namespace, open_database: OpenDatabase) -> int:
    """Run the pipeline as the arguments say.

    Raises
    ------
    ProofsheetError
        When the run as a whole cannot begin or go on.
    """
    source = Source(_input(arguments.input))
    classifier = models.load(
        arguments.model,
        weights=arguments.weights,
        labels=arguments.labels,
        resize=arguments.resize,
        scaling=arguments.scaling,
        runtime=arguments.runtime,
    )
    models.check_topk(classifier, arguments.topk)
    if arguments.features:
        classifier.network.need(FEATURES)
    roots = _roots(arguments)
    fetcher = Fetcher(
        FetchOptions(roots, arguments.allow_private_hosts, arguments.timeout, arguments.max_bytes)
    )
    enough = 2 * classifier.preprocessing.resize_target
    decode = DecodeOptions(arguments.max_pixels, enough)
    trial = Trial(
        arguments.precision,
        Preparer(fetcher, decode, classifier.preprocessing),
        "\n".join([str(arguments.input), *map(str, roots), classifier.preprocessing.describe()]),
        can_wait=_is_file(arguments.input),
        limit=arguments.limit,
    )
    events, classifier, check = trial.of(classifier, source)
    info = RunInfo(
        model=classifier.name,
        weights_sha256=classifier.weights_sha256,
        runtime=classifier.runtime,
        precision=classifier.precision,
        preprocessing=classifier.preprocessing.describe(),
        k=arguments.topk,
        arguments=_kept_arguments(arguments, roots, classifier.classes)
        | {"check": check and asdict(check)},
    )
    sink = Tee(sinks(arguments, info, open_database))
    preparer = Preparer(
        fetcher,
        decode,
        classifier.preprocessing,
        arguments.keep_images,
        k=arguments.topk,
        features=classifier.network.outputs[FEATURES] if arguments.features else 0,
    )
    options = PipelineOptions(
        arguments.topk,
        arguments.batch_size,
        arguments.workers,
        arguments.limit,
        arguments.per_host,
        features=bool(arguments.features),
    )
    pipeline = Pipeline(events, preparer, classifier, sink, options)
    progress = Progress(
        quiet=arguments.quiet, total=_total(arguments), has_bar=not arguments.logpreds
    )
    finished = False
    try:
        pipeline.run(progress)
        finished = True
    except KeyboardInterrupt:
        if can_resume(arguments):
            print("the same command with --resume goes on from here", file=sys.stderr)
        raise
    finally:
        progress.finish()
        close(sink, finished)
    fetcher.close()
    if not arguments.quiet:
        computed = f"{classifier.runtime} {classifier.precision}"
        told = f"{computed} ({check})" if check else computed
        print(summary(pipeline.tally, source.passed, progress.seconds, told), file=sys.stderr)
        _tell_what_next(arguments, pipeline.tally)
    return door.DONE


def _is_file(path: Path | None) -> bool:
    """Return whether an input lies there as a whole: nobody waits while it is read ahead."""
    if path is None or path == STDOUT:
        return stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)
    return path.is_file() or path.is_dir()


def _input(path: Path | None) -> Path | BufferedReader:
    if path is None or path == STDOUT:
        if sys.stdin is None:
            raise InputError("stdin is closed; give --input FILE or DIR")
        # not sys.stdin.buffer: Python wants that one for itself when it ends
        return open(os.dup(sys.stdin.fileno()), "rb")
    if not path.exists():
        raise InputError(f"there is no {path}; --input takes a file or a folder")
    if path.is_file():
        open_input(path).close()  # better now than when outputs are open
    return path


def _roots(arguments: argparse.Namespace) -> tuple[Path, ...]:
    if arguments.image_root:
        for root in arguments.image_root:
            if not root.is_dir():
                raise InputError(f"--image-root {root} is no folder")
        return tuple(arguments.image_root)
    if arguments.input is not None and arguments.input.is_dir():
        return (arguments.input,)
    return (Path(),)


def _kept_arguments(
    arguments: argparse.Namespace, roots: tuple[Path, ...], classes: tuple[str, ...]
) -> dict[str, Any]:
    kept = arguments.keep_images
    return {
        "input": str(arguments.input or "-"),
        "roots": [str(root.resolve()) for root in roots],
        "keep_images": str(kept.resolve()) if kept else None,
        "classes": sha256("\n".join(classes).encode()).hexdigest(),
    }


def _total(arguments: argparse.Namespace) -> int | None:
    """Return how many pictures there are to come, where a look at the names tells."""
    if arguments.input is None or not arguments.input.is_dir():
        return None
    total = sum(1 for _ in Source(arguments.input))
    return min(total, arguments.limit or total)


def _tell_what_next(arguments: argparse.Namespace, tally: Tally) -> None:
    if tally.failed and not arguments.failures and not arguments.database:
        print("--failures FILE keeps what failed and why", file=sys.stderr)
    if arguments.database:
        where = "" if arguments.database == DEFAULT_DATABASE else " with DATABASE_URL set to it"
        print(f"next: make serve{where}, and look at the sheet", file=sys.stderr)
    elif regular(arguments.output):
        print(f"next: python db/load_data.py --input {arguments.output}", file=sys.stderr)
