"""Two tabs of one reviewer: the newest reviews, the other says so and gives no verdicts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.webapp.review.reviewing import Given, Reviewer, Site

pytestmark = pytest.mark.slow


def test_the_newest_tab_takes_over(page: Page, reviewer: Reviewer, site: Site) -> None:
    reviewer.press("j").sees(1)
    other = Reviewer(page.context.new_page(), site).open().sees(1)
    page.bring_to_front()
    expect(page.get_by_text("You are reviewing in another tab")).to_be_visible()
    for key in ("l", "Escape", "l", "z"):
        page.keyboard.press(key)
    expect(page.locator("#elsewhere")).to_be_visible()
    other.page.bring_to_front()
    other.press("k").sees(2).delivered()
    page.bring_to_front()
    page.get_by_role("button", name="Review here").click()
    reviewer.sees(2).press("x").sees(3).delivered()
    expect(other.page.locator("#elsewhere")).to_be_visible()
    assert site.given() == [Given(0, "top1"), Given(1, "topk"), Given(2, "novocab")]


def test_what_waits_in_one_tab_is_sent_by_the_next(
    page: Page, reviewer: Reviewer, site: Site
) -> None:
    page.route("**/review/verdicts", lambda route: route.abort())
    reviewer.press("j", "l").sees(2)
    page.locator('html[data-waiting="2"]').wait_for()
    Reviewer(page.context.new_page(), site).open().sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]
    page.unroute("**/review/verdicts")
    reviewer.delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]
