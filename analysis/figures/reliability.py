"""Whether scores mean what they say: reliability before and after recalibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.calibration import Fit
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


def reliability(summary: Summary) -> Figure:
    """Draw the share of right predictions against the score, as it is and recalibrated."""
    heading = Heading(
        "Reliability: do scores mean what they say?",
        "Points: judged pictures in bins of the score, with 95 % Wilson intervals. Shaded: where"
        " they would be by chance if scores were perfectly calibrated. Recalibrated scores come"
        " from maps that have not seen the picture's own verdict (cross-fitted).",
        shared=True,
    )
    if not len(summary.judged):
        return in_words(summary, heading, "nothing has been judged yet")
    made = summary.recalibration
    figure, (left, right) = sheet(summary, heading, columns=2, height=3.9)
    kind = made.fitted.to_dict()["kind"]
    _panel(left, made.before, "score", "scores as they are")
    _panel(right, made.after, "recalibrated score", f"recalibrated ({kind})")
    label_axes(left, "score", "share of right predictions")
    legend(left)
    return figure


def _panel(axes: Axes, fit: Fit, x: str, name: str) -> None:
    table = fit.reliability
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=":")
    if len(table.score) > 1:
        axes.fill_between(
            table.score, table.null_low, table.null_high, color=QUIET, alpha=2 * SHADE, linewidth=0,
            label="by chance",
        )  # fmt: skip
    else:
        axes.vlines(table.score, table.null_low, table.null_high, color=QUIET, alpha=2 * SHADE,
                    linewidth=8, label="by chance")  # fmt: skip
    off = (table.right < table.null_low) | (table.right > table.null_high)
    for which, marker, color, label in (
        (~off, "o", INK, "judged"),
        (off, "X", PENCIL, "beyond chance"),
    ):
        if which.any():
            y = table.right[which]
            spread = np.maximum([y - table.low[which], table.high[which] - y], 0)
            axes.errorbar(table.score[which], y, spread, linestyle="none", markersize=5,
                          elinewidth=1.2, label=label, marker=marker, color=color)  # fmt: skip
    error = fit.smooth_ece
    said = (
        f"smooth calibration error {error.value:.3f}\n"
        f"by chance {error.expected:.3f}, up to {error.limit:.3f}\n"
        f"Brier {fit.brier:.3f}, log loss {fit.log_loss:.3f}"
    )
    say(axes, 0.97, 0.04, said, va="bottom", ha="right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    percents(axes, "x", "y")
    label_axes(axes, x, "")
    say(axes, 0.03, 0.97, name, va="top", size=9)
