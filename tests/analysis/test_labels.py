"""Labels: what is said of each holds as often as it says, on runs whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import false_discovery_control

from analysis.intervals import wilson
from analysis.judged import UNKNOWN, Floats, Ints, Judged, Pool, Reviews
from analysis.labels import ENOUGH, Labels, _discovered, confusions, labels, thresholds
from analysis.logistic import expit, logit
from analysis.recalibration import fit_beta
from analysis.sampling import sample
from analysis.shrinkage import SPREADS, shifts
from analysis.simulated import FAIR, corpus, judge
from db.verdicts import UNIFORM

LABELS = 60
NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Run:
    """A run's judged pictures, each picture's chance of being right, and each label's shift."""

    judged: Judged
    chance: Floats
    shift: Floats

    def truth(self, table: Labels) -> Floats:
        """Return the mean chance of the pictures of each label in the table."""
        number = np.bincount(self.judged.pool.classes)
        return (np.bincount(self.judged.pool.classes, weights=self.chance) / number)[table.classes]


def run(n: int, spread: float, seed: int, size: int = 10_000) -> Run:
    """Return a run with labels of Zipf's frequencies whose logits are off by `spread`."""
    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(1, LABELS + 1)
    classes = rng.choice(LABELS, size, p=frequency / frequency.sum())
    scores = np.clip(rng.beta(2, 0.6, size), 0.01, 0.9999)
    shift = spread * rng.standard_normal(LABELS)
    chance = expit(0.7 * logit(scores) + 0.3 + shift[classes])
    right = (rng.random(size) < chance).astype(float)
    drawn = rng.permutation(size)[:n]
    return Run(
        judged=whole(
            Pool(scores, classes, [f"class {number}" for number in range(LABELS)]),
            drawn,
            right[drawn],
            np.where(right[drawn] == 1, classes[drawn], UNKNOWN),
        ),
        chance=chance,
        shift=shift,
    )


def whole(pool: Pool, drawn: Ints, top1: Floats, right: Ints) -> Judged:
    """Return pictures of a pool as judged, drawn with equal chances in one part."""
    n = len(drawn)
    return Judged(
        scores=pool.scores[drawn],
        top1=top1,
        topk=top1,
        classes=pool.classes[drawn],
        right=right,
        image_ids=drawn,
        weight=np.full(n, pool.size / max(n, 1)),
        bin=np.zeros(n, np.int64),
        edges=np.array([0.0, np.inf]),
        drawn=np.full(n, n / pool.size),
        equal=np.ones(n, bool),
        equal_from=0.0,
        cluster_size=np.ones(n, np.int64),
        pool=pool,
        reviews=Reviews(NOTHING, NOTHING, NOTHING, NOTHING.astype(bool), [], []),
    )


@pytest.mark.parametrize(("n", "spread"), [(400, 0.4), (1500, 0.4), (400, 0.9), (1500, 0.9)])
def test_shrunk_intervals_cover(n: int, spread: float) -> None:
    inside, width, raw = [], [], []
    for seed in range(40):
        made = run(n, spread, seed)
        table = labels(made.judged)
        truth = made.truth(table)
        inside.append(np.mean((table.shrunk_low <= truth) & (truth <= table.shrunk_high)))
        judged = table.n > 0
        width.append(np.mean((table.shrunk_high - table.shrunk_low)[judged]))
        raw.append(np.mean((table.high - table.low)[judged]))
    assert 0.92 <= np.mean(inside) <= 0.985
    assert np.mean(width) < 0.8 * np.mean(raw)


def test_shrunk_estimates_are_nearer_the_truth() -> None:
    shrunk, raw = [], []
    for seed in range(30):
        made = run(600, 0.5, seed)
        table = labels(made.judged)
        truth, enough = made.truth(table), table.enough
        shrunk.append(np.mean((table.shrunk - truth)[enough] ** 2))
        raw.append(np.mean((table.share - truth)[enough] ** 2))
    assert np.mean(shrunk) < 0.7 * np.mean(raw)


