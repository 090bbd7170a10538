"""How many more verdicts, and whether there are enough."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.enough import figures, more, narrowing, reached
from analysis.estimates import FUTURE, POOL, Estimator
from analysis.sampling import sample
from analysis.simulated import GOOD, POOR, corpus, judge
from analysis.weights import part_of
from db.verdicts import STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of


@pytest.mark.parametrize(
    ("name", "threshold", "half_width"),
    [("accuracy", 0.9, 0.02), ("precision", 0.97, 0.025), ("recall", 0.5, 0.012)],
)
def test_so_many_more_verdicts_of_such_rounds_do_it(
    name: str, threshold: float, half_width: float
) -> None:
    """Counted in verdicts, not in those of them that tell something."""
    rng = np.random.default_rng(4)
    made = corpus(POOR, 40_000, rng)

    def estimator(size: int) -> Estimator:
        return Estimator(judge(made, sample(UNIFORM, size, made.scores, made.cluster, rng)))

    before, after = [], []
    for _ in range(5):
        first = estimator(300)
        needed = more(first, threshold, half_width)[name]
        assert needed
        before.append(figures(first, threshold)[name].half_width)
        after.append(figures(estimator(300 + needed), threshold)[name].half_width)
    assert np.mean(before) > 1.3 * half_width
    assert np.mean(after) == pytest.approx(half_width, rel=0.15)


def test_no_more_are_needed_than_are_left() -> None:
    rng = np.random.default_rng(5)
    made = corpus(POOR, 500, rng)
    judged = judge(made, sample(UNIFORM, 450, made.scores, made.cluster, rng))
    pool = more(Estimator(judged, POOL), 0.9, 0.0001)
    assert pool["accuracy"] == 50
    assert all(needed is not None and 30 < needed <= 50 for needed in pool.values())
    future = more(Estimator(judged, FUTURE), 0.9, 0.0001)
    assert all(needed is not None and needed > 10_000 for needed in future.values())


def test_what_is_undefined_needs_nobody_knows_how_many() -> None:
    made = Estimator(judged_of([0.2, 0.4], [0, 0]))
    assert more(made, np.nan, 0.02)["precision"] is None
    assert more(made, 0.9, 0.02)["precision"] is None


def test_judging_may_stop_when_a_look_is_due_and_not_before() -> None:
    rng = np.random.default_rng(6)
    made = corpus(GOOD, 5000, rng)

    def estimator(size: int) -> Estimator:
        return Estimator(judge(made, sample(STRATIFIED, size, made.scores, made.cluster, rng)))

    nothing = {"accuracy": False, "precision": False, "recall": False}
    assert more(estimator(190), 0.9, 0.06)["accuracy"] == 0
    assert reached(estimator(190), 0.9, 0.06) == nothing
    # 200 were judged, and 160 of them accepted at most: too few for precision
    assert reached(estimator(210), 0.9, 0.06) == nothing | {"accuracy": True}
    assert reached(estimator(480), 0.9, 0.005) == nothing


def test_narrowing_is_of_the_first_verdicts() -> None:
    rng = np.random.default_rng(7)
    made = corpus(GOOD, 5000, rng)
    judged = judge(made, sample(UNIFORM, 300, made.scores, made.cluster, rng))
    narrowed = narrowing(Estimator(judged, FUTURE, 0.9), 0.8)
    assert narrowed.n[[0, -1]].tolist() == [20, 300]
    for n, *widths in zip(narrowed.n, *narrowed.half_width.values(), strict=True):
        some = Estimator(part_of(judged, np.arange(300) < n), FUTURE, 0.9)
        assert widths == [each.half_width for each in figures(some, 0.8).values()]
    unknown = narrowing(Estimator(judged_of([0.2, 0.4], [0, 1])), np.nan)
    assert unknown.n.tolist() == [2]
    assert np.isnan(unknown.half_width["precision"]).all()
