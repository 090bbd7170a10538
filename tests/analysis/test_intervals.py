"""Intervals of proportions, beside statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from analysis.intervals import Estimate, clopper_pearson, undefined, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.floats(0.5, 0.999))
def test_wilson_is_that_of_statsmodels(count: tuple[int, int], confidence: float) -> None:
    right, n = count
    low, high = proportion_confint(right, n, 1 - confidence, method="wilson")
    ours = wilson(right / n, n, confidence)
    assert ours == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


@given(counts, st.floats(0.5, 0.999))
def test_clopper_pearson_is_that_of_statsmodels(count: tuple[int, int], confidence: float) -> None:
    right, n = count
    low, high = proportion_confint(right, n, 1 - confidence, method="beta")
    ours = clopper_pearson(right / n, n, confidence)
    # right / n * n may miss a whole number by a bit
    assert ours == (pytest.approx(low, abs=1e-7), pytest.approx(high, abs=1e-7))


def test_effective_sizes_need_not_be_whole() -> None:
    below, at, above = (wilson(0.9, n)[0] for n in (99.0, 99.5, 100.0))
    assert below < at < above
    below, at, above = (clopper_pearson(0.9, n)[0] for n in (99.0, 99.5, 100.0))
    assert below < at < above


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_nothing_seen_is_undefined_and_the_ends_are_kept(interval) -> None:
    low, high = interval(np.array([np.nan, 0.0, 1.0]), np.array([0, 20, 20]))
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] == 0
    assert 0.1 < high[1] < 0.2
    assert high[2] == 1
    assert 0.8 < low[2] < 0.9


def test_an_estimate_knows_its_width_and_an_undefined_one_its_reason() -> None:
    assert Estimate(0.5, 0.4, 0.7, 10, 10.0).half_width == pytest.approx(0.15)
    nothing = undefined("nothing was judged", 3)
    assert np.isnan([nothing.value, nothing.low, nothing.high, nothing.n_eff]).all()
    assert (nothing.n, nothing.why) == (3, "nothing was judged")


@pytest.mark.parametrize("n", [1, 20, 23, 25, 27, 28, 1e6])
def test_where_all_are_of_one_kind_wilson_reaches_the_end(n: float) -> None:
    (low, high), (least, most) = wilson(0.0, n), wilson(1.0, n)
    assert low == 0 < high < 1
    assert 0 < least < most == 1
    assert np.isnan(wilson(1.0, 0)).all()
