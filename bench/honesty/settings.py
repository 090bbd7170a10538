"""What is simulated: kinds of classifiers, designs, pools with and without near-duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis.followup import Question
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import QUALITIES, Corpus, Quality, follow, judge
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM

POOL = 20_000
THRESHOLD = 0.9

Draw = Callable[[Corpus, int, np.random.Generator], Judged]


def one_phase(design: str) -> Draw:
    """Return a draw of a round that is judged to its end."""
    return lambda made, size, rng: judge(made, sample(design, size, made.scores, made.cluster, rng))


def prefix(made: Corpus, size: int, rng: np.random.Generator) -> Judged:
    """Draw a stratified round of twice the size and judge the first half of it."""
    return judge(made, sample(STRATIFIED, 2 * size, made.scores, made.cluster, rng), judged=size)


def two_phases(question: Question, first: float = 0.25) -> Draw:
    """Return a draw of a stratified round, and of one that follows it and aims at a question."""

    def draw(made: Corpus, size: int, rng: np.random.Generator) -> Judged:
        pilot = sample(STRATIFIED, round(first * size), made.scores, made.cluster, rng)
        return judge(made, pilot, follow(made, pilot, question, size - len(pilot.pictures), rng))

    return draw


DRAWS: dict[str, Draw] = {
    UNIFORM: one_phase(UNIFORM),
    STRATIFIED: one_phase(STRATIFIED),
    "half of a stratified": prefix,
    CERTIFY: one_phase(CERTIFY),
    "aimed at accuracy": two_phases(Question("accuracy")),
    "aimed at precision": two_phases(Question("precision", THRESHOLD)),
    "aimed at recall": two_phases(Question("recall", THRESHOLD)),
}


@dataclass(frozen=True)
class Setting:
    """One row of the table: `near` is the mean number of near-duplicates."""

    quality: Quality
    design: str
    near: float
    size: int

    @property
    def name(self) -> str:
        alike = f", clusters of {self.near:g}" if self.near > 1 else ""
        return f"{self.quality.name}, {self.design}, n = {self.size}{alike}"


def settings(size: int) -> Iterator[Setting]:
    """Yield all settings."""
    for quality, design, near in product(QUALITIES, DRAWS, (1.0, 3.0)):
        yield Setting(quality, design, near, size)
