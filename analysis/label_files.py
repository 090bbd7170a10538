"""Labels of pictures in files: tables, tasks for Label Studio, folders of links by label."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from db import tables
from db.outfile import beside, opened
from vision.errors import InputError, OutputError

LABEL_STUDIO, FOLDERS = "label-studio", "folders"
FORMATS = (tables.TSV, tables.JSONL, tables.PARQUET, LABEL_STUDIO, FOLDERS)

MODEL, REVIEWER = "model", "reviewer"

_LONGEST_NAME = 60
"""Characters of a label in a file name; with up to four bytes each, every file system takes it."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a picture is labeled as, and by whom.

    `source` is `MODEL` or `REVIEWER`. `label`, `class_id` and `score` are those of the prediction
    that counts, None where people called the model wrong and told nothing better; `probability`
    is the recalibrated score of a model's label, 0 to 1, where asked for.
    """

    key: str
    tweet_id: str | None
    link: str
    label: str | None
    class_id: int | None
    score: float | None
    probability: float | None
    source: str


Write = Callable[[Sequence[Label]], None]

_KINDS = {"class_id": int, "score": float, "probability": float}


def file_of_labels(
    path: str | None, form: str, model: str, *, calibrated: bool
) -> AbstractContextManager[Write]:
    """Open a file (or folder) of labels; what it gives writes some thousand at a time.

    Parameters
    ----------
    path : str or None
        None is standard output, for the formats that are one text.
    form : str
        One of `FORMATS`.
    model : str
        The model's name, for Label Studio.
    calibrated : bool
        Whether there are probabilities.

    Raises
    ------
    InputError
        If the format needs a path and has none.
    OutputError
        If it cannot be written, or the folder holds something.
    """
    if form == FOLDERS:
        if path is None:
            raise InputError("folders need a place: name a new folder with --output")
        return _folder(path)
    if form == LABEL_STUDIO:
        return _tasks(path, model)
    tables.check_output(form, path)
    names = [name for name in Label.__slots__ if calibrated or name != "probability"]
    return _table(path, form, names)


@contextmanager
def _table(path: str | None, form: str, names: Sequence[str]) -> Iterator[Write]:
    columns = [tables.Column(name, _KINDS.get(name, str)) for name in names]
    with tables.table(path, form, columns) as write:
        yield lambda labels: write([[getattr(each, name) for name in names] for each in labels])


@contextmanager
def _tasks(path: str | None, model: str) -> Iterator[Write]:
    """Write tasks with pre-annotations as Label Studio imports them, one a line of a JSON list.

    The project's labeling interface names the image `image` and the choices `label`.
    """
    with opened(path) as out:
        before = "[\n"

        def write(labels: Sequence[Label]) -> None:
            nonlocal before
            for label in labels:
                out.write(before + json.dumps(_task(label, model), ensure_ascii=False))
                before = ",\n"

        yield write
        out.write(f"{before}]\n" if before == "[\n" else "\n]\n")


def _task(label: Label, model: str) -> dict[str, object]:
    data = {"image": label.link, "key": label.key, "tweet_id": label.tweet_id}
    if label.label is None:
        return {"data": data}
    choice = {
        "from_name": "label",
        "to_name": "image",
        "type": "choices",
        "value": {"choices": [label.label]},
    }
    prediction = {
        "model_version": model if label.source == MODEL else REVIEWER,
        "score": label.score if label.probability is None else label.probability,
        "result": [choice],
    }
    return {"data": data, "predictions": [prediction]}


@contextmanager
def _folder(path: str) -> Iterator[Write]:
    """Write a file of links for each label into a folder, which appears once it is whole."""
    target = Path(path).resolve()
    part = beside(target)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OutputError(f"{path} is there already: name a new or an empty folder")
        part.mkdir(parents=True)
        try:
            yield partial(_add_links, part, _FileNames())
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _add_links(folder: Path, names: _FileNames, labels: Sequence[Label]) -> None:
    links: dict[str, list[str]] = {}
    for each in labels:
        # one a line, whatever is in it: as in a TSV
        links.setdefault(names.of(each), []).append(f"{tables.field(each.link)}\n")
    for name, lines in links.items():
        with (folder / name).open("a", encoding="utf-8", newline="") as out:
            out.writelines(lines)


class _FileNames:
    """A file name for each class: safe, telling, and never the same for two, whatever the case."""

    def __init__(self) -> None:
        self._names: dict[tuple[int | None, str | None], str] = {}
        self._taken: set[str] = set()

    def of(self, label: Label) -> str:
        which = (label.class_id, label.label)
        if which not in self._names:
            self._names[which] = self._new(label)
        return self._names[which]

    def _new(self, label: Label) -> str:
        text = "without label" if label.label is None else label.label
        safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in text)
        stem = safe[:_LONGEST_NAME] + ("" if label.class_id is None else f"-{label.class_id}")
        name, number = f"{stem}.txt", 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}.txt"
        self._taken.add(name.casefold())
        return name
