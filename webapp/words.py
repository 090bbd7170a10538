"""How numbers, times and counts are written on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten

from flask import Flask

from analysis.wording import plain
from db.browse import FailureCount
from vision.records import is_web


def percent(score: float, digits: int = 1) -> str:
    """Write a score in [0, 1] as a percentage: 0.8731 -> "87.3 %"."""
    return f"{100 * score:.{digits}f}\N{NO-BREAK SPACE}%"


def count(number: int, noun: str = "") -> str:
    """Write a number, with its noun if there is one: (1200, "picture") -> "1,200 pictures"."""
    ending = "s" if noun and number != 1 else ""
    return f"{number:,} {noun}{ending}".rstrip()


def moment(at: datetime) -> str:
    """Write a time in UTC to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def picture_alt(image_id: int, text: str | None) -> str:
    """Write what a picture is for those who do not see it: its number, and its post."""
    return f"Picture {image_id}" + (f": {shorten(text, 120, placeholder=' ...')}" if text else "")


def reasons(counts: Sequence[FailureCount]) -> str:
    """Write counted reasons in a row: "8 gone (404), 3 not a picture"."""
    return ", ".join(f"{each.count:,} {each.reason}" for each in counts)


def install(app: Flask) -> None:
    """Make the words known to the templates of `app`."""
    for word in (percent, count, moment, plain):
        app.add_template_filter(word)
    app.add_template_test(is_web, "web")
