"""Weights: they sum to the pool, and rounds put together stay without bias."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import Estimator
from analysis.followup import Question, Remaining, sample_for
from analysis.judged import Judged
from analysis.sampling import sample
from analysis.simulated import FAIR, GOOD, Corpus, corpus, judge
from analysis.weights import LEAST, Phase, lower_bounds, part_of, weigh
from db.verdicts import CERTIFY, DESIGNS, STRATIFIED, UNIFORM
from tests.analysis.judging import judged_of


def aim(made: Corpus, first, size: int, rng, about: str = "accuracy", at: float | None = None):
    left = ~np.isin(made.cluster, made.cluster[first.pictures])
    frame = Remaining(made.scores, made.cluster, left)
    return sample_for(Question(about, at), size, frame, lambda s: np.clip(s, 0.05, 0.95), rng)


@settings(max_examples=30)
@given(
    st.sampled_from(DESIGNS),
    st.integers(1, 300),
    st.sampled_from([1.0, 3.0]),
    st.integers(0, 99),
    st.data(),
)
def test_weights_sum_to_the_pictures_of_each_part(
    design: str, size: int, near: float, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    made = corpus(FAIR, 2000, rng, near)
    drawn = sample(design, size, made.scores, made.cluster, rng)
    judged = judge(made, drawn, judged=data.draw(st.integers(1, size)))
    parts = np.diff(np.searchsorted(judged.pool.ascending, judged.edges))
    inside = np.bincount(judged.bin, weights=judged.weight, minlength=len(parts))
    assert inside == pytest.approx(parts)
    assert ((judged.drawn > 0) & (judged.drawn <= 1)).all()
    assert (judged.scores >= judged.edges[judged.bin]).all()
    assert (judged.scores < judged.edges[judged.bin + 1]).all()
    if len(parts) > 1:
        assert np.bincount(judged.bin).min() >= LEAST
    if design == CERTIFY:
        assert judged.reaches == drawn.frame["t_min"] == judged.equal_from
    else:
        assert judged.reaches == 0
    assert judged.equal.all() == (design != STRATIFIED or len(drawn.frame["strata"]) == 1)


def test_a_census_leaves_nothing_open() -> None:
    made = corpus(FAIR, 300, np.random.default_rng(0))
    judged = judge(made, sample(UNIFORM, 300, made.scores, made.cluster, np.random.default_rng(1)))
    assert judged.weight == pytest.approx(np.ones(300))
    assert judged.drawn == pytest.approx(np.ones(300))


def test_two_phases_are_each_without_bias() -> None:
    """The mean of the pictures' own scores is known: weighted, the sample must give it."""
    rng = np.random.default_rng(3)
    made = corpus(GOOD, 4000, rng, 2.0)
    off = []
    for _ in range(300):
        first = sample(STRATIFIED, 60, made.scores, made.cluster, rng)
        judged = judge(made, first, aim(made, first, 120, rng))
        off.append(judged.weight @ made.top1[judged.image_ids] / 4000 - made.top1.mean())
    z = np.mean(off) / (np.std(off) / np.sqrt(len(off)))
    assert abs(z) < 4


def test_a_cluster_that_was_sure_to_be_drawn_keeps_its_weight_in_two_phases() -> None:
    rng = np.random.default_rng(6)
    made = corpus(FAIR, 8000, rng)
    copies = np.arange(8000) < 800
    made = Corpus(
        scores=np.where(copies, 0.8, made.scores),
        top1=np.where(copies, 0.0, made.top1),
        topk=np.where(copies, 0.0, made.topk),
        classes=made.classes,
        cluster=np.where(copies, 0, made.cluster),
    )
    off = []
    for _ in range(40):
        first = sample(STRATIFIED, 150, made.scores, made.cluster, rng)
        judged = judge(made, first, aim(made, first, 300, rng))
        weight = judged.weight[judged.cluster_size == 800]
        assert weight == pytest.approx([800], rel=0.15)
        off.append(judged.weight @ judged.top1 / 8000 - made.top1.mean())
    assert np.mean(off) == pytest.approx(0, abs=0.015)


def test_where_a_round_begins_the_pictures_below_keep_their_weight() -> None:
    rng = np.random.default_rng(7)
    made = corpus(FAIR, 5000, rng)
    for _ in range(20):
        few = sample(UNIFORM, 30, made.scores, made.cluster, rng)
        many = sample(CERTIFY, 500, made.scores, made.cluster, rng)
        begins = many.frame["t_min"]
        phases = [
            Phase(
                made.scores[drawn.pictures],
                np.ones(len(drawn.pictures)),
                drawn.cluster_size,
                np.ones(len(drawn.pictures)),
                np.array([drawn.frame.get("t_min", 0.0)]),
                equal=True,
            )
            for drawn in (few, many)
        ]
        below = np.concatenate([phase.scores for phase in phases]) < begins
        if below.any():
            weights = weigh(np.sort(made.scores), phases, known=True)
            assert weights.weight[below].sum() == pytest.approx(1000)


