"""Chooses a threshold by a criterion, says what it rests on, and stores it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

from analysis import figure_arguments, sources, wording
from analysis.choice import choice
from analysis.points import Point
from analysis.summary import CERTIFIED, Summary
from db import thresholds
from db.engine import Engine
from vision.door import COULD_NOT, DONE

CRITERIA = (CERTIFIED, "closest", "youden", "f1", "cost", "coverage")


def parser() -> argparse.ArgumentParser:
    """Return the parser of `bin/choose_threshold.py`."""
    made = argparse.ArgumentParser(
        prog="choose_threshold.py",
        description="Choose the threshold from which labels are accepted, say what it rests on and"
        " store it for bin/export_labels.py. Where none can be certified yet, say about how many"
        " more verdicts are likely to be needed, store nothing and end with exit code 1.",
        epilog="certified: at least that precision, with that confidence; closest: to (0, 1) on the"
        " ROC; youden: largest true-positive less false-positive rate; f1: highest F1; cost: lowest"
        " expected cost; coverage: highest that accepts a share. Only certified has a guarantee",
    )
    sources.add_arguments(made)
    figure_arguments.add_arguments(made)
    made.add_argument(
        "--criterion", choices=CRITERIA, default=CERTIFIED, help="default: %(default)s"
    )
    made.add_argument("-v", "--verbose", action="store_true", help="show where an error arose")
    return made


def choose(given: argparse.Namespace) -> int:
    """Do what the command line says; return the exit code.

    Raises
    ------
    InputError, StoreError
        If there are no verdicts that count, a number is out of range, or the source cannot be read
        or written.
    """
    with sources.opened(given) as source:
        summary = Summary(source.judged, figure_arguments.asked(given))
        if given.criterion == CERTIFIED:
            threshold, sentences = summary.certified.threshold, _certified(summary)
        else:
            point = next(
                each for each in summary.points if each.chosen.criterion.name == given.criterion
            )
            threshold, sentences = point.chosen.threshold, _by_criterion(summary, point)
        print("\n".join([*sentences, *wording.notices(summary)]))
        if not math.isfinite(threshold):
            return COULD_NOT
        if source.engine is not None:
            _store(source.engine, summary, threshold, given.criterion)
    return DONE


def _certified(summary: Summary) -> Iterator[str]:
    certified = summary.certified
    yield wording.headline(summary)
    if not math.isnan(certified.threshold):
        kind = "exact one-sided bound" if certified.guaranteed else "approximate bound"
        yield (
            f"It rests on {certified.judged:,} judged pictures that it accepts, {certified.right:,}"
            f" of them right: the {kind} is {certified.bound:.4f}."
        )


def _by_criterion(summary: Summary, point: Point) -> Iterator[str]:
    chosen, at = point.chosen, point.at
    if math.isnan(chosen.threshold):
        yield f"No threshold by {chosen.criterion.how}: {chosen.why}."
        return
    if math.isinf(chosen.threshold):
        yield f"By {chosen.criterion.how}, it is best to accept nothing."
        return
    t = wording.threshold(summary.judged.pool, chosen.threshold)
    yield (
        f"Use t >= {t} ({chosen.criterion.how}):"
        f" {wording.interval(at.coverage)} of the pictures pass, precision is"
        f" {wording.interval(at.precision)} and recall of right ones {wording.interval(at.recall)}"
        f" ({wording.percent(summary.asked.confidence)} confidence each). Nothing of it is"
        " guaranteed."
    )
    yield (
        "On verdicts that had no part in the choice, precision is"
        f" {wording.interval(point.held_out)}."
    )


def _store(engine: Engine, summary: Summary, threshold: float, criterion: str) -> None:
    made = choice(summary, (threshold, criterion))
    number = thresholds.store(engine, made)
    print(
        f"stored as threshold {number} of run {made.run_id}; apply it: bin/export_labels.py"
        f" --threshold-id {number}"
    )
