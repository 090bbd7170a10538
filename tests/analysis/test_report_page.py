"""The report as a page: whole, closed to the outside, and safe whatever labels say."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from analysis import wording
from analysis.compare import Predictions, compare
from analysis.corners import CORNERS
from analysis.figures import FIGURES
from analysis.galleries import Gallery, Picture
from analysis.numbers import label_rows
from analysis.report_page import LABELS, Compared, Extras, render
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


def few() -> Summary:
    """Two verdicts of a table: hardly anything is defined."""
    judged = KINDS["two verdicts"]().judged
    return Summary(replace(judged, pool=replace(judged.pool, known=False)))


def hostile() -> Summary:
    summary = drawn("uniform", 150)
    judged = summary.judged
    pool = replace(judged.pool, names=[HOSTILE] * len(judged.pool.names))
    wrong = np.flatnonzero(judged.top1 == 0)
    right = judged.right.copy()
    right[wrong] = (judged.classes[wrong] + 1) % 200
    source = replace(judged.source, what=HOSTILE, model=HOSTILE, design=HOSTILE, notes=(HOSTILE,))
    return Summary(replace(judged, pool=pool, right=right, source=source))


def compared(summary: Summary) -> Compared:
    """Another run, which agrees on what was right and on two thirds of all."""
    judged = summary.judged
    own = judged.classes
    right = np.where(judged.top1 == 1, own, -1)
    made = Predictions(own[:, None], np.where(np.arange(150) % 3, own, 201), right)
    return Compared(12, "resnet50", compare(judged, made))


LINK = "http://x/'\"><script>"
SUMMARIES = {
    "certified": KINDS["certified"],
    "disputed": disputed,
    "few": few,
    "hostile": hostile,
}


@cache
def summary_of(kind: str) -> Summary:
    return SUMMARIES[kind]()


@cache
def page_of(kind: str) -> Page:
    """Return a report, rendered once; the hostile one has galleries and another run."""
    summary, extras = summary_of(kind), None
    if kind == "hostile":
        picture = Picture(HOSTILE, 0.5, HOSTILE, HOSTILE, LINK, "AAAA")
        gone = replace(picture, link=None, thumbnail=None)
        shown = [Gallery(corner, 30, [picture, gone]) for corner in CORNERS]
        extras = Extras(shown, compared(summary))
    return closed(render(summary, extras))


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_report_is_one_closed_file_that_begins_with_the_sentence(kind: str) -> None:
    summary, page = summary_of(kind), page_of(kind)
    if kind != "hostile":
        for sentence in (
            wording.headline(summary),
            wording.accuracy(summary),
            wording.looked_at(summary),
            *wording.notices(summary),
            wording.more(summary),
        ):
            assert plain(sentence) in page.text
    assert sum(tag == "svg" for tag, _ in page.tags) == len(FIGURES) == 10
    ids = [attributes["id"] for tag, attributes in page.tags if "id" in attributes]
    values = " ".join(str(each) for _, attributes in page.tags for each in attributes.values())
    assert set(ids) <= set(re.findall(r"#(\w+)", values))


def test_a_report_says_what_it_rests_on() -> None:
    page = page_of("disputed")
    for part in (
        "Proofsheet · vgg16 · run 7 of", "200 (n_eff", "a uniform round of 200, not complete",
        "about these 3,000 pictures", SHA, "6 unsure, 4 skipped", "numpy " + np.__version__,
        "Youden's J", "Learn then test", "not enough data", "Rounds 3", wording.PREVIEW,
        "the 10 pictures left open (6 unsure, 4 skipped): the accuracy is from",
    ):  # fmt: skip
        assert part in page.text, part
    assert "Pictures at t" not in page.text


def test_the_accuracy_has_its_row_and_second_looks_theirs_where_there_are_some() -> None:
    usual = page_of("disputed").text
    assert "Top-1 accuracy unknown: pictures were drawn only" in page_of("certified").text
    assert f"Top-1 accuracy {plain(wording.interval(summary_of('disputed').accuracy))}" in usual
    assert "after second looks" not in page_of("certified").text
    assert ("after second looks" in usual) == (summary_of("disputed").noise.n > 0)


def test_a_certified_threshold_is_shown_with_its_bound() -> None:
    bound = plain(wording.percent(summary_of("certified").certified.bound))
    assert f"bound: {bound}" in page_of("certified").text
    assert "bound: " not in page_of("disputed").text


def test_each_label_is_shown_with_its_threshold() -> None:
    summary = summary_of("certified")
    pool = summary.judged.pool
    shown = [row for row in label_rows(summary) if row["n"]][:LABELS]
    for row in shown:
        t = "none" if row["threshold"] is None else wording.threshold(pool, row["threshold"])
        expected = f"({plain(wording.percent(row['shrunk_low']))} to"
        expected += f" {plain(wording.percent(row['shrunk_high']))}) {t}"
        assert expected in page_of("certified").text


def test_labels_posts_and_names_are_text_and_nothing_else() -> None:
    page = page_of("hostile")
    assert page.text.count(wording.plain(HOSTILE)) > 20
    assert [each["href"] for tag, each in page.tags if tag == "a"] == [LINK] * 4
    assert [each["alt"] for tag, each in page.tags if tag == "img"] == [HOSTILE] * 4
    assert "Accepted, but wrong: 30, of which 2" in page.text
    assert "no copy of it here" in page.text


def test_another_run_is_shown_with_both_extremes() -> None:
    page, found = page_of("hostile"), compared(summary_of("hostile")).found
    assert "Run 12 (resnet50) on the same verdicts" in page.text
    for each in (found.accuracy_low, found.accuracy_high):
        assert plain(wording.interval(each)) in page.text
