"""Figures of every kind of run: drawn without a warning, or in words why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.figures import agreement, forest, ranking, reliability, scores, selective, stopping
from analysis.figures.saving import to_png, to_svg
from analysis.figures.style import caption, legible
from analysis.summary import Summary
from analysis.table import UNIFORM_NOTE
from tests.analysis.summaries import KINDS, disputed, drawn, table

FIGURES: tuple[Callable[[Summary], Figure], ...] = (
    scores.scores,
    forest.estimates,
    forest.labels,
    selective.risk_coverage,
    selective.precision_recall_by_threshold,
    ranking.roc,
    ranking.precision_recall,
    reliability.reliability,
    stopping.stopping,
    agreement.agreement,
)


def words(svg: str) -> str:
    """Return what a figure says, its lines in a row."""
    text = "".join(f"{each} " for each in ElementTree.fromstring(svg).itertext())
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn_and_says_what_it_rests_on(kind: str) -> None:
    summary = KINDS[kind]()
    for draw in FIGURES:
        svg = to_svg(draw(summary))
        said = words(svg)
        assert f"n = {len(summary.judged):,} judged (n_eff" in said, draw.__name__
        about = "about these" if summary.about_pool else "about future pictures"
        assert about in said, draw.__name__
        # nothing that a strict policy refuses, nothing that a page would fetch
        assert not re.search(r"<[^>]*\sstyle=|<style|<script|<image", svg), draw.__name__
        assert all(each.startswith("#") for each in re.findall(r'href="([^"]*)"', svg))


@pytest.mark.parametrize(
    ("kind", "draw", "why"),
    [
        ("all right", ranking.roc, "30 right and 0 wrong pictures were judged"),
        ("all wrong", ranking.precision_recall, "0 right and 30 wrong pictures were judged"),
        ("two verdicts", ranking.roc, "2 pictures were judged: curves begin at 10"),
        ("two verdicts", selective.risk_coverage, "2 pictures were judged: curves begin at 10"),
        ("certified", ranking.roc, "drawn only from scores of"),
        ("two verdicts", forest.labels, "Not to be drawn: no label has 10 verdicts yet"),
        ("stratified", agreement.agreement, "no picture has been answered for by two reviewers"),
        ("stratified", stopping.stopping, "No e-process: no pictures were drawn with equal"),
        ("certified", forest.estimates, "unknown: pictures were drawn only from"),
    ],
)
def test_what_is_undefined_is_said_in_words(
    kind: str, draw: Callable[[Summary], Figure], why: str
) -> None:
    assert why in words(to_svg(draw(KINDS[kind]())))


def test_the_caption_names_design_model_weights_and_notes() -> None:
    said = " ".join(caption(drawn("uniform", 100), "so it is made"))
    assert said == (
        f"n = 100 judged (n_eff {drawn('uniform', 100).n_eff:,.0f}) · a uniform round of 100 ·"
        " about these 3,000 pictures · vgg16 (weights ab12cd34) · run 7 of sqlite:///data/test.db"
        " so it is made"
    )
    of_table, going_on = table(), disputed()
    for draw in (scores.scores, forest.labels, agreement.agreement):
        assert UNIFORM_NOTE in words(to_svg(draw(of_table))), draw.__name__
        assert "round not complete: a preview" in words(to_svg(draw(going_on))), draw.__name__


def test_curves_carry_their_areas_and_operating_points() -> None:
    summary = drawn("uniform", 400)
    of_roc, of_pr = (
        words(to_svg(each(summary))) for each in (ranking.roc, ranking.precision_recall)
    )
    assert "ROC, correct vs incorrect top-1" in of_roc
    assert f"AUC {summary.auroc.value:.3f} (about {summary.auroc.low:.3f}" in of_roc
    assert f"average precision {summary.average_precision.value:.3f}" in of_pr
    for said in (of_roc, of_pr):
        for name in (
            "closest to (0, 1)",
            "Youden's J",
            "F1",
            "least cost",
            "coverage",
            "certified",
        ):
            assert re.search(rf"{re.escape(name)}[^:]*: t >= 0\.\d", said), name
    assert "AURC 0.0" in words(to_svg(selective.risk_coverage(summary)))


def test_labels_and_names_are_text_and_nothing_else() -> None:
    said = words(to_svg(agreement.agreement(disputed())))
    assert "<b>bob</b> $x$" in said
    assert "\N{WHITE SQUARE}\N{WHITE SQUARE} cy" in said
    assert legible("a\tb \x00 \N{BIRD}") == "a b \N{WHITE SQUARE} \N{WHITE SQUARE}"
    assert legible("abcdef", 4) == "abc\N{HORIZONTAL ELLIPSIS}"


def test_a_picture_is_a_picture_and_nothing_global_changes() -> None:
    before = dict(mpl.rcParams)
    figure = ranking.roc(drawn("uniform", 100))
    with Image.open(BytesIO(to_png(figure))) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1036
    to_svg(figure)
    assert dict(mpl.rcParams) == before


def test_threads_draw_the_same() -> None:
    summary = drawn("uniform", 100)
    one = to_svg(ranking.roc(summary))
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: to_svg(ranking.roc(summary)), range(8)))
    assert set(others) == {one}
