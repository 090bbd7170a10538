"""The figures of the results page as SVG files, in the colours of the page."""

from __future__ import annotations

from analysis import figures
from analysis.figures.saving import to_svg
from analysis.summary import Summary

FIGURES = {
    "scores": "How sure the model is",
    "precision-recall-by-threshold": "Precision and recall by threshold",
    "risk-coverage": "Risk by coverage",
    "roc": "ROC",
    "precision-recall": "Precision by recall",
    "reliability": "Whether scores mean what they say",
    "stopping": "Whether to go on judging",
    "estimates": "All estimates",
}
"""Figures by their address, in the order of the page, and what they are called."""

DETAILED = {"labels": "How often each label is right", "agreement": "Whether reviewers agree"}
"""Figures that tell what was said of single labels, or by whom."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""Of a figure that is opened by itself: it is a picture, and may be no more."""

_COLOURS = """<style>
:root { --ground: #f3eee4; --ink: #1c1916; --quiet: #5f584e; --rule: #d5ccbd; --pencil: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ground: #131211; --ink: #ece7df;
--quiet: #a49c91; --rule: #33302c; --pencil: #ff6b57; } }
</style>"""
"""The page's own; a picture does not get them from it."""


def svg(name: str, summary: Summary) -> str:
    """Draw a figure, one of `FIGURES` or `DETAILED`, as a file."""
    made = to_svg(figures.FIGURES[name](summary))
    end_of_tag = made.index(">") + 1
    return made[:end_of_tag] + _COLOURS + made[end_of_tag:]
