"""How well scores tell right from wrong predictions: ROC and precision-recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis import wording
from analysis.figures.selective import LITTLE, curve, simultaneous
from analysis.figures.style import (
    ALONE,
    INK,
    PENCIL,
    QUIET,
    Heading,
    in_words,
    label_axes,
    legend,
    percents,
    say,
    sheet,
)
from analysis.thresholds import Performance, performance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.summary import Summary

_MARKERS = "osDPv<>"


def roc(summary: Summary) -> Figure:
    """Draw the ROC of "correct" among top-1 predictions, with the operating points on it."""
    band = summary.bands.roc
    heading = Heading("ROC, correct vs incorrect top-1", simultaneous(band))
    if band.why is not None:
        return in_words(summary, heading, band.why)
    figure, (axes,) = sheet(summary, heading, height=5.0, above=ALONE)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=":")
    curve(axes, band, color=INK, label=f"AUC {wording.number(summary.auroc)}")
    for mark in _marks(summary):
        mark.draw(axes, mark.does.fpr, mark.does.recall)
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(0, 1.01)
    axes.set_aspect("equal", adjustable="box")
    percents(axes, "x", "y")
    label_axes(
        axes,
        "wrong predictions accepted (false-positive rate)",
        "right predictions accepted (true-positive rate)",
    )
    legend(axes, loc="lower right")
    return figure


def precision_recall(summary: Summary) -> Figure:
    """Draw precision against recall of right predictions, with the operating points on it."""
    band = summary.bands.precision_recall
    heading = Heading("Precision by recall, correct vs incorrect top-1", simultaneous(band))
    if band.why is not None:
        return in_words(summary, heading, band.why)
    figure, (axes,) = sheet(summary, heading, height=4.6, above=ALONE)
    average = wording.number(summary.average_precision)
    curve(axes, band, color=INK, label=f"average precision {average}")
    for mark in _marks(summary):
        mark.draw(axes, mark.does.recall, mark.does.precision)
    base = summary.accuracy.value
    if not np.isnan(base):
        axes.axhline(base, color=QUIET, linewidth=0.8, linestyle=":")
        say(axes, 0.01, base, f"all accepted: {wording.percent(base)}", va="bottom",
            transform=axes.get_yaxis_transform())  # fmt: skip
    carried = band.low[band.x >= LITTLE]
    lowest = np.nanmin(np.concatenate([carried, band.value, [base]]))
    axes.set_xlim(0, 1.01)
    # the legend stands below
    axes.set_ylim(max(1 - 1.6 * (1 - lowest), 0), 1.01)
    percents(axes, "x", "y")
    label_axes(axes, "recall: right predictions that are accepted", "precision")
    legend(axes, loc="lower left")
    return figure


@dataclass(frozen=True)
class _Mark:
    """An operating point on a curve, or several with the same threshold."""

    text: str
    does: Performance
    marker: str
    color: str

    def draw(self, axes: Axes, x: float, y: float) -> None:
        if np.isfinite(x) and np.isfinite(y):
            axes.plot([x], [y], self.marker, markersize=7, markerfacecolor="none",
                      markeredgewidth=1.6, markeredgecolor=self.color, linestyle="none",
                      label=self.text, clip_on=False, zorder=3)  # fmt: skip


def _marks(summary: Summary) -> list[_Mark]:
    judged = summary.judged
    found: dict[float, tuple[list[str], Performance]] = {}
    for point in summary.points:
        chosen = point.chosen
        if np.isfinite(chosen.threshold):
            names, _ = found.setdefault(chosen.threshold, ([], chosen.apparent))
            names.append(wording.CRITERIA[chosen.criterion.name])
    marks = [
        (threshold, ", ".join(names), does, marker, INK)
        for marker, (threshold, (names, does)) in zip(_MARKERS, found.items(), strict=False)
    ]
    certified = summary.certified
    if np.isfinite(certified.threshold):
        name = "certified" if certified.guaranteed else "approximate bound"
        name += f" {wording.percent(certified.target)}"
        does = performance(judged, judged.scores >= certified.threshold)
        marks.append((certified.threshold, name, does, "X", PENCIL))
    return [
        _Mark(f"{name}: t >= {wording.threshold(judged.pool, threshold)}", does, marker, color)
        for threshold, name, does, marker, color in marks
    ]
