"""Forests: the main figures, and labels, each as a point with its interval."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from analysis import wording
from analysis.figures.style import (
    ALONE,
    INK,
    PENCIL,
    QUIET,
    Heading,
    in_words,
    label_axes,
    legend,
    legible,
    names,
    percents,
    say,
    sheet,
)
from analysis.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.summary import Summary

_ROW = 0.27
_LABELS = 30


def estimates(summary: Summary) -> Figure:
    """Draw accuracies, what the looked-at threshold does, and the areas, with their intervals."""
    at, pool, alone = summary.at, summary.judged.pool, summary.equal_accuracy
    t = wording.threshold(pool, at.threshold)
    shares = [
        ("Top-1 accuracy", summary.accuracy),
        *([] if alone is None else [("the same, uniform part alone", alone)]),
        ("Top-k accuracy", summary.topk_accuracy),
        (f"Precision at t = {t}", at.precision),
        (f"Recall of right ones at t = {t}", at.recall),
        (f"Coverage at t = {t}", at.coverage),
    ]
    areas = [
        ("Area under the ROC", summary.auroc),
        ("Average precision", summary.average_precision),
        ("AURC (risk by coverage)", summary.aurc),
        ("AUGRC (generalised risk)", summary.augrc),
    ]
    heading = Heading(
        "The main figures",
        f"Bars: {wording.percent(summary.asked.confidence)} intervals, each by itself. Shares:"
        " Wilson with the effective size; areas: score intervals, approximate. Lower is better of"
        " the last two.",
    )
    rows = [*shares, *areas]
    figure, (axes,) = sheet(summary, heading, height=_ROW * len(rows) + 0.55, above=ALONE)
    names(axes, range(len(rows)), [name for name, _ in rows])
    for place, (name, estimate) in enumerate(rows):
        inside = any(name == each for each, _ in shares)
        _row(axes, place, estimate, wording.interval if inside else wording.number)
    axes.axhline(len(shares) - 0.5, color=QUIET, linewidth=0.6)
    axes.set_xlim(0, 1)
    axes.grid(False, axis="y")
    label_axes(axes, "", "")
    return figure


def _row(axes: Axes, place: int, estimate: Estimate, written: wording.Writer) -> None:
    if np.isnan(estimate.value):
        why = "\n".join(textwrap.wrap(legible(f"unknown: {estimate.why}"), 80)[:2])
        say(axes, 0.01, place, why, transform=axes.transData, size=6, color=QUIET, linespacing=1.2)
        return
    low, high = estimate.low, estimate.high
    axes.plot([low, high], [place, place], color=INK, linewidth=1.6, solid_capstyle="butt")
    axes.plot([estimate.value], [place], "o", color=INK, markersize=5)
    say(axes, 1.02, place, written(estimate), transform=axes.transData)


def labels(summary: Summary) -> Figure:
    """Draw how often each label is right: shrunk estimates, and plain shares beside them."""
    table = summary.labels
    enough = np.flatnonzero(table.enough)
    heading = Heading(
        "How often each label is right",
        f"Filled: expected share of the label's pictures, shrunk towards what all labels with such"
        f" scores do, with {wording.percent(summary.asked.confidence)} intervals. Hollow: plain"
        " share of the judged. Cross: worse than others with the same scores (false discoveries"
        " held to 10 %).",
    )
    if not len(enough):
        why = "no label has 10 verdicts yet, the fewest that say something of a label by itself"
        return in_words(summary, heading, why)
    shown = enough[:_LABELS]
    title = heading.title + (f": {_LABELS} of {len(enough)}" if len(enough) > _LABELS else "")
    heading = Heading(title, heading.how)
    figure, (axes,) = sheet(summary, heading, height=_ROW * 0.8 * len(shown) + 0.9)
    places = np.arange(len(shown))
    texts = [
        f"{legible(wording.plain(table.names[each]), 34)} ({table.n[each]:,})" for each in shown
    ]
    names(axes, places, texts)
    axes.hlines(places, table.shrunk_low[shown], table.shrunk_high[shown], color=INK, linewidth=1.4)
    axes.plot(table.share[shown], places, "o", markerfacecolor="none", markeredgecolor=QUIET,
              markersize=5, label="judged")  # fmt: skip
    for kind, which, marker, color in (
        ("shrunk", ~table.worse[shown], "o", INK),
        ("shrunk, worse than its scores say", table.worse[shown], "X", PENCIL),
    ):
        if which.any():
            axes.plot(table.shrunk[shown][which], places[which], linestyle="none", markersize=5,
                      label=kind, marker=marker, color=color)  # fmt: skip
    overall = summary.accuracy.value
    if not np.isnan(overall):
        axes.axvline(overall, color=QUIET, linewidth=0.8, linestyle="--", label="all labels")
    axes.set_xlim(0, 1.01)
    axes.grid(False, axis="y")
    percents(axes, "x")
    label_axes(axes, "top-1 right", "")
    legend(axes)
    return figure