def test_labels_are_rarely_called_worse_by_chance() -> None:
    any_worse = [labels(run(800, 0.0, seed).judged).worse.any() for seed in range(100)]
    assert np.mean(any_worse) <= 0.1


def test_a_bad_label_is_found() -> None:
    false, found = [], []
    for seed in range(40):
        made = run(1200, 0.0, seed)
        judged = made.judged
        bad = judged.classes == 2
        table = labels(
            replace(judged, top1=np.where(bad, judged.top1 * (judged.scores > 0.9), judged.top1))
        )
        found.append(2 in table.classes[table.worse])
        false.append(np.mean(table.classes[table.worse] != 2) if table.worse.any() else 0.0)
        if found[-1]:
            assert table.worse[0]
            assert table.shift[table.classes == 2] < 0
    assert np.mean(found) > 0.9
    assert np.mean(false) <= 0.1


@given(st.lists(st.floats(0, 1), max_size=30))
def test_discoveries_are_those_of_scipy(values: list[float]) -> None:
    p_value = np.array([*values, np.nan])
    expected = false_discovery_control(np.array(values)) <= 0.1 if values else []
    close = np.isclose(false_discovery_control(np.array(values)), 0.1, atol=1e-12) if values else []
    if not np.any(close):
        assert _discovered(p_value).tolist() == [*expected, False]


def test_the_table_counts_right() -> None:
    made = run(500, 0.5, seed=3)
    rng = np.random.default_rng(3)
    judged = replace(made.judged, weight=rng.uniform(1, 9, 500))
    table = labels(judged)
    assert sorted(table.classes) == sorted(np.unique(judged.pool.classes))
    for place, number in enumerate(table.classes):
        own = judged.classes == number
        weight = judged.weight[own]
        assert table.names[place] == f"class {number}"
        assert table.pool[place] == (judged.pool.classes == number).sum()
        assert table.n[place] == own.sum()
        assert table.enough[place] == np.isfinite(table.p_value[place]) == (own.sum() >= ENOUGH)
        if not own.any():
            assert np.isnan([table.share[place], table.low[place], table.high[place]]).all()
            continue
        share = weight @ judged.top1[own] / weight.sum()
        low, high = wilson(share, weight.sum() ** 2 / (weight @ weight))
        assert table.share[place] == pytest.approx(share)
        assert (table.low[place], table.high[place]) == pytest.approx((low, high))
    bounds = np.array([table.shrunk_low, table.shrunk, table.shrunk_high])
    assert ((bounds >= 0) & (bounds <= 1)).all()
    assert (np.diff(bounds, axis=0) > 0).all()


def test_worse_ones_come_first_and_thin_ones_last() -> None:
    table = labels(run(1500, 1.5, seed=4).judged)
    rank = np.where(table.worse, 0, np.where(table.enough, 1, 2))
    assert set(rank) == {0, 1, 2}
    assert (np.diff(rank) >= 0).all()
    for kind in (0, 1):
        assert (np.diff(table.shrunk[rank == kind]) >= 0).all()
    assert (np.diff(table.pool[rank == 2]) <= 0).all()


def test_a_label_without_verdicts_is_like_the_others() -> None:
    made = run(600, 0.5, seed=5)
    table = labels(made.judged)
    none = table.n == 0
    assert none.any()
    assert table.shift[none] == pytest.approx(0, abs=0.02)
    most = table.n == table.n.max()
    width = table.shrunk_high - table.shrunk_low
    assert width[none].min() > width[most].max()


@pytest.mark.parametrize("right", [0.0, 1.0])
@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_verdicts_all_alike_stay_finite(n: int, right: float) -> None:
    judged = run(n, 0.5, seed=6).judged
    table = labels(replace(judged, top1=np.full(n, right)))
    for column in (table.shrunk, table.shrunk_low, table.shrunk_high, table.shift):
        assert np.isfinite(column).all()
    assert not table.worse.any()
    assert np.isnan(table.share[table.n == 0]).all()


