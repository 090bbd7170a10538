"""Whether to go on judging: evidence that may be watched, and intervals as they narrow."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from analysis import wording
from analysis.figures.style import (
    INK,
    PENCIL,
    QUIET,
    Heading,
    label_axes,
    legend,
    legible,
    percents,
    say,
    sheet,
)
from analysis.sequential import BATCH, LEAST
from analysis.summary import GIVEN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.summary import Summary


def stopping(summary: Summary) -> Figure:
    """Draw the e-process, and half the width of three intervals, against the verdicts given."""
    decided, fixed = summary.decision, summary.chosen[1] == GIVEN
    t = wording.threshold(summary.judged.pool, summary.chosen[0])
    said = "" if decided.why else wording.decision(decided, summary.judged.pool, fixed)
    heading = Heading(
        "Enough verdicts?",
        "Left: e-processes; each may be watched, and decides where it crosses the line."
        f" {said} Right: precision and recall at t = {t}; looked at from {LEAST} verdicts on, every"
        f" {BATCH}, an interval keeps its confidence almost.",
    )
    figure, (left, right) = sheet(summary, heading, columns=2, height=3.4)
    _evidence(left, summary)
    _widths(right, summary)
    return figure


def _evidence(axes: Axes, summary: Summary) -> None:
    from matplotlib.ticker import FuncFormatter

    decided = summary.decision
    label_axes(axes, "verdicts on accepted pictures", "evidence (wealth, log scale)")
    if not len(decided.for_it):
        axes.set_axis_off()
        why = decided.why or "no accepted picture was judged yet"
        say(axes, 0.0, 0.5, _lines(f"No e-process: {why}."))
        return
    needed = 1 / (1 - decided.confidence)
    count = np.arange(len(decided.for_it) + 1)
    target = wording.percent(decided.target)
    for path, color, line, label in (
        (decided.for_it, INK, "-", f"precision over {target}"),
        (decided.against, PENCIL, "--", f"under {target}"),
    ):
        # beyond these nothing is left to see, and floats end
        wealth = np.exp(np.clip(np.append(0.0, path), -30, 60))
        axes.plot(count, wealth, line, color=color, linewidth=1.5, label=label)
    axes.axhline(needed, color=QUIET, linewidth=0.9, linestyle=":", label=f"decides: {needed:.0f}")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda wealth, _: f"{wealth:g}"))
    highest = math.exp(min(max(decided.for_it.max(), decided.against.max()), 60))
    axes.set_ylim(1e-3, max(highest, needed) * 3)
    axes.set_xlim(0, len(decided.for_it))
    legend(axes)


def _widths(axes: Axes, summary: Summary) -> None:
    narrowed = summary.narrowing
    label_axes(axes, "verdicts", "half-width of the interval")
    drawn = {name: each for name, each in narrowed.half_width.items() if not np.isnan(each).all()}
    if not drawn:
        axes.set_axis_off()
        say(axes, 0.0, 0.5, _lines(f"No widths: {summary.accuracy.why}."))
        return
    looks_of = {"accuracy": (INK, "-"), "precision": (PENCIL, "--"), "recall": (QUIET, "-.")}
    for name, widths in drawn.items():
        color, line = looks_of[name]
        axes.plot(
            narrowed.n, widths, color=color, linestyle=line, marker=".", linewidth=1.4, label=name
        )
    axes.axhline(summary.asked.half_width, color=QUIET, linewidth=0.9, linestyle=":")
    axes.set_ylim(0, None)
    axes.set_xlim(0, len(summary.judged))
    percents(axes, "y")
    legend(axes)


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(legible(text), 46))
