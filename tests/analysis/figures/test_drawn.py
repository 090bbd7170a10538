"""What is drawn is what was computed: lines, bands, points and bars read back from the axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from analysis import wording
from analysis.bands import Band
from analysis.estimates import Estimator
from analysis.figures import FIGURES, forest, scores
from analysis.figures.style import INK, PENCIL
from analysis.summary import Summary
from analysis.thresholds import performance
from analysis.weights import part_of
from tests.analysis.figures.reading import bars, figure, heights, kept, line, said, shade
from tests.analysis.summaries import disputed


def is_curve(axes: Axes, band: Band, label: str, number: int = 0) -> None:
    """See that a curve is drawn with its band, of several bands the one by order of drawing."""
    curve = line(axes, label)
    np.testing.assert_array_equal(curve.get_xdata(), band.x)
    np.testing.assert_array_equal(curve.get_ydata(), band.value)
    x, low, high = shade(axes, number)
    known = ~np.isnan(band.low)
    np.testing.assert_array_equal(x, np.unique(band.x[known]))
    for at, lowest, highest in zip(x, low, high, strict=True):
        here = known & (band.x == at)
        assert (lowest, highest) == (band.low[here].min(), band.high[here].max())


@pytest.mark.parametrize("kind", ["usual", "stratified", "table"])
def test_curves_are_drawn_with_their_bands(kind: str) -> None:
    made = kept(kind).bands
    for name, label, band in (
        ("roc", "AUC", made.roc),
        ("precision-recall", "average precision", made.precision_recall),
        ("risk-coverage", "risk", made.risk),
    ):
        is_curve(figure(kind, name).axes[0], band, label)
    axes = figure(kind, "precision-recall-by-threshold").axes[0]
    is_curve(axes, made.precision, "precision", 0)
    is_curve(axes, made.recall, "recall", 1)
    coverage = line(axes, "coverage")
    np.testing.assert_array_equal(coverage.get_xdata(), made.thresholds)
    np.testing.assert_array_equal(coverage.get_ydata(), made.coverage)
    assert set(line(axes, "t = ").get_xdata()) == {kept(kind).chosen[0]}


@pytest.mark.parametrize("kind", ["usual", "stratified"])
def test_operating_points_stand_where_their_thresholds_put_them(kind: str) -> None:
    summary = kept(kind)
    judged = summary.judged
    wanted = {
        wording.CRITERIA[point.chosen.criterion.name]: point.chosen.threshold
        for point in summary.points
    }
    if kind == "usual":
        wanted["certified 95\N{NO-BREAK SPACE}%"] = summary.certified.threshold
    for name, across, up in (("roc", "fpr", "recall"), ("precision-recall", "recall", "precision")):
        axes = figure(kind, name).axes[0]
        marks = [each for each in axes.lines if ": t >= " in str(each.get_label())]
        called = [str(each.get_label()).partition(": t >= ")[0] for each in marks]
        assert sorted(", ".join(called).replace("(0, 1)", "(0; 1)").split(", ")) == sorted(
            each.replace("(0, 1)", "(0; 1)") for each in wanted
        )
        for mark, names in zip(marks, called, strict=True):
            (t,) = {value for each, value in wanted.items() if each in names}
            does = performance(judged, judged.scores >= t)
            np.testing.assert_array_equal(
                mark.get_xydata(), [[getattr(does, across), getattr(does, up)]]
            )
            certified = names.startswith("certified")
            assert to_rgba(mark.get_markeredgecolor()) == to_rgba(PENCIL if certified else INK)


@pytest.mark.parametrize("kind", ["usual", "certified"])
def test_the_certified_point_is_drawn_from_its_risk_to_its_bound(kind: str) -> None:
    certified = kept(kind).certified
    axes = figure(kind, "risk-coverage").axes[0]
    tip = line(axes, "certified")
    assert tip.get_xydata().tolist() == [[certified.coverage, 1 - certified.bound]]
    risk = 1 - certified.right / certified.judged
    assert risk < 1 - certified.bound < 1 - certified.target
    ends = [[certified.coverage, risk], [certified.coverage, 1 - certified.bound]]
    assert ends in [each.get_xydata().tolist() for each in axes.lines]
    assert set(line(axes, "target").get_ydata()) == {1 - certified.target}


def test_without_a_certified_threshold_none_is_drawn() -> None:
    axes = figure("out of reach", "risk-coverage").axes[0]
    assert [str(each.get_label())[:6] for each in axes.lines] == ["risk, ", "target"]


@pytest.mark.parametrize("kind", ["usual", "stratified", "certified"])
def test_estimates_are_points_on_their_intervals(kind: str) -> None:
    summary = kept(kind)
    at = summary.at
    wanted = [
        summary.accuracy, summary.topk_accuracy, at.precision, at.recall, at.coverage,
        summary.auroc, summary.average_precision, summary.aurc, summary.augrc,
    ]  # fmt: skip
    axes = figure(kind, "estimates").axes[0]
    drawn = [each.get_xydata().tolist() for each in axes.lines[:-1]]
    rows = [(place, each) for place, each in enumerate(wanted) if not np.isnan(each.value)]
    ends = [[[each.low, place], [each.high, place]] for place, each in rows]
    middles = [[[each.value, place]] for place, each in rows]
    assert drawn[::2] == ends
    assert drawn[1::2] == middles
    text = said(figure(kind, "estimates"))
    assert text.count("unknown: ") == len(wanted) - len(rows)


def test_the_part_of_equal_chances_has_a_row_of_its_own() -> None:
    summary = kept("usual")
    equal = np.arange(400) < 250
    mixed = Summary(replace(summary.judged, equal=equal, equal_from=0.0), summary.asked)
    alone = Estimator(part_of(mixed.judged, equal)).accuracy()
    drawn = forest.estimates(mixed)
    second = [each.get_xydata().tolist() for each in drawn.axes[0].lines[2:4]]
    assert second == [[[alone.low, 1], [alone.high, 1]], [[alone.value, 1]]]
    assert "the same, uniform part alone" in said(drawn)


def test_labels_are_drawn_hollow_where_judged_and_filled_where_shrunk() -> None:
    judged = kept("census").judged
    spoiled = judged.classes == np.bincount(judged.classes).argmax()
    summary = Summary(replace(judged, top1=np.where(spoiled, 0.0, judged.top1)))
    table = summary.labels
    shown = np.flatnonzero(table.enough)[:30]
    worse = table.worse[shown]
    assert 0 < worse.sum() < len(shown)
    axes = forest.labels(summary).axes[0]
    places = np.arange(len(shown))
    judged = line(axes, "judged")
    assert judged.get_markerfacecolor() == "none"
    for drawn, wanted, which in (
        (judged, table.share, np.ones(len(shown), bool)),
        (line(axes, "shrunk, worse"), table.shrunk, worse),
        (axes.lines[1], table.shrunk, ~worse),
    ):
        np.testing.assert_array_equal(
            drawn.get_xydata(), np.column_stack([wanted[shown], places])[which]
        )
    assert (axes.lines[1].get_label(), axes.lines[2].get_marker()) == ("shrunk", "X")
    assert axes.lines[1].get_markerfacecolor() == INK
    ends = np.stack([table.shrunk_low[shown], table.shrunk_high[shown]], axis=1)
    np.testing.assert_array_equal(bars(axes)[:, :, 0], ends)
    named = [each.get_text() for each in axes.get_yticklabels()]
    for text, each in zip(named, shown, strict=True):
        assert text.endswith(f" ({table.n[each]:,})")
        assert text.startswith(wording.plain(table.names[each]))
    assert set(line(axes, "all labels").get_xdata()) == {summary.accuracy.value}


@pytest.mark.parametrize("kind", ["stratified", "certified", "all right"])
def test_bins_beyond_chance_are_crossed(kind: str) -> None:
    made = kept(kind).recalibration
    for axes, fit in zip(figure(kind, "reliability").axes, (made.before, made.after), strict=True):
        table = fit.reliability
        beyond = [
            not low <= right <= high
            for right, low, high in zip(table.right, table.null_low, table.null_high, strict=True)
        ]
        marks = {each.get_marker(): each for each in axes.lines if len(each.get_marker()) == 1}
        wanted = {"o": ~np.array(beyond), "X": np.array(beyond)}
        assert marks.keys() == {each for each, which in wanted.items() if which.any()}
        spans = [ends for number in range(len(marks)) for ends in bars(axes, number - len(marks))]
        drawn = {}
        for marker, mark in marks.items():
            which = wanted[marker]
            np.testing.assert_array_equal(
                mark.get_xydata(), np.column_stack([table.score, table.right])[which]
            )
            assert mark.get_color() == (PENCIL if marker == "X" else INK)
            drawn |= dict(
                zip(
                    table.score[which],
                    zip(table.low[which], table.high[which], strict=True),
                    strict=True,
                )
            )
        for (x, low), (_, high) in spans:
            assert (low, high) == pytest.approx(drawn[x], abs=1e-12)
        assert len(spans) == len(table.score)
        if len(table.score) > 1:
            x, low, high = shade(axes)
            order = np.argsort(table.score)
            np.testing.assert_array_equal(x, table.score[order])
            np.testing.assert_array_equal(low, table.null_low[order])
            np.testing.assert_array_equal(high, table.null_high[order])


def test_each_judged_picture_is_in_the_bar_of_its_verdict() -> None:
    judged = disputed().judged
    topk = judged.topk.copy()
    wrong = np.flatnonzero((judged.top1 == 0) & (judged.topk == 0))
    topk[wrong[:2]] = 0.5
    judged = replace(judged, topk=topk)
    axes = scores.scores(Summary(judged)).axes[1]
    open_ = (judged.top1 == 0.5) | (judged.topk == 0.5)
    assert open_.sum() == 12
    for label, which in (
        ("top-1 right", judged.top1 == 1),
        ("later one", (judged.top1 == 0) & (judged.topk == 1)),
        ("none", (judged.top1 == 0) & (judged.topk == 0)),
        ("disputed", open_),
    ):
        counted, _ = np.histogram(judged.scores[which], scores.BINS)
        assert heights(axes, f"{label} ({which.sum()})").tolist() == counted.tolist()
    assert sum(bar.get_height() for bar in axes.patches) == len(judged)


def test_without_disputes_there_is_no_such_bar() -> None:
    assert len(figure("usual", "scores").axes[1].containers) == 3


def test_pool_and_judged_are_drawn_as_shares() -> None:
    summary = kept("usual")
    axes = figure("usual", "scores").axes[0]
    of_pool, _ = np.histogram(summary.judged.pool.scores, scores.BINS)
    assert heights(axes, "") == pytest.approx(of_pool / 3000)
    (outline,) = (each for each in axes.patches if str(each.get_label()).startswith("judged"))
    of_judged, _ = np.histogram(summary.judged.scores, scores.BINS)
    assert outline.get_xy()[1::2, 1][: len(of_judged)] == pytest.approx(of_judged / 400)


def test_evidence_is_drawn_as_wealth_and_widths_as_they_narrow() -> None:
    summary = kept("usual")
    decided = summary.decision
    left, right = figure("usual", "stopping").axes
    for label, path in (("precision over", decided.for_it), ("under", decided.against)):
        drawn = line(left, label).get_ydata()
        assert drawn[0] == 1
        assert drawn[1:] == pytest.approx(np.exp(np.clip(path, -30, 60)))
    assert line(left, "decides").get_ydata() == pytest.approx([20, 20])
    t = summary.chosen[0]
    looks = line(right, "accuracy").get_xdata()
    assert looks[-1] == 400
    for n in (looks[0], looks[-1]):
        some = Estimator(part_of(summary.judged, np.arange(400) < n))
        for label, estimate in (
            ("accuracy", some.accuracy()),
            ("precision", some.precision(t)),
            ("recall", some.recall(t)),
        ):
            drawn = line(right, label)
            assert drawn.get_ydata()[drawn.get_xdata() == n] == estimate.half_width


def test_cells_are_the_darker_the_more_two_reviewers_agree() -> None:
    made = kept("disputed").agreement
    axes = figure("disputed", "agreement").axes[0]
    cells = {}
    for number, cell in enumerate(axes.collections):
        x, low, high = shade(axes, number)
        cells[int((low[0] + high[0]) / 2), int(x.mean())] = cell.get_alpha()
    assert cells.keys() == {(one, two) for one in range(3) for two in range(3) if one != two}
    for (one, two), alpha in cells.items():
        assert alpha == pytest.approx(0.45 * made.same[one, two] ** 3)
    texts = {each.get_position(): each.get_text() for each in axes.texts}
    for one, two in cells:
        same, kappa = wording.percent(made.same[one, two], 0), made.kappa[one, two]
        assert texts[two, one] == f"{same}\nkappa {kappa:.2f}, n {made.pairs[one, two]}"


def test_drawing_again_estimates_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page draws the figures of a summary that it keeps."""
    equal = np.arange(400) < 250
    summary = Summary(replace(kept("usual").judged, equal=equal, equal_from=0.0))
    first = [said(FIGURES[name](summary)) for name in ("estimates", "stopping")]

    def refuse(*_: object) -> None:
        raise AssertionError("estimated anew")

    monkeypatch.setattr("analysis.estimates.Tally", refuse)
    assert [said(FIGURES[name](summary)) for name in ("estimates", "stopping")] == first
