"""Blind review: what is hidden is not on the page, not said, and not judged unseen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.webapp.review.reviewing import Given, Reviewer, Site

pytestmark = pytest.mark.slow


def first_label(reviewer: Reviewer) -> str:
    return reviewer.labels()[0]


def test_hidden_scores(reviewer: Reviewer, site: Site) -> None:
    label = first_label(reviewer)
    reviewer.press("b").reads("hint", "Scores are hidden")
    assert "%" not in reviewer.part(".ranks").inner_text()
    assert first_label(reviewer) == label
    bars = reviewer.part(".bar .filled")
    assert {bar.get_attribute("width") for bar in bars.all()} == {"0"}
    reviewer.press("j").sees(1).delivered()
    assert "%" not in reviewer.part("[data-part=live]").inner_text()
    (row,) = site.judgments()
    assert (row.verdict, row.blind) == ("top1", "scores")


def test_hidden_labels(reviewer: Reviewer, site: Site) -> None:
    label = first_label(reviewer)
    reviewer.press("b", "b").reads("hint", "Labels and scores are hidden")
    assert not any(reviewer.labels())
    assert label not in reviewer.part("body").inner_text()
    reviewer.press("j", "k", "l", "x", "2").reads("hint", "Show the labels first")
    reviewer.sees(0).press("s").sees(1)
    reviewer.reads("live", "Skip. Next: picture 2")
    reviewer.press(" ")
    assert all(reviewer.labels())
    assert "%" not in reviewer.part(".ranks").inner_text()
    reviewer.press("k").sees(2)
    assert not any(reviewer.labels())
    reviewer.part("[data-part=reveal] button").click()
    assert all(reviewer.labels())
    reviewer.press("2").sees(3).delivered()
    assert site.given() == [Given(0, "skip"), Given(1, "topk"), Given(2, "topk", 2)]
    assert {row.blind for row in site.judgments()} == {"labels"}


def test_the_mode_is_kept_and_goes_round(reviewer: Reviewer) -> None:
    reviewer.press("b", "b").open().sees(0)
    assert not any(reviewer.labels())
    reviewer.click("blind").reads("hint", "Labels and scores are shown")
    assert all(reviewer.labels())
    assert "%" in reviewer.part(".ranks").inner_text()
    expect(reviewer.part("[data-part=reveal]")).to_be_hidden()