def test_pictures_below_the_reach_are_not_spoken_of() -> None:
    made = corpus(FAIR, 5000, np.random.default_rng(7))
    judged = judge(made, sample(UNIFORM, 300, made.scores, made.cluster, np.random.default_rng(8)))
    above = judged.scores >= 0.5
    kept = {
        name: getattr(judged, name)[above]
        for name in ("scores", "top1", "classes", "right", "weight", "bin")
    }
    cut = replace(judged, **kept, edges=np.array([0.5, *judged.edges[1:]]))
    table = labels(cut)
    assert table.pool.sum() == (made.scores >= 0.5).sum()


def test_confusions_are_counted() -> None:
    judged = run(10, 0.5, seed=9).judged
    classes = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 4])
    right = np.array([5, 5, 6, 0, 0, 0, UNKNOWN, 2, 3, UNKNOWN])
    weight = np.array([1, 1, 9, 2, 2, 1, 1, 1, 1, 1.0])
    found = confusions(replace(judged, classes=classes, right=right, weight=weight))
    rows = zip(found.predicted, found.right, found.n, found.weight, strict=True)
    assert list(rows) == [(1, 0, 2, 4), (0, 5, 2, 2), (0, 6, 1, 9), (2, 0, 1, 1)]


def test_nothing_confused() -> None:
    judged = run(10, 0.5, seed=9).judged
    found = confusions(replace(judged, right=np.full(10, UNKNOWN)))
    assert len(found.n) == len(found.predicted) == len(found.weight) == 0


def test_thresholds_make_labels_equally_likely_right() -> None:
    made = run(3000, 0.8, seed=10)
    judged, table = made.judged, labels(made.judged)
    found = thresholds(judged, table, 0.8)
    fitted = fit_beta(judged.scores, judged.top1, judged.weight)
    wanted = logit(fitted.predict(np.array([0.8])))
    inside = (found > 0) & (found < 1)
    assert inside.sum() > 40
    reached = logit(fitted.predict(found[inside])) + table.shift[inside]
    assert reached == pytest.approx(np.full(inside.sum(), wanted[0]), abs=0.01)
    assert (np.diff(found[np.argsort(table.shift)]) <= 0).all()


def test_thresholds_of_labels_like_all_others_stay() -> None:
    judged = run(500, 0.5, seed=11).judged
    table = replace(labels(judged), shift=np.array([0.0, 50.0, -50.0]))
    assert thresholds(judged, table, 0.37) == pytest.approx([0.37, 0.0, np.inf])


def test_scores_that_tell_nothing_leave_thresholds_alone() -> None:
    judged = run(500, 0.5, seed=12).judged
    against = replace(judged, top1=(judged.scores < np.median(judged.scores)).astype(float))
    assert set(thresholds(against, labels(against), 0.6)) == {0.6}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.integers(5, 80))
def test_shifts_are_the_modes_of_their_posterior(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    label, offset = rng.integers(0, 4, n), rng.standard_normal(n)
    right = (rng.random(n) < expit(offset + label)).astype(float)
    spread = SPREADS[6]

    def loss(at: Floats) -> float:
        common, logits = at[0], offset + at[1:][label]
        prior = ((at[1:] - common) ** 2).sum() / (2 * spread**2) + common**2 / 8
        return float((np.logaddexp(0, logits) - right * logits).sum() + prior)

    best = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-7})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.shrinkage.SPREADS", np.array([spread]))
        found = shifts(offset, right, np.ones(n), label, 4)
    assert [found.common, *found.mean] == pytest.approx(best.x, abs=0.02)


def test_repeating_all_weights_changes_nothing() -> None:
    rng = np.random.default_rng(13)
    label, offset = rng.integers(0, 4, 50), rng.standard_normal(50)
    right = rng.integers(0, 2, 50).astype(float)
    one, other = (shifts(offset, right, np.full(50, weight), label, 4) for weight in (1.0, 37.0))
    assert one.mean == pytest.approx(other.mean)
    assert one.sd == pytest.approx(other.sd)
