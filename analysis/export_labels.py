"""Applies a chosen threshold to a whole run: labels to use, and pictures to look at by hand."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import recalibration
from analysis.choice import CALIBRATION
from analysis.figure_arguments import share
from analysis.label_files import FORMATS, MODEL, REVIEWER, Label, file_of_labels
from analysis.last_words import last_words
from db import browse, labeling, thresholds
from db.engine import Connection, connect, files_of
from db.labeling import Picture
from db.outfile import keep
from db.row_ids import row_id
from vision.errors import InputError

_ACCEPTED = _FITS, _TOLD = ("fits", "told")
_BELOW, _WRONG, _DISPUTED = ("below", "wrong", "disputed")
"""Why a picture is accepted, and why it is left."""

_RUNS_NAMED = 5


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bin/export_labels.py`."""
    made = argparse.ArgumentParser(
        prog="export_labels.py",
        description="Apply a threshold to all pictures of a run and write the labels of those that"
        " score as high. The threshold is the one chosen last for the run, by"
        " bin/choose_threshold.py, unless another is named. What people have said of a picture"
        " outweighs the model: one whose right label was told has that label, and one that was"
        " judged wrong is not accepted. Of several reviewers the majority decides; where they are"
        " even, the picture is left until an admin settles it.",
        epilog="tsv, jsonl, parquet: key, tweet_id, link, label, class_id, score, source (model or"
        " reviewer). label-studio: tasks with predictions, for a labeling interface with"
        ' <Image name="image" value="$image"/> and <Choices name="label" toName="image">. folders:'
        " a folder with a text file of links for each label",
    )
    add = made.add_argument
    which = made.add_mutually_exclusive_group()
    which.add_argument("--threshold-id", type=row_id, metavar="ID", help="a stored threshold")
    which.add_argument("--at", type=share, metavar="T", help="accept scores of T and more, 0 to 1")
    add("--run", type=row_id, metavar="ID", help="run to export (default: the newest)")
    add("--format", choices=FORMATS, default=FORMATS[0], help="default: %(default)s")
    add(
        "--output",
        metavar="FILE",
        help="default: standard output; parquet needs a file, folders a new folder",
    )
    add("--review", metavar="FILE", help="where the other pictures go, in the same format")
    add(
        "--calibrated",
        action="store_true",
        help="add the probability of being right, by the calibration stored with the threshold",
    )
    add("--database", metavar="URL", help="default: $DATABASE_URL, or sqlite:///data/proofsheet.db")
    add("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


@dataclass(frozen=True)
class _Plan:
    """What is applied to which run, and what `words` call it."""

    run: browse.RunRow
    threshold: float
    words: str
    map: recalibration.Map | None = None


def export(given: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises
    ------
    InputError, StoreError, OutputError
        If there is no such run, threshold or calibration, the database cannot be read, or a file
        not be written.
    """
    if None not in (given.output, given.review) and _same(given.output, given.review):
        raise InputError(f"--output and --review are both {given.output}: name two")
    engine = connect(given.database)
    try:
        keep(files_of(engine), given.output, given.review)
        with engine.connect() as connection:
            plan = _plan(connection, given)
            counts = _write(connection, plan, given)
    finally:
        engine.dispose()
    print(_summary(plan, counts, given.review), file=sys.stderr)


def _same(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()


def _plan(connection: Connection, given: argparse.Namespace) -> _Plan:
    if given.at is not None:
        if given.calibrated:
            raise InputError("--calibrated takes its map from a stored threshold: leave out --at")
        return _Plan(_run(connection, given.run), given.at, _scores(given.at))
    stored = _stored(connection, given)
    fitted = stored.basis.get(CALIBRATION) if given.calibrated else None
    if given.calibrated and fitted is None:
        raise InputError(
            f"threshold {stored.id} was stored without a calibration: choose one anew with"
            " bin/choose_threshold.py, or leave out --calibrated"
        )
    return _Plan(
        _run(connection, stored.run_id),
        stored.threshold,
        f"threshold {stored.id} ({stored.criterion}, {_scores(stored.threshold)})",
        fitted and recalibration.from_dict(fitted),
    )


def _stored(connection: Connection, given: argparse.Namespace) -> thresholds.ThresholdRow:
    if given.threshold_id is None:
        run = _run(connection, given.run)
        newest = thresholds.newest(connection, run.id)
        if newest is None:
            raise InputError(
                f"no threshold is stored for run {run.id} ({run.model}): choose one with"
                " bin/choose_threshold.py, or name a score with --at"
            )
        return newest
    found = thresholds.by_id(connection, given.threshold_id)
    if found is None:
        raise InputError(
            f"there is no stored threshold {given.threshold_id}: choose one with"
            " bin/choose_threshold.py, or leave out --threshold-id for the newest"
        )
    if given.run not in (None, found.run_id):
        raise InputError(
            f"threshold {found.id} was chosen for run {found.run_id}, not for run {given.run}:"
            " leave out one of the two"
        )
    return found


def _run(connection: Connection, run_id: int | None) -> browse.RunRow:
    runs = [run for run in browse.runs(connection) if run.labeled]
    found = next((run for run in runs if run_id in (None, run.id)), None)
    if found is not None:
        return found
    if not runs:
        raise InputError("nothing is labeled yet: label pictures with bin/label_images.py")
    known = ", ".join(f"{run.id} ({run.model})" for run in runs[:_RUNS_NAMED])
    raise InputError(f"there is no run {run_id} with pictures: choose one of {known}")


def _scores(threshold: float) -> str:
    """Say what is accepted, in digits that say the same when given again."""
    return f"score >= {threshold!r}"


def _write(connection: Connection, plan: _Plan, given: argparse.Namespace) -> Counter[str]:
    """Write both files; return how many labels there are for which reason."""
    counts: Counter[str] = Counter()
    with ExitStack() as files:
        writers = [
            files.enter_context(
                file_of_labels(path, given.format, plan.run.model, calibrated=plan.map is not None)
            )
            for path in (given.output, *([given.review] if given.review is not None else []))
        ]
        for pictures in labeling.pictures(connection, plan.run.id):
            labels = _labels(plan, pictures)
            accepted = [label for why, label in labels if why in _ACCEPTED]
            left = [label for why, label in labels if why not in _ACCEPTED]
            for write, part in zip(writers, (accepted, left), strict=False):
                write(part)
            counts.update(why for why, _ in labels)
    return counts


def _labels(plan: _Plan, pictures: Sequence[Picture]) -> list[tuple[str, Label]]:
    """Return the label of each picture, with why it is accepted or left to be looked at by hand."""
    chances: Sequence[float | None] = [None] * len(pictures)
    if plan.map is not None:
        scores = np.array([picture.best.score for picture in pictures])
        chances = plan.map.predict(scores).tolist()
    found: list[tuple[str, Label]] = []
    for picture, word, chance in zip(pictures, last_words(pictures), chances, strict=True):
        place = (picture.key, picture.tweet_id, picture.link)
        best = picture.best
        if word is None or word.disputed:
            why = _DISPUTED if word else _FITS if best.score >= plan.threshold else _BELOW
            label = Label(*place, best.label, best.class_id, best.score, chance, MODEL)
        elif word.right is None:
            why, label = _WRONG, Label(*place, None, None, None, None, REVIEWER)
        else:
            right = word.right
            why = _TOLD
            label = Label(*place, right.label, right.class_id, right.score, None, REVIEWER)
        found.append((why, label))
    return found


def _summary(plan: _Plan, counts: Counter[str], review: str | None) -> str:
    disputed = f", {counts[_DISPUTED]:,} disputed" if counts[_DISPUTED] else ""
    place = "name a file for them with --review" if review is None else f"in {review}"
    return (
        f"run {plan.run.id}, {plan.words}: {counts[_FITS] + counts[_TOLD]:,} accepted,"
        f" {counts[_TOLD]:,} of them told by reviewers; {counts[_WRONG]:,} judged wrong{disputed}"
        f" and {counts[_BELOW]:,} below are left ({place})"
    )
