"""Where the events of a run go: which sinks a command line asks for."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from vision.errors import OutputError
from vision.files import FileSink, ResultFiles
from vision.records import Event, Labeled, RunInfo, Sink
from vision.rows import csv_header, csv_text, failures_text
from vision.streams import StreamSink

OpenDatabase = Callable[[str, RunInfo, bool], Sink]
"""(URL or `DEFAULT_DATABASE`, run, resume) -> sink; `vision` knows no database itself."""

STDOUT = Path("-")
"""What names stdin and stdout on a command line."""

_log = logging.getLogger(__name__)


def regular(path: Path | None) -> Path | None:
    """Return a path to write to that is a file to keep and resume: not stdout, device or pipe."""
    if path is None or path == STDOUT or (path.exists() and not (path.is_file() or path.is_dir())):
        return None
    return path


def can_resume(arguments: argparse.Namespace) -> bool:
    """Return whether what a command line writes is kept, so that a later run can go on in it."""
    return bool(regular(arguments.output) or arguments.features or arguments.database)


def sinks(arguments: argparse.Namespace, info: RunInfo, open_database: OpenDatabase) -> list[Sink]:
    """Open every sink that a command line asks for.

    Raises
    ------
    ProofsheetError
        If one cannot be opened.
    """
    found: list[Sink] = []
    output, failures = regular(arguments.output), regular(arguments.failures)
    if arguments.database:  # first, so that no file is emptied when it cannot be reached
        found.append(open_database(arguments.database, info, arguments.resume))
    if output or failures or arguments.features:
        files = ResultFiles(output, failures, arguments.header, arguments.features)
        found.append(FileSink(files, info, resume=arguments.resume))
    if not output and (arguments.output or not (arguments.database or arguments.features)):
        head = csv_header(info.k) if arguments.header else ""
        found.append(StreamSink(_stream(arguments.output), csv_text, head))
    if arguments.failures and not failures:
        found.append(StreamSink(_stream(arguments.failures), failures_text))
    if arguments.logpreds:
        found.append(_PredictionLog())
    return found


def _stream(path: Path | None) -> IO[str]:
    """Open a device or pipe to write to; stdout for none or -."""
    if path is not None and path != STDOUT:
        try:
            return path.open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
    if sys.stdout is None:
        raise OutputError("stdout is closed; give --output FILE or --database")
    # rows are UTF-8 wherever they go; what a user's locale is does not matter
    return open(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="")


class _PredictionLog:
    """Logs what goes by; it stores nothing, so there is nothing that it could still be missing."""

    position = sys.maxsize
    last_key = None

    def write(self, batch: Sequence[Event]) -> None:
        for event in batch:
            if isinstance(event, Labeled):
                best = ", ".join(f"{p.label} {p.score:.4f}" for p in event.predictions)
                _log.info("%s: %s", event.record.key, best)
            else:
                _log.info(
                    "%s: %s failed, %s %s", event.key, event.stage, event.reason, event.detail
                )

    def close(self, *, finished: bool) -> None:
        pass


def close(sink: Sink, finished: bool) -> None:
    """Close a sink; after a failure its own trouble must not hide what came first."""
    try:
        sink.close(finished=finished)
    except Exception:
        if finished:
            raise
        _log.debug("while closing", exc_info=True)
