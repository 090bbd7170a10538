"""The scores of each rank of the judged pictures: how they are distributed, and by verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.style import (
    ALONE,
    INK,
    PENCIL,
    QUIET,
    Heading,
    label_axes,
    legend,
    percents,
    say,
    sheet,
)
from analysis.judged import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.ranks import Ranks
    from analysis.summary import Summary

_BINS = 20
_HEIGHT = 2.2
_HOW = f"{_BINS} bins from 0 to the most that the score of a rank can be: 1, 1/2, 1/3, 1/4, 1/5."
_KINDS = (("top-1 right", INK, "-"), ("a later one", QUIET, "--"), ("none", PENCIL, "-"))
"""By verdict: name, colour and line."""


def overall(summary: Summary, ranks: Ranks) -> Figure:
    """Draw a histogram of the scores of each rank, of all judged pictures."""
    heading = Heading("Scores by rank, all judged pictures", _HOW, shared=True)
    figure, every = sheet(
        summary, heading, columns=ranks.scores.shape[1], height=_HEIGHT, above=ALONE
    )
    for rank, axes in enumerate(every, 1):
        scores = ranks.scores[:, rank - 1]
        axes.hist(_known(scores), _bins(rank), color=QUIET, alpha=0.6)
        _finish(axes, rank, scores)
    label_axes(every[0], "score 1", "judged pictures")
    return figure


def by_verdict(summary: Summary, ranks: Ranks) -> Figure:
    """Draw histograms of the scores of each rank, each verdict by itself."""
    how = f"Lines: share of each verdict's own. {_HOW}"
    heading = Heading("Scores by rank and verdict", how, shared=True)
    figure, every = sheet(summary, heading, columns=ranks.scores.shape[1], height=_HEIGHT)
    for rank, axes in enumerate(every, 1):
        scores = ranks.scores[:, rank - 1]
        for verdict, (name, color, line) in enumerate(_KINDS):
            which = ranks.verdict == verdict
            some = _known(scores[which])
            share = np.full(len(some), 1 / max(len(some), 1))
            axes.hist(
                some, _bins(rank), weights=share, histtype="step", color=color, linestyle=line,
                linewidth=1.3, label=f"{name} ({int(which.sum()):,})",
            )  # fmt: skip
        _finish(axes, rank, scores)
    percents(every[0], "y")
    label_axes(every[0], "score 1", "share of each")
    legend(every[0])
    return figure


def _bins(rank: int) -> list[float]:
    return [number / _BINS / rank for number in range(_BINS + 1)]


def _known(scores: Floats) -> Floats:
    return scores[~np.isnan(scores)]


def _finish(axes: Axes, rank: int, scores: Floats) -> None:
    axes.set_xlim(0, 1 / rank)
    axes.set_xticks([0, 1 / rank], ["0", "1" if rank == 1 else f"1/{rank}"])
    label_axes(axes, f"score {rank}", "")
    if np.isnan(scores).all():
        say(axes, 0.5, 0.5, "no such rank", ha="center")