def test_a_second_phase_draws_nothing_twice_and_only_where_the_question_is() -> None:
    rng = np.random.default_rng(4)
    made = corpus(FAIR, 3000, rng, 3.0)
    first = sample(STRATIFIED, 100, made.scores, made.cluster, rng)
    second = aim(made, first, 100, rng, "precision", 0.9)
    clusters = made.cluster[np.concatenate([first.pictures, second.pictures])]
    assert len(np.unique(clusters)) == 200
    assert (made.scores[second.pictures] >= 0.9).all()
    judged = judge(made, first, second)
    assert judged.reaches == 0
    assert not judged.equal.any()
    assert np.isnan(judged.equal_from)


def phase_of(scores: np.ndarray, lower: list[float], equal: bool) -> Phase:
    one = np.ones(len(scores))
    return Phase(scores, one, one.astype(np.int64), one, np.array(lower), equal)


def test_rounds_of_equal_chances_certify_together_where_all_of_them_reach() -> None:
    scores = np.linspace(0, 1, 1001)[:-1]
    certify = phase_of(scores[500::5], [0.5], equal=True)
    uniform = phase_of(scores[::10], [0.0], equal=True)
    aimed = phase_of(scores[700:720], [0.0, 0.7], equal=False)
    made = weigh(scores, [uniform, certify, aimed], known=True)
    assert made.equal_from == 0.5
    assert made.equal.sum() == 50 + 100
    assert made.equal[:100].tolist() == (uniform.scores >= 0.5).tolist()


def test_without_a_pool_every_picture_stands_for_itself() -> None:
    scores = np.array([0.2, 0.4, 0.9])
    made = weigh(np.sort(scores), [phase_of(scores, [0.0], equal=True)], known=False)
    assert made.weight.tolist() == [1, 1, 1]
    assert made.drawn.tolist() == [0, 0, 0]
    assert made.edges.tolist() == [0, np.inf]


def test_the_lower_bounds_of_a_frame() -> None:
    frame = {"strata": [{"lower": 0.1}, {"lower": 0.5}, {"lower": 0.8}]}
    assert lower_bounds(frame).tolist() == [0, 0.5, 0.8]
    assert lower_bounds(frame | {"t_min": 0.3}).tolist() == [0.3, 0.5, 0.8]


@pytest.fixture
def judged() -> Judged:
    rng = np.random.default_rng(5)
    made = corpus(FAIR, 2000, rng)
    return judge(made, sample(STRATIFIED, 200, made.scores, made.cluster, rng))


def test_a_part_of_the_judged_stands_for_the_same_pool(judged: Judged) -> None:
    which = np.arange(len(judged)) % 4 != 0
    some = part_of(judged, which)
    assert len(some) == which.sum()
    assert some.weight.sum() == pytest.approx(judged.weight.sum())
    assert some.scores.tolist() == judged.scores[which].tolist()
    assert some.edges.tolist() == judged.edges.tolist()
    assert (some.drawn < judged.drawn[which]).all()
    assert some.reviews.item.tolist() == list(range(len(some)))


def test_a_part_of_a_table_is_a_smaller_table() -> None:
    rng = np.random.default_rng(6)
    scores = rng.random(400)
    table = judged_of(scores, rng.random(400) < scores)
    few = part_of(table, np.arange(400) < 100)
    assert few.pool.size == 100
    assert few.weight.tolist() == [1] * 100
    widths = [Estimator(each).accuracy().half_width for each in (few, table)]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.1)


@given(
    st.integers(2, 5),
    st.integers(1, 5),
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
)
def test_no_judged_picture_counts_for_nothing(
    first: int, cluster: int, following: list[int]
) -> None:
    """Also where the near-duplicates of a second phase seem to leave the first nothing."""
    pool = np.sort(np.random.default_rng(1).random(first + len(following) + 2))
    phases = [
        Phase(
            pool[at],
            np.ones(len(sizes)),
            np.array(sizes),
            np.ones(len(sizes)),
            np.array([0.0]),
            not at.start,
            bool(at.start),
        )
        for at, sizes in (
            (slice(0, first), [cluster] * first),
            (slice(first, first + len(following)), following),
        )
    ]
    made = weigh(pool, phases, True)
    assert made.weight.min() > 0
    assert made.weight.sum() == pytest.approx(len(pool))
