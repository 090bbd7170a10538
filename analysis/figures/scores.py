"""Scores of the pool with the judged pictures among them, and scores by verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.style import (
    INK,
    PENCIL,
    QUIET,
    RULE,
    Heading,
    label_axes,
    legend,
    percents,
    sheet,
)
from analysis.judged import Bools, Judged

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.summary import Summary

BINS = [number / 25 for number in range(26)]


def scores(summary: Summary) -> Figure:
    """Draw how top-1 scores are distributed: of the pool, of the judged, and by verdict."""
    judged, pool = summary.judged, summary.judged.pool
    about = "all pictures" if pool.known else "the judged pictures"
    heading = Heading(
        f"Top-1 scores of {about}, and of the judged ones by verdict",
        "Left: share of each kind in 25 bins, so that bars and line agree where pictures were drawn"
        " in proportion. Right: counts, stacked.",
    )
    figure, (left, right) = sheet(summary, heading, columns=2, height=3.2)
    if pool.known:
        share = np.full(pool.size, 1 / max(pool.size, 1))
        left.hist(
            pool.scores, BINS, weights=share, color=QUIET, alpha=0.35, label=f"pool ({pool.size:,})"
        )
    share = np.full(len(judged), 1 / max(len(judged), 1))
    left.hist(
        judged.scores, BINS, weights=share, histtype="step", color=PENCIL, linewidth=1.6,
        label=f"judged ({len(judged):,})",
    )  # fmt: skip
    percents(left, "y")
    label_axes(left, "top-1 score", "share of the pictures")
    legend(left)

    floor = np.zeros(len(BINS) - 1)
    for name, which, look in _kinds(judged):
        count, _ = np.histogram(judged.scores[which], BINS)
        right.bar(
            BINS[:-1], count, np.diff(BINS), floor, align="edge", edgecolor="none", linewidth=0,
            label=f"{name} ({int(which.sum()):,})", **look,
        )  # fmt: skip
        floor += count
    label_axes(right, "top-1 score", "judged pictures")
    # the names are wider than half of the sheet
    legend(right, loc="upper left")
    for axes in (left, right):
        axes.set_xlim(0, 1)
    return figure


def _kinds(judged: Judged) -> list[tuple[str, Bools, dict[str, Any]]]:
    """Return the verdicts, each with the judged pictures it was given on, and how it looks."""
    disputed = (judged.top1 % 1 > 0) | (judged.topk % 1 > 0)
    first, later = judged.top1 == 1, judged.topk == 1
    kinds: list[tuple[str, Bools, dict[str, Any]]] = [
        ("top-1 right", first, {"color": INK, "alpha": 0.75}),
        ("later one", later & ~first & ~disputed, {"color": QUIET, "alpha": 0.55, "hatch": "///"}),
        ("none", ~later & ~disputed, {"color": PENCIL, "alpha": 0.85, "hatch": "xxx"}),
    ]
    if disputed.any():
        kinds.append(("disputed", disputed, {"color": RULE, "hatch": "..."}))
    return kinds
