"""The report as one HTML file that needs nothing else: figures, tables, pictures, methods."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis import wording
from analysis.compare import Comparison
from analysis.figures import FIGURES
from analysis.figures.saving import to_svg
from analysis.galleries import Gallery
from analysis.labels import NO_GUARANTEE
from analysis.methods import METHODS
from analysis.numbers import label_rows
from analysis.summary import Summary

LABELS, CONFUSIONS = 60, 25
"""Rows of the tables of labels and of confusions at most."""


@dataclass(frozen=True)
class Compared:
    """Another run on the same verdicts."""

    run_id: int
    model: str
    found: Comparison


@dataclass(frozen=True)
class Extras:
    """What a report shows beside the figures of its summary, where there is a database."""

    galleries: Sequence[Gallery] = ()
    compared: Compared | None = None


def render(summary: Summary, extras: Extras | None = None) -> str:
    """Return the report of a summary as HTML: no script, and nothing that a browser would fetch."""
    environment = Environment(
        loader=PackageLoader("analysis", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": wording.percent, "plain": wording.plain}
    judged = summary.judged
    table = label_rows(summary)
    shown = [row for row in table if row["n"]]
    confusions = summary.confusions
    return environment.get_template("report.html").render(
        summary=summary,
        judged=judged,
        source=summary.source,
        words=wording,
        figures=_figures(summary),
        extras=extras or Extras(),
        labels=shown[:LABELS],
        labels_left_out=len(table) - len(shown[:LABELS]),
        confusions=[
            (judged.pool.names[predicted], judged.pool.names[right], int(n), float(weight))
            for predicted, right, n, weight in zip(
                confusions.predicted[:CONFUSIONS],
                confusions.right[:CONFUSIONS],
                confusions.n,
                confusions.weight,
                strict=False,
            )
        ],
        no_guarantee=NO_GUARANTEE,
        methods=METHODS,
        versions=_versions(),
    )


def _figures(summary: Summary) -> dict[str, Markup]:
    # text inside of a figure is escaped by what draws it
    return {name: Markup(to_svg(draw(summary))) for name, draw in FIGURES.items()}  # noqa: S704


def _versions() -> dict[str, str]:
    import matplotlib
    import scipy

    versions: dict[str, Any] = {
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "matplotlib": matplotlib.__version__,
    }
    return versions
