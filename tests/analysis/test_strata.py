"""Strata: where scores are cut and how many are drawn from each part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.strata import LEAST, STRATA, allocate, cut, least, spread

scores = st.lists(
    st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1)), min_size=1, max_size=200
)


@given(scores, st.integers(1, 100))
def test_strata_follow_the_scores(values: list[float], size: int) -> None:
    array = np.array(values)
    stratum = cut(array, spread(array), size)
    assert (np.diff(stratum[np.argsort(array, kind="stable")]) >= 0).all()
    assert sorted(set(stratum.tolist())) == list(range(stratum.max() + 1))
    assert stratum.max() < max(1, min(STRATA, size // LEAST))
    for value in set(values):
        assert len(set(stratum[array == value].tolist())) == 1


def test_strata_hold_equal_parts_of_what_is_open() -> None:
    array = np.random.default_rng(1).beta(2, 1, 20_000)
    stratum = cut(array, spread(array), 500)
    parts = np.bincount(stratum, weights=np.sqrt(array * (1 - array)))
    assert len(parts) == STRATA
    assert parts == pytest.approx([parts.mean()] * STRATA, rel=0.001)


def test_a_small_sample_has_fewer_strata() -> None:
    array = np.linspace(0, 1, 1000)
    assert [cut(array, spread(array), size).max() + 1 for size in (4, 12, 49, 50)] == [1, 2, 9, 10]


def test_the_least_number_of_a_stratum() -> None:
    assert [least(size) for size in (10, 100, 140, 200, 5000)] == [5, 5, 7, 10, 10]


@given(
    st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1)), min_size=1, max_size=10), st.data()
)
def test_allocation(strata: list[tuple[int, float]], data: st.DataObject) -> None:
    units = np.array([count for count, _ in strata])
    expected = np.array([count * share for count, share in strata])
    lowest = min(LEAST * len(strata), units.sum()) if len(strata) > 1 else 1
    size = data.draw(st.integers(lowest, units.sum()))
    shares = allocate(size, expected, units)
    assert shares.sum() == size
    assert (shares <= units).all()
    if len(strata) > 1:
        assert (shares >= np.minimum(units, least(size))).all()


def test_allocation_is_proportional() -> None:
    assert allocate(100, np.array([10.0, 30.0, 60.0]), np.array([500] * 3)).tolist() == [10, 30, 60]
    assert allocate(100, np.array([6.6, 6.3, 87.1]), np.array([500] * 3)).tolist() == [7, 6, 87]
    assert allocate(100, np.array([1.0, 39.0, 60.0]), np.array([500] * 3)).tolist() == [5, 37, 58]
    assert allocate(100, np.array([10.0, 30.0, 60.0]), np.array([4, 500, 500])).sum() == 100


def test_few_scores_have_a_stratum_each() -> None:
    array = np.array([0.3, 0.7, 0.3, 0.5, 0.7])
    assert cut(array, spread(array), 15).tolist() == [0, 2, 0, 1, 2]
