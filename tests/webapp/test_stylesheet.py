"""The stylesheet keeps its promises: enough contrast in both schemes, no shadow, no gradient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "webapp" / "static" / "proofsheet.css"

PAIRS = [
    ("ink", "ground", 4.5),
    ("quiet", "ground", 4.5),
    ("film-ink", "film", 4.5),
    ("pencil", "ground", 3.0),
    # film is dark in both schemes, and so bears the red of the dark one
    ("film-pencil", "film", 3.0),
    ("bar-ink", "bar", 3.0),
    ("ink", "bar", 3.0),
]
"""Colours, and the least ratio for text (4.5) and for what is drawn (3), WCAG 2.2 AA."""


def schemes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root\s*{(.*?)}", CSS.read_text(), re.DOTALL)
    names = {"light": light, "dark": dark}
    return {name: dict(re.findall(r"--([\w-]+): (#\w{6});", css)) for name, css in names.items()}


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb"; source: WCAG 2.2, definition of relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(scheme: str, ink: str, ground: str, least: float) -> None:
    colours = schemes()[scheme]
    dim, bright = sorted((luminance(colours[ink]), luminance(colours[ground])))
    assert (bright + 0.05) / (dim + 0.05) >= least


def test_both_schemes_name_the_same_colours() -> None:
    assert schemes()["light"].keys() == schemes()["dark"].keys()


@pytest.mark.parametrize("unwanted", ["shadow", "gradient", "@import", "url(", "http"])
def test_what_is_not_in_it(unwanted: str) -> None:
    assert unwanted not in CSS.read_text()
