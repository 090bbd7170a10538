"""Result files: predictions, failures and features, written so that a killed run resumes.

Beside the first file lies `<file>.progress`: how many events are stored for good and how long
each file was then. A resumed run cuts the files back to that and goes on from there, so that
the end result is byte for byte that of a run that was never interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.appended import FeatureFile, TextFile
from vision.errors import OutputError
from vision.records import Event, Failure, RunInfo
from vision.rows import (
    csv_header,
    csv_text,
    failures_text,
    feature_rows_header,
    feature_rows_text,
)

_CHECKPOINT_SECONDS = 0.5
_MADE_BY = ("model", "weights_sha256", "runtime", "precision", "preprocessing")


@dataclass(frozen=True)
class ResultFiles:
    """Which files a run writes; at least one. `header` puts column names on top of the CSV.

    Beside `features`, which is an array, lie a .csv that says whose features its rows are, and a
    .json that says what made them.
    """

    output: Path | None = None
    failures: Path | None = None
    header: bool = False
    features: Path | None = None

    @property
    def progress(self) -> Path:
        first = self.output or self.features or self.failures
        assert first is not None
        return first.with_name(first.name + ".progress")

    def beside_features(self) -> tuple[Path, Path]:
        """Return the files that explain those of `features`: whose they are, what made them."""
        assert self.features is not None
        return self.features.with_suffix(".csv"), self.features.with_suffix(".json")

    def parts(self, k: int) -> list[TextFile | FeatureFile]:
        """Return what is written while pictures come, of `k` predictions each."""
        files: list[TextFile | FeatureFile] = []
        if self.output:
            head = csv_header(k) if self.header else ""
            files.append(TextFile("output", self.output, csv_text, head))
        if self.features:
            rows, _ = self.beside_features()
            files.append(FeatureFile(self.features))
            files.append(TextFile("feature_rows", rows, feature_rows_text, feature_rows_header()))
        if self.failures:
            files.append(TextFile("failures", self.failures, failures_text))
        return files


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
        self._parts = files.parts(info.k)
        self._name = self._parts[0].path
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
            self._open(known if resume else None, files)
        except OSError as error:
            raise OutputError(f"cannot write {error.filename}: {error.strerror}") from error

    def _open(self, known: dict[str, Any] | None, files: ResultFiles) -> None:
        for part in self._parts:
            part.path.parent.mkdir(parents=True, exist_ok=True)
        if known is None:
            self._store_checkpoint({}, finished=False)
        else:
            self._check_same_run(known["run"])
            self.position, self.last_key = known["position"], known["last_key"]
            if self.position and ("features" in known["sizes"]) != bool(files.features):
                raise OutputError(
                    f"{self._name} was begun {'without' if files.features else 'with'} --features; "
                    "resume with the same options or choose another --output"
                )
        sizes = [known["sizes"].get(part.role, 0) if known else 0 for part in self._parts]
        for part, size in zip(self._parts, sizes, strict=True):
            if (part.path.stat().st_size if part.path.exists() else 0) < size:
                raise OutputError(
                    f"{part.path} is shorter than its progress file says; start again without "
                    f"--resume after removing {self._progress}"
                )
        with ExitStack() as opened:
            for part, size in zip(self._parts, sizes, strict=True):
                part.open(size)
                opened.callback(part.close)
            if files.features:
                _, about = files.beside_features()
                _replace(about, {name: self._run[name] for name in _MADE_BY})
            opened.pop_all()

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
            encoded = [part.encode(new) for part in self._parts]
            for part, data in zip(self._parts, encoded, strict=True):
                part.append(data)
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
            for part in self._parts:
                part.close()
        except OSError as error:
            for part in self._parts:
                with suppress(OSError):
                    part.close()
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write {self._name}: {error.strerror}; "
            "when that is mended, the same command with --resume goes on"
        )

    def _checkpoint(self, *, finished: bool) -> None:
        sizes = {part.role: part.save() for part in self._parts}
        self._store_checkpoint(sizes, finished=finished)
        self._next_checkpoint = time.monotonic() + _CHECKPOINT_SECONDS

    def _store_checkpoint(self, sizes: dict[str, int], *, finished: bool) -> None:
        state = {
            "run": self._run,
            "position": self.position,
            "last_key": self.last_key,
            "finished": finished,
            "sizes": sizes,
        }
        _replace(self._progress, state)

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


def _replace(path: Path, told: dict[str, Any]) -> None:
    """Write JSON into a file that is whole at any time."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
