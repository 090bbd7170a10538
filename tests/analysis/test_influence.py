"""Score intervals: Wilson's for a share, and moments that repeated samples confirm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.influence import MOST_SKEWED, SMOOTHING, Contributions, estimate, score_interval
from analysis.intervals import wilson


@settings(deadline=None)
@given(st.integers(40, 5000), st.floats(0.05, 0.95))
def test_a_share_has_the_interval_of_wilson(n: int, share: float) -> None:
    variance = share * (1 - share) / n
    found = score_interval(share, variance, variance * (1 - 2 * share) / n, 0.95)
    assert found == pytest.approx(np.array(wilson(share, n)), abs=2.5 / n**1.5)


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(1e-9, 0.1), st.floats(-10, 10))
def test_it_holds_the_estimate_and_leans_with_the_skew(
    value: float, variance: float, skew: float
) -> None:
    low, high = score_interval(value, variance, skew * variance**1.5, 0.95)
    assert low <= value <= high
    middle = (low + high) / 2 - value
    assert middle == pytest.approx(
        1.96**2 / 2 * np.clip(skew, -MOST_SKEWED, MOST_SKEWED) * np.sqrt(variance),
        rel=1e-3,
        abs=1e-9,
    )


def test_moments_are_those_of_repeated_samples() -> None:
    rng = np.random.default_rng(1)
    part = np.repeat([0, 1], (30, 60))
    weight, size = np.array([0.4, 0.1])[part], np.array([1.0, 5.0])[part]
    drawn = rng.exponential(size, (30_000, 90))
    values = drawn @ weight
    found = [
        Contributions(
            influence=each,
            of_error=np.zeros(90),
            expected=size**2,
            weight=weight,
            part=part,
            drawn=np.zeros(90),
        ).moments()
        for each in drawn[:3000]
    ]
    off = values - values.mean()
    assert np.mean(found, axis=0) == pytest.approx([np.mean(off**2), np.mean(off**3)], rel=0.15)


@pytest.mark.parametrize("judged", [60, 150])
def test_what_is_known_of_the_pool_binds_estimate_and_variance(judged: int) -> None:
    rng = np.random.default_rng(2)
    pool = rng.exponential(1.0, 200)
    every = np.zeros(judged)
    drawn = np.full(judged, judged / len(pool))

    def made(values: np.ndarray) -> Contributions:
        weight = np.full(judged, 1 / judged)
        return Contributions(values, every, every, weight, every.astype(int), drawn)

    samples = [rng.permutation(pool)[:judged] for _ in range(10_000)]
    found = np.array([made(each).moments() for each in samples])
    means = np.array([each.mean() for each in samples])
    # smoothing takes of the variance what it adds to where nothing was seen
    variances = found[:, 0] * (judged - 1 + SMOOTHING) / (judged - 1)
    assert variances.mean() == pytest.approx(means.var(), rel=0.05)
    assert found[:, 1].mean() == pytest.approx(np.cov(means, variances)[0, 1], rel=0.15)
    assert made(samples[0]).moments(future=True)[1] > found[0, 1]


def test_a_part_without_errors_may_hide_some() -> None:
    def moments(of_error: float) -> tuple[float, float]:
        same = np.full(20, 0.5)
        return Contributions(
            influence=same,
            of_error=np.full(20, of_error),
            expected=np.zeros(20),
            weight=np.full(20, 10.0),
            part=np.repeat([0, 1], 10),
            drawn=np.full(20, 0.1),
        ).moments()

    assert moments(0.0) == (0, 0)
    variance, third = moments(-0.01)
    assert variance > 0 > third


def test_few_contributions_leave_the_variance_in_doubt() -> None:
    def free(influence: np.ndarray) -> float:
        nothing = np.zeros(200)
        part = np.zeros(200, np.int64)
        return Contributions(influence, nothing, nothing, np.ones(200), part, nothing).free()

    one = np.zeros(200)
    one[0] = 1
    assert free(one) == pytest.approx(2, rel=0.05)
    assert free(np.tile([0.0, 1.0], 100)) == pytest.approx(400)
    assert free(np.zeros(200)) == np.inf
    narrow, wide = (score_interval(0.5, 0.01, 0.0, 0.95, free) for free in (np.inf, 4.0))
    assert wide[1] - wide[0] == pytest.approx(2.776 / 1.96 * (narrow[1] - narrow[0]), rel=1e-3)


def test_no_variance_is_certainty() -> None:
    found = estimate(0.7, (0.0, 0.0), 0.21, 50, 0.95)
    assert (found.low, found.high, found.n_eff) == (0.7, 0.7, np.inf)
    found = estimate(0.7, (0.01, 0.0), 0.21, 50, 0.95)
    assert found.n_eff == pytest.approx(21)
    assert (found.low, found.high) == pytest.approx((0.7 - 0.196, 0.7 + 0.196), abs=1e-3)
