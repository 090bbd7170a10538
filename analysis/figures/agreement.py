"""Whether reviewers say the same: who agrees with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import wording
from analysis.figures.style import (
    ALONE,
    INK,
    QUIET,
    Heading,
    in_words,
    legible,
    say,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.summary import Summary

_MOST = 12


def agreement(summary: Summary) -> Figure:
    """Draw the matrix of reviewers: same answers and kappa of each two, with alpha over all."""
    made = summary.agreement
    heading = Heading(
        "Agreement of reviewers",
        "Each cell: share of the same answers, Cohen's kappa, pictures that both answered for"
        " without seeing the other's answer. Alpha: Krippendorff's, nominal, bootstrap interval.",
    )
    if np.isnan(made.raw.value):
        return in_words(summary, heading, str(made.raw.why))
    busy = np.argsort(-made.pairs.sum(axis=1), kind="stable")
    who = np.sort(busy[: min(_MOST, int((made.pairs.sum(axis=1) > 0).sum()))])
    people = [legible(made.reviewers[each], 18) for each in who]
    count = len(who)
    figure, (axes,) = sheet(summary, heading, height=0.5 * count + 1.1, above=ALONE)
    for row, one in enumerate(who):
        for column, other in enumerate(who):
            pairs = int(made.pairs[one, other])
            if one == other or not pairs:
                continue
            same, kappa = made.same[one, other], made.kappa[one, other]
            axes.fill_between(
                [column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=INK,
                alpha=0.45 * float(same) ** 3, linewidth=0,
            )  # fmt: skip
            shown = "-" if np.isnan(kappa) else f"{kappa:.2f}"
            text = f"{wording.percent(float(same), 0)}\nkappa {shown}, n {pairs}"
            say(axes, column, row, text, transform=axes.transData, ha="center")
    style: dict[str, Any] = {
        "parse_math": False,
        "family": "DejaVu Sans",
        "size": 7.5,
        "color": INK,
    }
    axes.set_xticks(range(count), people, **style)
    axes.set_yticks(range(count), people, **style)
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_ylim(count - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(QUIET)
    alpha = "undefined" if np.isnan(made.alpha.value) else wording.number(made.alpha, 2)
    axes.set_xlabel(
        f"same answer {wording.interval(made.raw)} · alpha {alpha} · {len(made.disputed)} disputed"
        " and not settled",
        family="DejaVu Sans", size=7.5, color=INK,
    )  # fmt: skip
    return figure
