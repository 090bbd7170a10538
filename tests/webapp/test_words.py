"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from analysis import wording
from db.browse import FailureCount
from webapp import words


def test_percent() -> None:
    assert words.percent(0.87312) == "87.3\N{NO-BREAK SPACE}%"
    assert words.percent(1.0, 2) == "100.00\N{NO-BREAK SPACE}%"
    assert words.percent(1e-7) == "0.0\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "picture", "0 pictures"),
        (1, "picture", "1 picture"),
        (1200, "picture", "1,200 pictures"),
        (2, "", "2"),
    ],
)
def test_count(number: int, noun: str, said: str) -> None:
    assert words.count(number, noun) == said


def test_moment() -> None:
    assert words.moment(datetime(2016, 1, 23, 9, 5, 59, tzinfo=UTC)) == "2016-01-23 09:05 UTC"


def test_a_class_name_is_written_as_in_the_report() -> None:
    app = Flask(__name__)
    words.install(app)
    assert app.jinja_env.filters["plain"] is wording.plain
    assert wording.plain("great_white_shark") == "great white shark"


def test_reasons() -> None:
    gone = FailureCount("fetch", "gone (404)", 1800)
    other = FailureCount("decode", "not a picture", 3)
    assert words.reasons([gone, other]) == "1,800 gone (404), 3 not a picture"
    assert words.reasons([]) == ""
