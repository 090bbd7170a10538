"""What accepting by score means: risk against coverage, precision and recall against threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import wording
from analysis.bands import Band
from analysis.figures.style import (
    INK,
    PENCIL,
    QUIET,
    SHADE,
    Heading,
    in_words,
    label_axes,
    legend,
    percents,
    say,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.summary import Summary

LITTLE = 0.1
"""The band at lower coverages and recalls may leave the picture: the rest would be flat."""


def risk_coverage(summary: Summary) -> Figure:
    """Draw the share of wrong labels among the accepted against the share that is accepted."""
    band, certified = summary.bands.risk, summary.certified
    heading = Heading("Risk by coverage: how often accepted labels are wrong", simultaneous(band))
    if band.why is not None:
        return in_words(summary, heading, band.why)
    figure, (axes,) = sheet(summary, heading)
    curve(axes, band, color=INK, label="risk, highest scores first")
    target = 1 - certified.target
    axes.axhline(
        target, color=PENCIL, linewidth=0.9, linestyle=":",
        label=f"target: {wording.percent(target)} wrong",
    )  # fmt: skip
    if not np.isnan(certified.threshold):
        t = wording.threshold(summary.judged.pool, certified.threshold)
        kind = "certified" if certified.guaranteed else "approximate bound"
        risk = 1 - certified.right / certified.judged
        bound = wording.percent(1 - certified.bound)
        axes.plot(
            [certified.coverage] * 2, [risk, 1 - certified.bound], color=PENCIL, linewidth=1.6
        )
        axes.plot([certified.coverage], [1 - certified.bound], "v", color=PENCIL, markersize=8,
                  label=f"{kind}: t >= {t}, bound {bound}")  # fmt: skip
    carried = band.high[band.x >= LITTLE]
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.15 * np.nanmax(np.concatenate([carried, band.value, [target]])))
    areas = f"AURC {wording.number(summary.aurc)}\nAUGRC {wording.number(summary.augrc)}"
    say(axes, 0.02, 0.95, areas, va="top")
    percents(axes, "x", "y")
    label_axes(axes, "coverage: share of the pictures accepted", "wrong among the accepted")
    legend(axes)
    return figure


def precision_recall_by_threshold(summary: Summary) -> Figure:
    """Draw precision, recall of right predictions, and coverage against the threshold."""
    made = summary.bands
    heading = Heading("Precision and recall by threshold", simultaneous(made.precision))
    if made.precision.why is not None:
        return in_words(summary, heading, made.precision.why)
    figure, (axes,) = sheet(summary, heading)
    curve(axes, made.precision, color=INK, label="precision")
    if made.recall.why is None:
        curve(axes, made.recall, color=PENCIL, linestyle="--", label="recall of right ones")
    axes.plot(made.thresholds, made.coverage, color=QUIET, linewidth=1.2, linestyle=":",
              label="coverage (known)" if summary.about_pool else "coverage")  # fmt: skip
    t = summary.chosen[0]
    if np.isfinite(t):
        text = f"t = {wording.threshold(summary.judged.pool, t)} ({wording.by(summary)})"
        axes.axvline(t, color=QUIET, linewidth=0.9, label=text)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    percents(axes, "y")
    label_axes(axes, "threshold t: accepted is what scores t or more", "")
    legend(axes)
    return figure


def curve(axes: Axes, band: Band, color: str, label: str, **look: Any) -> None:
    """Draw a curve with its band."""
    axes.fill_between(
        band.x,
        band.low,
        band.high,
        where=~np.isnan(band.low),
        color=color,
        alpha=SHADE,
        linewidth=0,
    )
    axes.plot(band.x, band.value, color=color, linewidth=1.6, label=label, **look)


def simultaneous(band: Band) -> str:
    """Return how a band is meant."""
    return (
        f"Shaded: {wording.percent(band.confidence)} band for the whole curve at once (sup-t,"
        " bootstrap within strata, Korn and Graubard), approximate; where fewer than 5"
        " pictures carry the curve, none, or what follows from its never falling."
    )
