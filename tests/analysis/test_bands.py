"""Bands: around the very curves, the same every time, and holding along the whole of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.bands import FEWEST, Band, bands
from analysis.curve_grid import RATES, curves, grid
from analysis.curves import counts
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, Corpus, corpus, judge
from db.verdicts import CERTIFY, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of

CURVES = ("precision", "recall", "roc", "precision_recall")


def round_of(made: Corpus, design: str, size: int, seed: int) -> Judged:
    rng = np.random.default_rng(seed)
    return judge(made, sample(design, size, made.scores, made.cluster, rng))


def within(band: Band, values: np.ndarray) -> bool:
    known = ~np.isnan(band.low)
    inside = (band.low - 1e-9 <= values) & (values <= band.high + 1e-9)
    return bool(inside[known].all())


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.1, 0.5, 0.9]) | st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])
        ),
        min_size=10,
        max_size=60,
    )
)
def test_a_band_lies_around_its_curve(drawn: list[tuple[float, float]]) -> None:
    rows = [*drawn, (0.3, 1.0), (0.6, 0.0), (0.7, 1.0), (0.2, 0.0)]
    judged = judged_of(*(np.array(column) for column in zip(*rows, strict=True)))
    found = bands(judged)
    exact = curves(counts(judged.scores, judged.top1, judged.weight), found.thresholds)
    for name in CURVES:
        band = getattr(found, name)
        assert band.why is None
        assert band.value == pytest.approx(getattr(exact, name), nan_ok=True)
        assert within(band, band.value)
        known = ~np.isnan(band.low)
        assert (np.isnan(band.high) == ~known).all()
        assert (band.low[known] >= 0).all()
        assert (band.high[known] <= 1).all()
    for band in (found.recall, found.roc):
        assert (np.diff(band.low) >= 0).all()
        assert (np.diff(band.high) >= 0).all()
    assert found.risk.low == pytest.approx(1 - found.precision.high, nan_ok=True)
    assert found.risk.value == pytest.approx(1 - found.precision.value)


@pytest.mark.parametrize("design", [STRATIFIED, CERTIFY])
def test_bands_hold_along_the_whole_curve(design: str) -> None:
    made = corpus(FAIR, 20_000, np.random.default_rng(5))
    rounds = 25
    held = dict.fromkeys(CURVES, 0)
    for seed in range(rounds):
        judged = round_of(made, design, 300, seed)
        found = bands(judged)
        reached = made.scores >= judged.reaches
        truth = curves(counts(made.scores[reached], made.top1[reached]), found.thresholds)
        for name in CURVES:
            held[name] += within(getattr(found, name), getattr(truth, name))
    for name in CURVES if design != CERTIFY else ("precision",):
        assert held[name] / rounds >= 0.95 - 3.2 * np.sqrt(0.95 * 0.05 / rounds)


def test_more_verdicts_make_narrower_bands_and_everything_none() -> None:
    made = corpus(FAIR, 2000, np.random.default_rng(6))
    some, more, all_ = (bands(round_of(made, UNIFORM, size, 1)) for size in (200, 1000, 2000))
    for name in CURVES:
        widths = [
            np.nanmedian(getattr(each, name).high - getattr(each, name).low)
            for each in (some, more, all_)
        ]
        assert widths[0] > 1.5 * widths[1]
        assert widths[2] < 0.01


def test_the_same_data_give_the_same_band() -> None:
    judged = round_of(corpus(FAIR, 2000, np.random.default_rng(7)), STRATIFIED, 200, 1)
    first, again = bands(judged), bands(judged)
    for name in CURVES:
        assert getattr(first, name).low == pytest.approx(
            getattr(again, name).low, nan_ok=True, abs=0
        )


def test_the_grid_is_that_of_the_pool() -> None:
    made = corpus(FAIR, 2000, np.random.default_rng(8))
    found = bands(round_of(made, UNIFORM, 100, 1))
    assert found.coverage == pytest.approx(RATES)
    assert found.thresholds == pytest.approx(np.sort(made.scores)[::-1][9::10])
    judged = round_of(made, CERTIFY, 100, 1)
    assert grid(judged)[-1] == judged.pool.ascending[400]


def test_where_few_pictures_carry_a_point_there_is_no_band() -> None:
    rng = np.random.default_rng(9)
    scores = np.linspace(1, 0.01, 200)
    found = bands(judged_of(scores, rng.random(200) < 0.7))
    missing = np.flatnonzero(np.isnan(found.precision.low))
    assert missing.tolist() == list(range(FEWEST - 1))
    assert not np.isnan(found.precision.value).any()
    assert np.isnan(found.precision_recall.low[[0, -1]]).all()
    # a rate never falls: the first band that is known bounds those before
    assert (found.roc.low[0], found.roc.high[-1]) == (0, 1)
    assert not np.isnan(found.roc.high).any()


def test_all_right_so_far_is_not_certain() -> None:
    scores = np.linspace(1, 0.01, 200)
    right = np.arange(200) < 100
    found = bands(judged_of(scores, right))
    # 50 of 50 are right: less wide than for one in a hundred, wider than for a single point
    assert 0.0005 ** (1 / 50) < found.precision.low[49] < 0.025 ** (1 / 50)
    assert found.precision.high[49] == 1


def test_from_the_best_scored_alone_only_precision_is_known() -> None:
    judged = round_of(corpus(FAIR, 2000, np.random.default_rng(10)), CERTIFY, 200, 1)
    found = bands(judged)
    assert found.coverage[-1] == 0.8
    for band in (found.precision, found.risk):
        assert band.why is None
        assert not np.isnan(band.low[20:]).any()
    for name in ("recall", "roc", "precision_recall"):
        band = getattr(found, name)
        assert band.why is not None
        assert "drawn only from scores of" in band.why
        assert np.isnan(band.value).all()


@pytest.mark.parametrize(
    ("judged", "told"),
    [
        (judged_of([], []), "0 pictures were judged: curves begin at 10"),
        (judged_of([0.9, 0.5], [1, 0]), "2 pictures were judged: curves begin at 10"),
    ],
)
def test_too_few(judged: Judged, told: str) -> None:
    found = bands(judged)
    for band in (found.precision, found.recall, found.risk, found.roc, found.precision_recall):
        assert band.why == told
        assert np.isnan(np.concatenate([band.value, band.low, band.high])).all()


def test_one_class_only() -> None:
    found = bands(judged_of(np.linspace(0.1, 0.9, 30), np.ones(30)))
    assert found.roc.why == (
        "30 right and 0 wrong pictures were judged, and 2 of each are needed: judge more"
    )
    assert found.precision.why is None
    assert (found.precision.value == 1).all()
    # 26 thresholds accept at least 5 of the 30, and nothing tells how they go together
    assert found.precision.low[-1] == pytest.approx((0.025 / 26) ** (1 / 30))
