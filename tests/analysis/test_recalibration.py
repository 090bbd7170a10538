"""Recalibration: the maps are the likeliest ones, monotone, and survive what little there is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from analysis.folds import folds
from analysis.judged import Floats
from analysis.logistic import expit, logit
from analysis.recalibration import (
    ISOTONIC_FROM,
    TEMPERATURE_BELOW,
    Beta,
    Isotonic,
    Map,
    Mean,
    Temperature,
    choose,
    cross_fitted,
    fit_beta,
    fit_isotonic,
    fit_temperature,
    from_dict,
)

FITS = (fit_temperature, fit_beta, fit_isotonic)

score = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1))
verdict = st.sampled_from([0.0, 0.5, 1.0])
rows = st.lists(st.tuples(score, verdict, st.floats(0.01, 100)), min_size=1, max_size=60)


def columns(drawn: list[tuple[float, float, float]]) -> list[Floats]:
    return [np.array(column, float) for column in zip(*drawn, strict=True)]


def made(n: int, seed: int, slope: float = 0.6, shift: float = 0.3) -> tuple[Floats, Floats]:
    """Return scores, and verdicts that are right with the chance expit(slope logit + shift)."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(2, 0.7, n)
    return scores, (rng.random(n) < expit(slope * logit(scores) + shift)).astype(float)


@pytest.mark.parametrize("fit", FITS)
@given(rows)
def test_any_verdicts_give_a_monotone_map_within_bounds(
    fit: type[Map], drawn: list[tuple[float, float, float]]
) -> None:
    fitted = fit(*columns(drawn))
    grid = np.linspace(0, 1, 101)
    values = fitted.predict(grid)
    assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(values) >= -1e-12).all()
    again = from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again == fitted


@given(rows, st.floats(0.01, 100))
def test_only_ratios_of_weights_matter(
    drawn: list[tuple[float, float, float]], factor: float
) -> None:
    scores, right, weight = columns(drawn)
    grid = np.linspace(0, 1, 11)
    for fit in FITS:
        one, other = (fit(scores, right, w).predict(grid) for w in (weight, weight * factor))
        assert one == pytest.approx(other, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_beta_map_is_the_likeliest(seed: int) -> None:
    scores, right = made(200, seed, slope=0.2 + 0.2 * seed)
    right[:10] = 0.5
    weight = np.random.default_rng(seed).uniform(0.5, 2, 200)
    kept = np.clip(scores, 1e-6, 1 - 1e-6)
    features = np.stack([np.log(kept), -np.log1p(-kept), np.ones(200)])
    scaled = weight * weight.sum() / (weight @ weight)

    def loss(at: Floats) -> float:
        logits = at @ features
        prior = ((at - [1, 1, 0]) ** 2).sum() / (2 * 2.0**2)
        return float(scaled @ (np.logaddexp(0, logits) - right * logits) + prior)

    bounds = [(0, None), (0, None), (None, None)]
    best = minimize(loss, [1, 1, 0], bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15})
    found = fit_beta(scores, right, weight)
    assert loss(np.array([found.a, found.b, found.c])) <= best.fun + 1e-9
    assert [found.a, found.b, found.c] == pytest.approx(best.x, abs=1e-3)


def test_scores_that_fall_with_the_truth_are_worth_nothing() -> None:
    scores, right = made(300, seed=1)
    weight = np.ones(300)
    against = fit_beta(scores, 1 - right, weight)
    assert min(against.a, against.b) == 0
    assert fit_temperature(scores, 1 - right, weight).slope < 0.05


def test_many_verdicts_find_the_truth() -> None:
    scores, right = made(50_000, seed=2)
    weight = np.ones(50_000)
    truth = expit(0.6 * logit(scores) + 0.3)
    for fit, most in ((fit_beta, 0.005), (fit_isotonic, 0.015)):
        assert np.abs(fit(scores, right, weight).predict(scores) - truth).mean() < most
    _, calm = made(50_000, seed=2, shift=0)
    assert fit_temperature(scores, calm, weight).slope == pytest.approx(0.6, abs=0.02)


def test_a_weight_of_two_counts_twice() -> None:
    scores, right = made(200, seed=3)
    weight = np.repeat([1.0, 2.0], 100)
    repeated = np.repeat(np.arange(200), weight.astype(int))
    inside = np.linspace(0.3, 0.9, 50)
    once = fit_isotonic(scores, right, weight).predict(inside)
    twice = fit_isotonic(scores[repeated], right[repeated], np.ones(300)).predict(inside)
    assert once == pytest.approx(twice)


