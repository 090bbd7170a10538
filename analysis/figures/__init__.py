"""Figures of judged runs: each takes a `Summary` and returns a matplotlib figure.

matplotlib is loaded when the first one is drawn, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from analysis.figures import (
    agreement,
    forest,
    ranking,
    reliability,
    scores,
    selective,
    stopping,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.summary import Summary

Draw = Callable[["Summary"], "Figure"]

FIGURES: Mapping[str, Draw] = {
    "scores": scores.scores,
    "estimates": forest.estimates,
    "risk-coverage": selective.risk_coverage,
    "precision-recall-by-threshold": selective.precision_recall_by_threshold,
    "roc": ranking.roc,
    "precision-recall": ranking.precision_recall,
    "reliability": reliability.reliability,
    "stopping": stopping.stopping,
    "labels": forest.labels,
    "agreement": agreement.agreement,
}
"""By the name that addresses, and the report, call each by."""
