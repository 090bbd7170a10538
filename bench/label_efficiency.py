#!/usr/bin/env python3
"""How few verdicts it takes to know a figure to +-2 %, beside a plain random sample.

First with simulated runs of 50,000 pictures, many seeds: a stratified pilot, then a round that
follows it and aims at the question. The verdicts needed come of the error that was really made
(mean square), and of the width of the interval that was told. Then end to end: the run in a
database, rounds drawn by `analysis.drawing`, verdicts stored as the page does, figures read back.
The plain sample is that of the textbook: its share of right ones, for the precision among the
accepted alone, for the recall among the right. Beside each ratio stands the least that these
runs allow: somebody knows the chance at every score, and spreads a fifth evenly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool as Processes
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np

from analysis import drawing, frames
from analysis.estimates import Estimator
from analysis.followup import ACCURACY, EVEN, PRECISION, RECALL, Question, Remaining, aimed
from analysis.intervals import Estimate
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import QUALITIES, Corpus, Quality, corpus, follow, judge
from analysis.strata import spread
from bench import oracle
from bench.goals import report
from bench.honesty.settings import THRESHOLD
from db.engine import connect
from db.review_items import ItemRow
from db.sink import DatabaseSink
from db.verdicts import STRATIFIED
from vision.records import ImageFacts, ImageRecord, Labeled, Prediction, RunInfo

POOL, STORED_POOL = 50_000, 20_000
WITHIN = 0.02
Z2 = 1.96**2
SEEDS = 10
"""Different pools."""

GOALS = {
    ACCURACY: (0.90, 0.54, 0.30),
    PRECISION: (0.98, 0.83, 0.61),
    RECALL: (0.20, 0.26, 0.31),
}
"""Verdicts over those of a plain sample, by quality."""

PLANS = {ACCURACY: (150, 450), PRECISION: (120, 280), RECALL: (120, 280)}
"""Pictures of the two phases."""


@dataclass(frozen=True)
class Task:
    """One question about one kind of run."""

    quality: Quality
    about: str
    seed: int
    repeats: int

    @property
    def question(self) -> Question:
        return Question(self.about, None if self.about == ACCURACY else THRESHOLD)


@dataclass(frozen=True)
class Outcome:
    """Verdicts for +-2 %: of a plain sample, by the error made, by the interval told."""

    plain: float
    by_error: float
    by_interval: float
    held: float


def true(made: Corpus, about: str) -> tuple[float, float]:
    """Return the true figure, and the verdicts that a plain sample takes."""
    accepted, right = made.scores >= THRESHOLD, made.top1
    if about == ACCURACY:
        value, share = float(right.mean()), 1.0
    elif about == PRECISION:
        value, share = float(right[accepted].mean()), 1.0
    else:
        value, share = float(right[accepted].sum() / right.sum()), float(right.mean())
    return value, Z2 * value * (1 - value) / (share * WITHIN**2)


@cache
def least(quality: Quality, about: str) -> float:
    """Return the verdicts over plain of who knows the chance of "right" at every score."""
    made = corpus(quality, 2_000_000, np.random.default_rng(98))
    _, plain = true(made, about)
    at = np.argsort(made.scores)
    scores, chance = (each[at].reshape(-1, 2000).mean(axis=1) for each in (made.scores, made.top1))
    question = Question(about, None if about == ACCURACY else THRESHOLD)
    inside = question.concerns(scores)
    counts, spreads = (each[inside] for each in (question.counts(scores, chance), spread(chance)))
    density = EVEN + (1 - EVEN) * counts * spreads / np.mean(counts * spreads)
    variance = np.mean((counts * spreads) ** 2 / density)
    if about == RECALL:
        variance /= chance.mean() ** 2
    return float(Z2 * variance / WITHIN**2 / plain)


def estimate(judged: Judged, about: str) -> Estimate:
    made = Estimator(judged)
    if about == ACCURACY:
        return made.accuracy()
    return made.precision(THRESHOLD) if about == PRECISION else made.recall(THRESHOLD)


def simulated(task: Task) -> Outcome:
    """Answer a question about one run again and again."""
    rng = np.random.default_rng([task.seed, len(task.about)])
    made = corpus(task.quality, POOL, rng)
    first, second = PLANS[task.about]
    every = Remaining(made.scores, made.cluster, np.ones(POOL, bool))
    found = []
    for _ in range(task.repeats):
        if task.about == PRECISION:
            pilot = aimed(task.question, first, every, None, rng)
        else:
            pilot = sample(STRATIFIED, first, made.scores, made.cluster, rng)
        judged = judge(made, pilot, follow(made, pilot, task.question, second, rng))
        found.append(estimate(judged, task.about))
    return _outcome(made, task.about, found, first + second)


def _outcome(made: Corpus, about: str, found: list[Estimate], verdicts: float) -> Outcome:
    value, plain = true(made, about)
    errors = np.array([each.value - value for each in found])
    widths = np.array([each.half_width for each in found])
    pool = (made.scores >= THRESHOLD).sum() if about == PRECISION else len(made.scores)
    # neither is to gain by the end of the pool
    verdicts /= 1 - verdicts / pool
    held = [each.low <= value <= each.high for each in found]
    return Outcome(
        plain=plain,
        by_error=verdicts * Z2 * float(np.mean(errors**2)) / WITHIN**2,
        by_interval=verdicts * float(np.mean(widths**2)) / WITHIN**2,
        held=float(np.mean(held)),
    )


def stored(task: Task) -> Outcome:
    """Answer a question end to end, through the database, in a run of its own each time."""
    first, second = PLANS[task.about]
    found = []
    made = corpus(task.quality, STORED_POOL, np.random.default_rng(task.seed))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(task.repeats):
            engine = connect(f"sqlite:///{folder}/{number}.db")
            _fill(engine, made)
            about = task.question if task.about == PRECISION else None
            seed = task.seed * task.repeats + number
            request = drawing.Request(first, seed=seed, question=about)
            pilot = drawing.draw(engine, request)
            oracle.judge(engine, pilot.round_id, _knows(made))
            request = drawing.Request(
                second, seed=seed, question=task.question, follows=pilot.round_id
            )
            oracle.judge(engine, drawing.draw(engine, request).round_id, _knows(made))
            with engine.connect() as connection:
                found.append(estimate(frames.read(connection), task.about))
            engine.dispose()
    return _outcome(made, task.about, found, first + second)


def _fill(engine: object, made: Corpus) -> None:
    sink = DatabaseSink(
        engine, RunInfo("simulated", None, "none", "f32", "none", 1, {}), resume=False
    )
    sink.write(
        [
            Labeled(
                number,
                ImageRecord(str(number), f"http://127.0.0.1/{number}.jpg"),
                ImageFacts(f"{number:064x}", 0, 1, 1),
                (Prediction(int(label), f"class {label}", float(score)),),
            )
            for number, (label, score) in enumerate(zip(made.classes, made.scores, strict=True))
        ]
    )
    sink.close(finished=True)


def _knows(made: Corpus) -> Callable[[ItemRow], oracle.Answer]:
    def answer(item: ItemRow) -> oracle.Answer:
        right = made.top1[int(item.key)] == 1
        return ("top1", None) if right else ("none", None)

    return answer


def told(kind: str, outcomes: dict[tuple[str, str], list[Outcome]]) -> list[bool]:
    """Report the ratios of each question and quality."""
    met = []
    for (about, quality), each in outcomes.items():
        plain = np.mean([one.plain for one in each])
        error, interval, held = (
            np.mean([getattr(one, name) for one in each])
            for name in ("by_error", "by_interval", "held")
        )
        place = [one.name for one in QUALITIES].index(quality)
        name = (
            f"{kind}, {about}, {quality}: plain {plain:.0f} verdicts, interval says"
            f" {interval / plain:.3f} and holds {100 * held:.1f} %, least possible"
            f" {least(QUALITIES[place], about):.3f}; verdicts over plain"
        )
        met.append(report(name, error / plain, "<=", GOALS[about][place]))
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000, help="of each question and quality")
    parser.add_argument("--stored", type=int, default=40, help="the same, through a database")
    given = parser.parse_args()
    met = []
    with Processes() as processes:
        for kind, work, repeats in (
            ("simulated", simulated, given.repeats),
            ("end to end", stored, given.stored),
        ):
            tasks = [
                Task(quality, about, seed, repeats // SEEDS)
                for about in PLANS
                for quality in QUALITIES
                for seed in range(SEEDS)
            ]
            outcomes: dict[tuple[str, str], list[Outcome]] = {}
            for task, outcome in zip(tasks, processes.imap(work, tasks), strict=True):
                outcomes.setdefault((task.about, task.quality.name), []).append(outcome)
            met += told(kind, outcomes)
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
