"""Samples: their probabilities are what they say."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sampling import COVERAGE, Sample, proportional, sample, systematic
from db.verdicts import CERTIFY, DESIGNS, STRATIFIED, UNIFORM
from vision.errors import InputError

REPEATS = 4000

score = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1))
frames = st.lists(st.tuples(score, st.integers(0, 30)), min_size=1, max_size=200)


def drawn(design: str, size: int, rows: list[tuple[float, int]], seed: int = 0) -> Sample:
    scores, cluster = (np.array(column) for column in zip(*rows, strict=True))
    return sample(design, size, scores.astype(float), cluster, np.random.default_rng(seed))


def reachable(design: str, rows: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return the rows that a design draws from."""
    if design != CERTIFY:
        return rows
    t_min = sorted(row[0] for row in rows)[-math.ceil(COVERAGE * len(rows))]
    return [row for row in rows if row[0] >= t_min]


@given(frames, st.sampled_from(DESIGNS), st.data())
def test_a_sample_keeps_its_word(
    rows: list[tuple[float, int]], design: str, data: st.DataObject
) -> None:
    domain = reachable(design, rows)
    most = len({cluster for _, cluster in domain})
    size = data.draw(st.integers(1, most))
    made = drawn(design, size, rows, seed=data.draw(st.integers(0, 99)))

    picked = [rows[place] for place in made.pictures]
    assert len({cluster for _, cluster in picked}) == len(picked) == size
    assert set(picked) <= set(domain)
    for (_, cluster), count in zip(picked, made.cluster_size, strict=True):
        assert count == sum(other == cluster for _, other in domain)
    assert (made.probability > 0).all()
    assert (made.probability * made.cluster_size <= 1).all()

    assert made.frame["pictures"] == len(rows)
    assert made.frame["clusters"] == len({cluster for _, cluster in rows})
    assert sum(row["pictures"] for row in made.frame["strata"]) == len(domain)
    assert sum(row["clusters"] for row in made.frame["strata"]) == most
    for number, row in enumerate(made.frame["strata"]):
        inside = made.stratum == number
        assert inside.sum() == row["drawn"]
        weights = (1 / made.probability[inside]).sum()
        if row["drawn"]:
            assert weights == pytest.approx(row["pictures"])


@pytest.mark.parametrize("design", DESIGNS)
def test_pictures_are_drawn_as_often_as_their_probability_says(design: str) -> None:
    rng = np.random.default_rng(7)
    scores = rng.beta(2, 1, 60).round(2)
    cluster = np.repeat(np.arange(36), [14, 5, 4, 3, 3, *[1] * 31])
    size, prefix = 20, 6
    times, early = np.zeros(60), np.zeros(60)
    probability = np.full(60, np.nan)
    for _ in range(REPEATS):
        made = sample(design, size, scores, cluster, rng)
        times[made.pictures] += 1
        early[made.pictures[:prefix]] += 1
        known = probability[made.pictures]
        assert ((known == made.probability) | np.isnan(known)).all()
        probability[made.pictures] = made.probability
    probability = np.nan_to_num(probability)
    assert probability.sum() == pytest.approx(size)
    for found, said in ((times, probability), (early, probability * prefix / size)):
        spread = np.sqrt(REPEATS * said * (1 - said))
        assert (np.abs(found - REPEATS * said) <= 4.5 * spread + 1e-6).all()


def test_the_weighted_mean_is_that_of_all_pictures() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(500)
    cluster = np.minimum(rng.geometric(0.02, 500), 60)
    right = rng.random(500) < scores
    estimates = []
    for _ in range(1000):
        made = sample(STRATIFIED, 30, scores, cluster, rng)
        estimates.append((right[made.pictures] / made.probability).sum() / 500)
    error = np.std(estimates) / math.sqrt(len(estimates))
    assert abs(np.mean(estimates) - right.mean()) < 4 * error


def test_the_same_seed_draws_the_same() -> None:
    rows = [(place / 100, place) for place in range(100)]
    first, again, other = (drawn(STRATIFIED, 50, rows, seed) for seed in (1, 1, 2))
    assert first.pictures.tolist() == again.pictures.tolist()
    assert first.frame == again.frame
    assert first.pictures.tolist() != other.pictures.tolist()


def test_without_duplicates_uniform_is_a_simple_random_sample() -> None:
    rows = [(0.5, place) for place in range(5)]
    pairs = {tuple(sorted(drawn(UNIFORM, 2, rows, seed).pictures.tolist())) for seed in range(300)}
    assert len(pairs) == 10
    assert drawn(UNIFORM, 2, rows).probability.tolist() == [0.4, 0.4]


def test_a_cluster_larger_than_its_share_is_drawn_for_certain() -> None:
    rows = [(0.5, 0)] * 900 + [(0.5, place) for place in range(1, 101)]
    for seed in range(20):
        made = drawn(UNIFORM, 11, rows, seed)
        large = made.cluster_size == 900
        assert large.sum() == 1
        assert made.probability[large] == pytest.approx(1 / 900)
        assert made.probability[~large] == pytest.approx([0.1] * 10)


def test_certify_takes_ties_at_its_lowest_score() -> None:
    rows = [(value, place) for place, value in enumerate([0.9] * 5 + [0.4] * 4 + [0.1])]
    made = drawn(CERTIFY, 9, rows)
    assert made.frame["t_min"] == 0.4
    assert made.frame["coverage"] == 0.9
    assert 9 not in made.pictures


def test_certify_counts_only_the_near_duplicates_it_could_have_drawn() -> None:
    rows = [(0.9, 0), (0.8, 0), (0.1, 0), (0.7, 1), (0.6, 2)]
    made = drawn(CERTIFY, 3, rows)
    assert sorted(made.cluster_size.tolist()) == [1, 1, 2]
    assert 2 not in made.pictures


@pytest.mark.parametrize(
    ("design", "told"),
    [
        (UNIFORM, "this run has 3 pictures without near-duplicates: choose a size up to 3"),
        (
            CERTIFY,
            "the best-scored 80 % of this run are 2 pictures without near-duplicates:"
            " choose a size up to 2",
        ),
    ],
)
def test_more_than_there_are(design: str, told: str) -> None:
    rows = [(0.9, 0), (0.8, 0), (0.7, 1), (0.6, 1), (0.1, 2)]
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        drawn(design, 4, rows)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60), st.data())
def test_proportional_probabilities(sizes: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(sizes)))
    found = proportional(size, np.array(sizes))
    assert found.sum() == pytest.approx(size)
    assert (found <= 1).all()
    per_picture = [p / count for p, count in zip(found, sizes, strict=True) if p < 1]
    assert per_picture == pytest.approx([per_picture[0]] * len(per_picture) if per_picture else [])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(0, 99), st.data())
def test_systematic_draws_each_at_most_once(
    sizes: list[int], seed: int, data: st.DataObject
) -> None:
    probability = proportional(data.draw(st.integers(1, len(sizes))), np.array(sizes))
    found = systematic(probability, np.random.default_rng(seed)).tolist()
    assert len(set(found)) == len(found) == round(probability.sum())
    assert set(np.flatnonzero(probability == 1)) <= set(found)
