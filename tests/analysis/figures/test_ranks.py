"""Histograms of the scores of each rank: every picture is in one, each verdict a whole."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Polygon

from analysis.figures import ranks as figures
from analysis.figures.saving import to_svg
from analysis.ranks import Ranks
from tests.analysis.figures.reading import said
from tests.analysis.figures.test_figures import words
from tests.analysis.summaries import table

SUMMARY = table()


def ranks_of(count: int, given: int = 5) -> Ranks:
    """Return as many rows, with scores at the `given` first ranks."""
    rng = np.random.default_rng(count)
    scores = -np.sort(-rng.dirichlet(np.ones(5), count), axis=1)
    scores[:, given:] = np.nan
    return Ranks(scores, rng.integers(0, 3, count))


@pytest.mark.parametrize("given", [1, 3, 5])
def test_every_picture_is_in_the_histogram_of_each_rank(given: int) -> None:
    figure = figures.overall(SUMMARY, ranks_of(200, given))
    for rank, axes in enumerate(figure.axes, 1):
        counted = sum(bar.get_height() for bar in axes.patches)
        assert counted == (200 if rank <= given else 0)
    assert said(figure).count("no such rank") == 5 - given


def test_each_verdict_is_a_whole_of_its_own() -> None:
    ranks = ranks_of(90)
    figure = figures.by_verdict(SUMMARY, ranks)
    for rank, axes in enumerate(figure.axes, 1):
        outlines = [each for each in axes.patches if isinstance(each, Polygon)]
        assert len(outlines) == 3
        for outline in outlines:
            # the outline goes up and down: every second point is a bin's height
            assert outline.get_xy()[1::2, 1].sum() == pytest.approx(1, abs=1e-9), rank
    text = words(to_svg(figure))
    for verdict, name in enumerate(("top-1 right", "a later one", "none")):
        assert f"{name} ({(ranks.verdict == verdict).sum()})" in text


def test_a_verdict_that_nobody_gave_is_an_empty_line() -> None:
    ranks = ranks_of(30)
    text = said(figures.by_verdict(SUMMARY, Ranks(ranks.scores, np.zeros(30, int))))
    assert "top-1 right (30)" in text
    assert "none (0)" in text
