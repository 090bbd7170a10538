"""A figure as PNG, or as SVG that takes the colours of the page it stands in."""

from __future__ import annotations

import io
import re
from html import escape
from threading import Lock
from typing import TYPE_CHECKING, Any

from analysis.figures.style import DPI, INK, PAPER, PENCIL, QUIET, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = {PAPER: "ground", INK: "ink", QUIET: "quiet", RULE: "rule", PENCIL: "pencil"}
_SAVING = Lock()


def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    out = io.BytesIO()
    with _SAVING:
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def to_svg(figure: Figure) -> str:
    """Return a figure as an SVG element that stands inside a page.

    Text stays text. The page may give the colours: they are the CSS variables `--ground`, `--ink`,
    `--quiet`, `--rule` and `--pencil`, and without them the house's own. Nothing in it is refused
    by a policy against inline styles. Equal figures are equal texts; an id that two figures share
    means the same in both.
    """
    import matplotlib

    out = io.StringIO()
    # what matplotlib takes from its global settings alone
    settings: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "proofsheet"}
    with _SAVING, matplotlib.rc_context(settings):
        figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    used = frozenset(re.findall(r"#(\w+)[\")]", svg))
    # inside of tags only: labels and links may say what they like
    svg = re.sub(r"<[^>]*>", lambda found: _tag(found[0], used), svg)
    name = escape(str(figure.get_label()), quote=True)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)


def _tag(tag: str, used: frozenset[str]) -> str:
    """Return a tag without an id that nothing refers to, its style as attributes."""
    tag = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", tag)
    tag = re.sub(r' style="([^"]*)"', lambda found: _attributes(found[1]), tag)
    for colour, name in _NAMES.items():
        tag = tag.replace(colour, f"var(--{name}, {colour})")
    return tag.replace("<svg ", '<svg stroke-linejoin="round" ')


def _attributes(style: str) -> str:
    made = []
    for declaration in style.split(";"):
        name, value = (part.strip() for part in declaration.split(":", 1))
        if name == "font":
            # "bold 11px 'DejaVu Sans'"
            before, family = value.split("px ", 1)
            *weight, size = before.split()
            made += [f'font-size="{size}px"', f'font-family="{family}"']
            made += [f'font-weight="{each}"' for each in weight]
        else:
            made.append(f'{name}="{value}"')
    return "".join(f" {each}" for each in made)
