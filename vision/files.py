"""Result files: predictions as CSV, failures as NDJSON, written so that a killed run resumes.

Beside the first file lies `<file>.progress`: how many events are stored for good and how long
each file was then. A resumed run cuts the files back to that and goes on from there, so that
the end result is byte for byte that of a run that was never interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.errors import OutputError
from vision.records import Event, Failure, RunInfo
from vision.rows import csv_header, csv_text, failures_text

_CHECKPOINT_SECONDS = 0.5


@dataclass(frozen=True)
class ResultFiles:
    """Which files a run writes; at least one. `header` puts column names on top of the CSV."""

    output: Path | None = None
    failures: Path | None = None
    header: bool = False

    @property
    def progress(self) -> Path:
        first = self.output or self.failures
        assert first is not None
        return first.with_name(first.name + ".progress")


class FileSink:
    """Rows and failures into files, with a checkpoint at most twice a second.

    Parameters
    ----------
    files : ResultFiles
    info : RunInfo
        Kept in the checkpoint; a run with other settings may not go on in the same file.
    resume : bool
        Go on where the checkpoint says; without one begin anew.

    Raises
    ------
    OutputError
        If a file cannot be written, belongs to an interrupted run (without `resume`) or to a
        run with other settings (with it).
    """

    def __init__(self, files: ResultFiles, info: RunInfo, *, resume: bool) -> None:
        self.position = 0
        self.last_key: str | None = None
        self._progress = files.progress
        self._run = {name: value for name, value in asdict(info).items() if name != "arguments"} | {
            "input": info.arguments["input"]
        }
        self._parts = [
            (role, path, render)
            for role, path, render in (
                ("output", files.output, csv_text),
                ("failures", files.failures, failures_text),
            )
            if path is not None
        ]
        self._name = self._parts[0][1]
        self._next_checkpoint = 0.0
        known = self._read_checkpoint()
        if known and not resume and not known["finished"]:
            raise OutputError(
                f"{self._name} holds an interrupted run: --resume finishes it "
                f"(to begin anew, remove {self._progress})"
            )
        if resume and not known and self._name.exists() and self._name.stat().st_size:
            raise OutputError(
                f"{self._name} has no {self._progress.name} beside it, so nobody knows how far it "
                "got; choose another --output, or leave out --resume to write it anew"
            )
        try:
            self._open(known if resume else None, files, info.k)
        except OSError as error:
            raise OutputError(f"cannot write {error.filename}: {error.strerror}") from error

    def _open(self, known: dict[str, Any] | None, files: ResultFiles, k: int) -> None:
        for _, path, _ in self._parts:
            path.parent.mkdir(parents=True, exist_ok=True)
        if known is None:
            self._store_checkpoint({}, finished=False)
        else:
            self._check_same_run(known["run"])
            self.position, self.last_key = known["position"], known["last_key"]
        sizes = [known["sizes"].get(role, 0) if known else 0 for role, _, _ in self._parts]
        paths = [path for _, path, _ in self._parts]
        for path, size in zip(paths, sizes, strict=True):
            if (path.stat().st_size if path.exists() else 0) < size:
                raise OutputError(
                    f"{path} is shorter than its progress file says; start again without --resume "
                    f"after removing {self._progress}"
                )
        self._files = [path.open("r+b" if path.exists() else "w+b") for path in paths]
        for file, size in zip(self._files, sizes, strict=True):
            file.truncate(size)
            file.seek(size)
        if files.header and files.output and sizes[0] == 0:
            self._files[0].write(csv_header(k).encode())

    def _check_same_run(self, before: dict[str, Any]) -> None:
        for name, value in self._run.items():
            if before.get(name) != value:
                raise OutputError(
                    f"{self._name} was begun with {name} {before.get(name)!r}, not {value!r}; "
                    "resume with the same settings or choose another --output"
                )

    def write(self, batch: Sequence[Event]) -> None:
        new = [event for event in batch if event.position >= self.position]
        if not new:
            return
        try:
            texts = [render(new).encode() for _, _, render in self._parts]
            for file, text in zip(self._files, texts, strict=True):
                file.write(text)
            self.position = new[-1].position + 1
            last = new[-1]
            self.last_key = last.key if isinstance(last, Failure) else last.record.key
            if time.monotonic() >= self._next_checkpoint:
                self._checkpoint(finished=False)
        except OSError as error:
            raise self._cannot_write(error) from error

    def close(self, *, finished: bool) -> None:
        try:
            self._checkpoint(finished=finished)
            for file in self._files:
                file.close()
        except OSError as error:
            for file in self._files:
                with suppress(OSError):
                    file.close()
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write {self._name}: {error.strerror}; "
            "when that is mended, the same command with --resume goes on"
        )

    def _checkpoint(self, *, finished: bool) -> None:
        sizes = {}
        for (role, _, _), file in zip(self._parts, self._files, strict=True):
            file.flush()
            os.fsync(file.fileno())
            sizes[role] = file.tell()
        self._store_checkpoint(sizes, finished=finished)
        self._next_checkpoint = time.monotonic() + _CHECKPOINT_SECONDS

    def _store_checkpoint(self, sizes: dict[str, int], *, finished: bool) -> None:
        part = self._progress.with_name(self._progress.name + ".part")
        state = {
            "run": self._run,
            "position": self.position,
            "last_key": self.last_key,
            "finished": finished,
            "sizes": sizes,
        }
        with part.open("w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self._progress)

    def _read_checkpoint(self) -> dict[str, Any] | None:
        try:
            known = json.loads(self._progress.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise OutputError(f"cannot read {self._progress}: {error}") from error
        if not isinstance(known, dict) or not {"run", "position", "sizes", "finished"} <= set(
            known
        ):
            raise OutputError(f"{self._progress} is no progress file of ours; remove it")
        return known