@given(rows)
def test_isotonic_is_that_of_scikit_learn(drawn: list[tuple[float, float, float]]) -> None:
    scores, right, weight = columns(drawn)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, right, sample_weight=weight)
    least = 1 / (len(scores) + 2)
    # theirs joins scores that are equal but for the last digits; the line between is no matter
    expected = np.clip(theirs.predict(scores), least, 1 - least)
    ours = fit_isotonic(scores, right, weight)
    if len(np.unique(scores.round(9))) == len(np.unique(scores)):
        assert ours.predict(scores) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_one_class_alone_stays_short_of_certainty(right: float) -> None:
    scores = np.linspace(0.01, 0.99, 60)
    for fit in FITS:
        values = fit(scores, np.full(60, right), np.ones(60)).predict(scores)
        assert ((values > 0) & (values < 1)).all()
    assert np.abs(values - right).max() == pytest.approx(1 / 62)


def test_perfect_separation_stays_finite() -> None:
    scores = np.repeat([0.2, 0.8], 50)
    found = fit_beta(scores, scores.round(), np.ones(100))
    assert np.isfinite([found.a, found.b, found.c]).all()
    assert max(found.a, found.b) < 20


@pytest.mark.parametrize(
    ("n", "kind"),
    [
        (0, Temperature),
        (TEMPERATURE_BELOW - 1, Temperature),
        (TEMPERATURE_BELOW, Beta),
        (ISOTONIC_FROM - 1, Beta),
        (ISOTONIC_FROM, Isotonic),
    ],
)
def test_the_number_of_verdicts_chooses_the_kind(n: int, kind: type) -> None:
    scores, right = made(n, seed=4)
    assert isinstance(choose(scores, right, np.ones(n)), kind)


def test_without_verdicts_scores_stay() -> None:
    none = np.zeros(0)
    scores = np.array([0.1, 0.5, 0.99])
    assert choose(none, none, none).predict(scores) == pytest.approx(scores)
    judged, pool = cross_fitted(scores[:1], np.ones(1), np.ones(1), np.zeros(1, int), seed=0)
    assert judged == pytest.approx(scores[:1])
    assert pool.predict(scores) == pytest.approx(scores)


@given(st.lists(st.integers(0, 5), max_size=80), st.integers(0, 9))
def test_folds_are_even_in_every_part(parts: list[int], seed: int) -> None:
    part = np.array(parts, np.int64)
    fold = folds(part, seed)
    assert fold.tolist() == folds(part, seed).tolist()
    for inside in (fold, *(fold[part == number] for number in set(parts))):
        sizes = np.bincount(inside, minlength=min(5, len(part)))
        assert not len(sizes) or sizes.max() - sizes.min() <= 1


def test_cross_fitting_has_not_seen_the_verdict() -> None:
    scores, right = made(120, seed=5)
    part = (scores > 0.8).astype(np.int64)
    judged, pool = cross_fitted(scores, right, np.ones(120), part, seed=1)
    fold = folds(part, 1)
    for place in (0, 50, 119):
        other = right.copy()
        other[place] = 1 - other[place]
        again, _ = cross_fitted(scores, other, np.ones(120), part, seed=1)
        same = fold == fold[place]
        assert again[same].tolist() == judged[same].tolist()
        assert (again[~same] != judged[~same]).any()
    assert isinstance(pool, Mean)
    assert pool.predict(scores) == pytest.approx(
        np.mean([each.predict(scores) for each in pool.maps], axis=0)
    )
    assert from_dict(json.loads(json.dumps(pool.to_dict()))) == pool


def test_the_mean_of_isotonic_maps_is_one() -> None:
    n = ISOTONIC_FROM * 3 // 2
    scores, right = made(n, seed=6)
    part = np.zeros(n, np.int64)
    _, pool = cross_fitted(scores, right, np.ones(n), part, seed=2)
    assert isinstance(pool, Isotonic)
    fold = folds(part, 2)
    maps = [choose(scores[fold != k], right[fold != k], np.ones(sum(fold != k))) for k in range(5)]
    grid = np.linspace(0, 1, 997)
    assert pool.predict(grid) == pytest.approx(np.mean([each.predict(grid) for each in maps], 0))


@settings(max_examples=20)
@given(st.integers(2, 12), st.integers(0, 99))
def test_cross_fitting_a_handful(n: int, seed: int) -> None:
    scores, right = made(n, seed)
    judged, pool = cross_fitted(scores, right, np.ones(n), np.zeros(n, np.int64), seed)
    assert ((judged >= 0) & (judged <= 1)).all()
    assert len(pool.maps) == min(n, 5)


def test_a_map_of_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="no recalibration map of the kind 'spline'"):
        from_dict({"kind": "spline"})


def test_the_mean_of_maps_is_that_of_their_values() -> None:
    scores = np.linspace(0, 1, 101)
    betas = Beta(0.5, 2.0, 0.1), Beta(1.5, 0.0, -0.3), Beta()
    for maps in (betas, (*betas, Temperature(0.7)), (Isotonic((0.2, 0.8), (0.1, 0.9)), *betas)):
        expected = np.mean([each.predict(scores) for each in maps], axis=0)
        np.testing.assert_allclose(Mean(maps).predict(scores), expected, rtol=1e-13)
