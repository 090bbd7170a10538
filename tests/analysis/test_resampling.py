"""Resampled counts: the curve they begin with, and a spread that is that of the estimate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.curve_grid import grid
from analysis.curves import counts
from analysis.judged import Judged
from analysis.resampling import cells, draws
from tests.analysis.judging import judged_of

rows = st.lists(
    st.tuples(
        st.sampled_from([0.1, 0.2, 0.5, 0.9]) | st.floats(0, 1),
        st.sampled_from([0.0, 0.3, 1.0]),
        st.sampled_from([1.0, 1.5, 30.0]),
    ),
    min_size=2,
    max_size=60,
)


def judged_from(given: list[tuple[float, float, float]]) -> Judged:
    scores, right, weight = (np.array(column) for column in zip(*given, strict=True))
    part = (scores >= 0.5).astype(np.int64)
    return replace(
        judged_of(scores, right), weight=weight, bin=part, edges=np.array([0, 0.5, np.inf])
    )


@settings(deadline=None)
@given(rows)
def test_cells_hold_all_there_is(given: list[tuple[float, float, float]]) -> None:
    judged = judged_from(given)
    thresholds = grid(judged)
    counted = cells(judged, thresholds)
    right, wrong = counted.accepted(counted.count[None])
    exact = counts(judged.scores, judged.top1, judged.weight)
    at = np.searchsorted(-exact.thresholds, -thresholds, side="right") - 1
    assert right[0, 1:] == pytest.approx(exact.right[at])
    assert wrong[0, 1:] == pytest.approx(exact.wrong[at], abs=1e-9)
    assert right[0, 0] == wrong[0, 0] == 0


@settings(deadline=None)
@given(rows, st.integers(0, 99))
def test_draws_keep_what_each_part_stands_for(
    given: list[tuple[float, float, float]], seed: int
) -> None:
    judged = judged_from(given)
    counted = cells(judged, grid(judged))
    drawn = draws(counted, 7, np.random.default_rng(seed))
    assert (drawn >= 0).all()
    for part in np.unique(judged.bin):
        inside = counted.bin == part
        total = judged.weight[judged.bin == part].sum()
        assert drawn[:, inside] @ counted.weight[inside] == pytest.approx(np.full(7, total))


@pytest.mark.parametrize("drawn", [0.0, 0.6])
def test_the_spread_is_that_of_a_stratified_mean(drawn: float) -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(90)
    right = (rng.random(90) < scores).astype(float)
    judged = judged_from([(score, y, 1.0) for score, y in zip(scores, right, strict=True)])
    judged = replace(judged, drawn=np.full(90, drawn))
    counted = cells(judged, grid(judged))
    total = counted.accepted(draws(counted, 20_000, rng))[0][:, -1]
    parts = [right[judged.bin == part] for part in (0, 1)]
    exact = sum((1 - drawn) * len(part) * part.var(ddof=1) for part in parts)
    assert total.mean() == pytest.approx(right.sum(), abs=0.1)
    assert total.var() == pytest.approx(exact, rel=0.05)


def test_a_pool_judged_to_the_last_picture_leaves_no_doubt() -> None:
    judged = judged_of([0.9, 0.8, 0.3, 0.2], [1, 1, 0, 1])
    counted = cells(replace(judged, drawn=np.ones(4)), grid(judged))
    drawn = draws(counted, 5, np.random.default_rng(0))
    assert drawn == pytest.approx(np.tile(counted.count, (5, 1)))


def test_the_number_of_cells_does_not_grow_with_the_verdicts() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(200_000)
    judged = judged_of(scores, rng.random(200_000) < scores)
    assert len(cells(judged, grid(judged)).count) <= 400
