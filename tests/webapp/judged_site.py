"""A labeled run with a judged round, for the tests of the results page."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from db import reviewers, rounds
from db.engine import connect
from db.judgments import record
from db.review_events import Judge
from tests.db.judging import store_round
from tests.webapp.filling import fill, labeled, picture, run_info
from vision.records import ImageRecord, Labeled, Prediction

LABELS = ("tabby", "moped", "daisy")


def events(folder: Path, number: int, labels: Sequence[str] = LABELS) -> list[Labeled]:
    """Make pictures 0.jpg, 1.jpg ... whose scores fall evenly from nearly 1 to over a half."""
    folder.mkdir()
    made = []
    for n in range(number):
        data = picture(seed=n, size=(48, 32))
        (folder / f"{n}.jpg").write_bytes(data)
        score = 0.99 - 0.45 * n / number
        at = n % len(labels)
        top = tuple(
            Prediction((at + rank) % len(labels), labels[(at + rank) % len(labels)], share)
            for rank, share in enumerate((score, (1 - score) / 2, (1 - score) / 3))
        )
        made.append(labeled(n, ImageRecord(f"{n}.jpg", f"{n}.jpg"), data, top))
    return made


def verdict(position: int, number: int) -> tuple[str, int | None]:
    """Return a verdict: wrong ones are the more frequent the lower the score."""
    if position % 7 == 3 and position > number / 4:
        return ("topk", 2) if position % 2 else ("none", None)
    return "top1", None


class JudgedRun:
    """A run of some pictures with one round of all, the best-scored first."""

    def __init__(self, folder: Path, number: int = 80, labels: Sequence[str] = LABELS) -> None:
        self.url = f"sqlite:///{folder}/results.db"
        self.number = number
        photos = folder / "photos"
        self.run_id = fill(self.url, run_info(photos), events(photos, number, labels))
        self.engine: Engine = connect(self.url)
        self.round_id = store_round(self.engine, self.run_id, overlap=1)

    def copied(self, folder: Path) -> JudgedRun:
        """Return the same run in a database of its own; its pictures stay where they are."""
        self.engine.dispose()
        made = copy.copy(self)
        made.url = f"sqlite:///{shutil.copy(self.url.removeprefix('sqlite:///'), folder)}"
        made.engine = connect(made.url)
        return made

    def judge(self, positions: Sequence[int], name: str = reviewers.LOCAL, said: str = "") -> None:
        """Judge pictures, by `verdict` unless something is `said` of all of them."""
        with self.engine.connect() as connection:
            row = rounds.by_id(connection, self.round_id)
        assert row is not None
        given = []
        for position in positions:
            what, rank = (said, None) if said else verdict(position, self.number)
            given.append(Judge(str(uuid4()), row.uuid, position, what, rank=rank))
        answers = record(self.engine, self._id(name), given)
        assert all(answer.why is None for answer in answers)

    def _id(self, name: str) -> int:
        if name == reviewers.LOCAL:
            return reviewers.local(self.engine).id
        with self.engine.connect() as connection:
            found = reviewers.credentials(connection, name)
        assert found is not None
        return found[0].id
