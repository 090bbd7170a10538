"""The report as a page: whole, closed to the outside, and safe whatever labels say."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from analysis import wording
from analysis.compare import Predictions, compare
from analysis.corners import CORNERS
from analysis.galleries import Gallery, Picture
from analysis.report_page import Compared, Extras, render
from analysis.summary import Summary
from tests.analysis.judged_run import HOSTILE
from tests.analysis.summaries import KINDS, SHA, disputed, drawn

VOID = {"meta", "img", "br", "link", "input", "hr", "use", "path"}


class Page(HTMLParser):
    """What a browser would make of a page: tags with their attributes, text, and what is open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def closed(html: str) -> Page:
    """Return a page after seeing that it is well-formed and asks for nothing from outside."""
    page = Page(html)
    assert not page.open
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "embed", "link", "form", "base")
        assert not any(name.startswith("on") for name in attributes)
        source = attributes.get("src") or "data:image/jpeg"
        assert source.startswith("data:image/jpeg")
        for name in ("href", "xlink:href"):
            target = attributes.get(name)
            if target is not None:
                web = tag == "a" and target.startswith(("http://", "https://"))
                assert web or target.startswith("#"), target
    assert "@import" not in html
    assert "url(http" not in html
    return page


@pytest.mark.parametrize("kind", ["two verdicts", "certified", "table"])
def test_a_report_is_one_closed_file_that_begins_with_the_sentence(kind: str) -> None:
    summary = KINDS[kind]()
    page = closed(render(summary))
    headline = wording.headline(summary).replace("\N{NO-BREAK SPACE}", " ")
    assert headline in page.text
    for notice in wording.notices(summary):
        assert notice.replace("\N{NO-BREAK SPACE}", " ") in page.text
    assert sum(tag == "svg" for tag, _ in page.tags) == 10
    ids = [attributes["id"] for tag, attributes in page.tags if "id" in attributes]
    values = " ".join(str(each) for _, attributes in page.tags for each in attributes.values())
    assert set(ids) <= set(re.findall(r"#(\w+)", values))


def test_a_report_says_what_it_rests_on() -> None:
    summary = disputed()
    page = closed(render(summary))
    for part in (
        "200 (n_eff", "a uniform round of 200, not complete", "about these 3,000 pictures", SHA,
        "the 10 pictures left open (6 unsure, 4 skipped): the accuracy is from", "vgg16",
        "numpy " + np.__version__, "Youden's J", "Learn then test", "not enough data",
        "Rounds 3", wording.PREVIEW,
    ):  # fmt: skip
        assert part in page.text, part


def hostile() -> Summary:
    summary = drawn("uniform", 150)
    judged = summary.judged
    pool = replace(judged.pool, names=[HOSTILE] * len(judged.pool.names))
    wrong = np.flatnonzero(judged.top1 == 0)
    right = judged.right.copy()
    right[wrong] = (judged.classes[wrong] + 1) % 200
    source = replace(judged.source, what=HOSTILE, model=HOSTILE, design=HOSTILE, notes=(HOSTILE,))
    return Summary(replace(judged, pool=pool, right=right, source=source))


def test_labels_posts_and_names_are_text_and_nothing_else() -> None:
    picture = Picture(HOSTILE, 0.5, HOSTILE, HOSTILE, "http://x/'\"><script>", "AAAA")
    gone = replace(picture, link=None, thumbnail=None)
    shown = [Gallery(corner, 30, [picture, gone]) for corner in CORNERS]
    page = closed(render(hostile(), Extras(shown)))
    plain = wording.plain(HOSTILE)
    assert page.text.count(plain) > 20
    assert [each["href"] for tag, each in page.tags if tag == "a"] == [picture.link] * 4
    assert [each["alt"] for tag, each in page.tags if tag == "img"] == [HOSTILE] * 4
    assert "Accepted, but wrong: 30, of which 2" in page.text
    assert "no copy of it here" in page.text


def test_another_run_is_shown_with_both_extremes() -> None:
    summary = drawn("uniform", 150)
    judged = summary.judged
    own = judged.classes
    right = np.where(judged.top1 == 1, own, -1)
    made = Predictions(own[:, None], np.where(np.arange(150) % 3, own, 201), right)
    found = compare(judged, made)
    page = closed(render(summary, Extras(compared=Compared(12, "resnet50", found))))
    assert "Run 12 (resnet50) on the same verdicts" in page.text
    low, high = (wording.interval(each) for each in (found.accuracy_low, found.accuracy_high))
    for each in (low, high):
        assert each.replace("\N{NO-BREAK SPACE}", " ") in page.text
    assert "Pictures at t" not in page.text
