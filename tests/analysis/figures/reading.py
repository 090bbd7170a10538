"""What a drawn figure holds: its words, lines, shades and bars, read back from its axes."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from analysis.figures import FIGURES
from analysis.figures.saving import to_svg
from analysis.judged import Floats
from analysis.summary import Summary
from db.verdicts import UNIFORM
from tests.analysis.summaries import KINDS, drawn

_KINDS = KINDS | {"usual": lambda: drawn(UNIFORM, 400)}


def kept(kind: str) -> Summary:
    """Return a summary of `KINDS`, or of a usual round."""
    return _KINDS[kind]()


@cache
def figure(kind: str, name: str) -> Figure:
    """Return a figure of such a summary, drawn once."""
    return FIGURES[name](kept(kind))


@cache
def svg(kind: str, name: str) -> str:
    """Return it as SVG, saved once."""
    return to_svg(figure(kind, name))


def said(of: Figure) -> str:
    """Return all texts of a figure, their lines in a row."""
    text = " ".join(each.get_text() for each in of.findobj(Text))
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def line(axes: Axes, label: str) -> Line2D:
    """Return the one line whose label begins so."""
    (found,) = (each for each in axes.lines if str(each.get_label()).startswith(label))
    return found


def shade(axes: Axes, number: int = 0) -> tuple[Floats, Floats, Floats]:
    """Return x, lower and upper edge of what was shaded between two curves, by order of drawing."""
    shaded = [each for each in axes.collections if isinstance(each, PolyCollection)]
    corners = np.concatenate([path.vertices for path in shaded[number].get_paths()])
    x = np.unique(corners[:, 0])
    edges = [corners[corners[:, 0] == each, 1] for each in x]
    return x, np.array([each.min() for each in edges]), np.array([each.max() for each in edges])


def bars(axes: Axes, number: int = 0) -> Floats:
    """Return the ends of straight bars, array (bars, 2, 2) of x and y, by order of drawing."""
    lines = [each for each in axes.collections if isinstance(each, LineCollection)]
    return np.array(lines[number].get_segments())


def heights(axes: Axes, label: str) -> Floats:
    """Return the heights of the bars whose label begins so."""
    (found,) = (each for each in axes.containers if str(each.get_label()).startswith(label))
    return np.array([bar.get_height() for bar in found])
