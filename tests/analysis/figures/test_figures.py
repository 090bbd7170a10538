"""Figures of every kind of run: drawn without a warning, or in words why not."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from PIL import Image

from analysis.figures import FIGURES, ranking
from analysis.figures.saving import to_png, to_svg
from analysis.figures.style import caption, legible
from analysis.table import UNIFORM_NOTE
from tests.analysis.figures.reading import figure, kept, said, svg
from tests.analysis.summaries import KINDS, drawn

ROOT = Path(__file__).resolve().parents[3]

IN_FULL = ("all right", "certified", "disputed")
"""Kinds of runs whose figures are saved too; the others differ in numbers, not in what is drawn."""


def words(svg: str) -> str:
    """Return what a figure says, its lines in a row."""
    text = "".join(f"{each} " for each in ElementTree.fromstring(svg).itertext())
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn_and_says_what_it_rests_on(kind: str) -> None:
    summary = kept(kind)
    about = "about these" if summary.about_pool else "about future pictures"
    for name in FIGURES:
        text = said(figure(kind, name))
        assert f"n = {len(summary.judged):,} judged (n_eff" in text, name
        assert about in text, name


@pytest.mark.parametrize("kind", IN_FULL)
def test_every_figure_stands_in_a_page_with_a_strict_policy(kind: str) -> None:
    for name in FIGURES:
        made = svg(kind, name)
        assert f"n = {len(kept(kind).judged):,} judged (n_eff" in words(made), name
        # nothing that a strict policy refuses, nothing that a page would fetch
        assert not re.search(r"<[^>]*\sstyle=|<style|<script|<image", made), name
        assert all(each.startswith("#") for each in re.findall(r'href="([^"]*)"', made))


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("all right", "roc", "30 right and 0 wrong pictures were judged"),
        ("all wrong", "precision-recall", "0 right and 30 wrong pictures were judged"),
        ("two verdicts", "roc", "2 pictures were judged: curves begin at 10"),
        ("two verdicts", "risk-coverage", "2 pictures were judged: curves begin at 10"),
        ("certified", "roc", "drawn only from scores of"),
        ("two verdicts", "labels", "Not to be drawn: no label has 10 verdicts yet"),
        ("stratified", "agreement", "no picture has been answered for by two reviewers"),
        ("stratified", "stopping", "No e-process: no pictures were drawn with equal"),
        ("certified", "estimates", "unknown: pictures were drawn only from"),
    ],
)
def test_what_is_undefined_is_said_in_words(kind: str, name: str, why: str) -> None:
    assert why in said(figure(kind, name))


def test_the_caption_names_design_model_weights_and_notes() -> None:
    text = " ".join(caption(drawn("uniform", 100), "so it is made"))
    assert text == (
        f"n = 100 judged (n_eff {drawn('uniform', 100).n_eff:,.0f}) · a uniform round of 100 ·"
        " about these 3,000 pictures · vgg16 (weights ab12cd34) · run 7 of sqlite:///data/test.db"
        " so it is made"
    )
    for name in ("scores", "labels", "agreement"):
        assert UNIFORM_NOTE in said(figure("table", name))
        assert "round not complete: a preview" in said(figure("disputed", name))


def test_curves_carry_their_areas_and_operating_points() -> None:
    summary = kept("usual")
    of_roc, of_pr = (said(figure("usual", name)) for name in ("roc", "precision-recall"))
    assert "ROC, correct vs incorrect top-1" in of_roc
    assert f"AUC {summary.auroc.value:.3f} (about {summary.auroc.low:.3f}" in of_roc
    assert f"average precision {summary.average_precision.value:.3f}" in of_pr
    for text in (of_roc, of_pr):
        for name in (
            "closest to (0, 1)",
            "Youden's J",
            "F1",
            "least cost",
            "coverage",
            "certified",
        ):
            assert re.search(rf"{re.escape(name)}[^:]*: t >= 0\.\d", text), name
    assert f"AURC {summary.aurc.value:.3f}" in said(figure("usual", "risk-coverage"))


def test_labels_and_names_are_text_and_nothing_else() -> None:
    text = words(svg("disputed", "agreement"))
    assert "<b>bob</b> $x$" in text
    assert "\N{WHITE SQUARE}\N{WHITE SQUARE} cy" in text
    assert legible("a\tb \x00 \N{BIRD}") == "a b \N{WHITE SQUARE} \N{WHITE SQUARE}"
    assert legible("abcdef", 4) == "abc\N{HORIZONTAL ELLIPSIS}"


def test_a_picture_is_a_picture_and_nothing_global_changes() -> None:
    before = dict(mpl.rcParams)
    made = ranking.roc(kept("usual"))
    with Image.open(BytesIO(to_png(made))) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1036
    to_svg(made)
    assert dict(mpl.rcParams) == before


def test_threads_draw_the_same() -> None:
    summary = kept("usual")
    with ThreadPoolExecutor(3) as pool:
        several = list(pool.map(lambda _: to_svg(ranking.roc(summary)), range(3)))
    assert set(several) == {svg("usual", "roc")}


def test_what_draws_is_loaded_when_a_figure_is_drawn() -> None:
    code = "import sys, analysis.report_page; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
