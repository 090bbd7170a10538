"""How figures look: the sheet they are drawn on, with its title and its caption.

The house's colours, DejaVu Sans, which comes with matplotlib, and nothing global: no pyplot, no
rcParams, so that the threads of a server can draw at the same time.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from analysis import wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.summary import Summary

PAPER, INK, QUIET, RULE, PENCIL = "#f3eee4", "#1c1916", "#5f584e", "#d5ccbd", "#b42318"

SHADE = 0.14
"""Opacity of a band; its colour is that of its curve."""

WIDTH, HEIGHT = 7.2, 4.2
"""Inches of a figure, without title and caption."""

ALONE, WITH_LEGEND = 0.36, 0.6
"""Inches that the title takes, and with a row of legends below it."""

_FONT = "DejaVu Sans"
_TITLE, _TEXT, _SMALL = 11.0, 9.0, 7.5
_LINE = 0.155
_CHARACTERS = 122
"""Of a line of the caption."""

DPI = 144
"""Of a figure as PNG."""

_MARGIN = 0.12


@dataclass(frozen=True)
class Heading:
    """What a figure says of itself: its title, and how its intervals are made; and whether the axes
    beside each other share their scale."""

    title: str
    how: str = ""
    shared: bool = False


def sheet(
    summary: Summary,
    heading: Heading,
    columns: int = 1,
    height: float = HEIGHT,
    above: float = WITH_LEGEND,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with its title and caption, and its axes in a row."""
    return blank_sheet(heading, caption(summary, heading.how), columns, height, above)


def blank_sheet(
    heading: Heading,
    lines: list[str],
    columns: int = 1,
    height: float = HEIGHT,
    above: float = WITH_LEGEND,
) -> tuple[Figure, list[Axes]]:
    """Return a figure as `sheet` does, with the lines of any caption."""
    from matplotlib.figure import Figure

    below = _LINE * len(lines) + _MARGIN
    total = height + above + below
    figure = Figure(figsize=(WIDTH, total), facecolor=PAPER, dpi=DPI)
    figure.set_label(heading.title)
    figure.set_layout_engine(
        "constrained",
        rect=(0.01, below / total, 0.98, height / total),
        w_pad=0.06,
        h_pad=0.04,
        wspace=0.04,
    )
    words: dict[str, Any] = {"family": _FONT, "parse_math": False, "ha": "left"}
    left = _MARGIN / WIDTH
    figure.text(
        left, 1 - 0.1 / total, heading.title, size=_TITLE, color=INK, weight="bold", va="top",
        **words,
    )  # fmt: skip
    figure.text(
        left, 0.08 / total, "\n".join(lines), size=_SMALL, color=QUIET, va="bottom",
        linespacing=1.35, **words,
    )  # fmt: skip
    made = figure.subplots(1, columns, squeeze=False, sharey="row" if heading.shared else False)[0]
    for each in made:
        _quiet(each)
    return figure, list(made)


def in_words(summary: Summary, heading: Heading, why: str) -> Figure:
    """Return a figure that says why there is none."""
    figure, (axes,) = sheet(summary, Heading(heading.title), height=0.8, above=ALONE)
    axes.set_axis_off()
    say(
        axes,
        0.0,
        0.5,
        "\n".join(
            textwrap.wrap(legible(f"Not to be drawn: {why[0].lower()}{why[1:].rstrip('.')}."), 90)
        ),
    )
    return figure


def caption(summary: Summary, how: str = "") -> list[str]:
    """Return the lines below a figure: what it rests on, what it is about, and all notes."""
    source = summary.source
    parts = [
        f"n = {len(summary.judged):,} judged (n_eff {wording.size(summary.n_eff)})",
        source.design,
        wording.of_what(summary),
    ]
    if source.model is not None:
        sha = source.weights_sha256
        parts.append(source.model + (f" (weights {sha[:8]})" if sha else ""))
    if source.what:
        parts.append(source.what)
    if not source.complete:
        parts.append("round not complete: a preview")
    return wrapped(" · ".join(part for part in parts if part), how, *source.notes)


def wrapped(*sentences: str) -> list[str]:
    """Return the lines of a caption, each sentence on lines of its own."""
    return [
        line
        for sentence in sentences
        if sentence
        for line in textwrap.wrap(legible(sentence), _CHARACTERS)
    ]


def say(axes: Axes, x: float, y: float, text: str, **other: Any) -> None:
    """Write a text into axes, at fractions of them unless `transform` says otherwise."""
    look: dict[str, Any] = {
        "size": _SMALL,
        "color": INK,
        "va": "center",
        "ha": "left",
        "linespacing": 1.5,
    }
    given = look | {"transform": axes.transAxes} | other
    axes.text(x, y, text, family=_FONT, parse_math=False, **given)


def label_axes(axes: Axes, x: str, y: str) -> None:
    """Name both axes, and set their numbers in the house's font."""
    for set_label, text in ((axes.set_xlabel, x), (axes.set_ylabel, y)):
        set_label(text, family=_FONT, size=_TEXT, color=INK)


def legend(axes: Axes, **where: Any) -> None:
    """Put the legend above the axes, in the row left free for it, or where `where` says."""
    placed = where or {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0), "ncols": 4}
    made = axes.legend(
        frameon=False,
        prop={"family": _FONT, "size": _SMALL},
        labelcolor=INK,
        borderaxespad=0.4,
        columnspacing=1.2,
        handlelength=1.6,
        handletextpad=0.6,
        **placed,
    )
    made.set_in_layout(False)
    for text in made.get_texts():
        text.set_parse_math(False)


def names(axes: Axes, places: Any, texts: list[str]) -> None:
    """Name the rows of a forest, the first on top."""
    axes.set_yticks(places, texts, parse_math=False, family=_FONT, size=_SMALL, color=INK)
    axes.set_ylim(max(places) + 0.6, min(places) - 0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def percents(axes: Axes, *which: str) -> None:
    """Write shares on some axes ("x", "y") as percentages."""
    from matplotlib.ticker import FuncFormatter

    written = FuncFormatter(lambda share, _: wording.percent(share))
    for each in which:
        getattr(axes, f"{each}axis").set_major_formatter(written)


def legible(text: str, most: int | None = None) -> str:
    """Return a text that the font has letters for, cut to at most so many."""
    made = "".join(each if _known(each) else "\N{WHITE SQUARE}" for each in " ".join(text.split()))
    return (
        made if most is None or len(made) <= most else made[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )


@cache
def _known(letter: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return letter.isprintable() and bool(get_font(findfont(_FONT)).get_char_index(ord(letter)))


def _quiet(axes: Axes) -> None:
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(QUIET)
        spine.set_linewidth(0.8)
    axes.tick_params(
        which="both",
        colors=QUIET,
        labelcolor=QUIET,
        labelsize=_SMALL,
        labelfontfamily=_FONT,
        width=0.8,
        length=3,
    )
    axes.set_axisbelow(True)
    axes.grid(True, color=RULE, linewidth=0.6)
