"""What the page says when something is wrong, and that verdicts wait for it to be right again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from db import judgments, leases, review_events, reviewers
from tests.webapp.review.reviewing import Given, Reviewer, Site, served

pytestmark = pytest.mark.slow

VERDICTS = "**/review/verdicts"


def test_a_refused_verdict_is_told_and_not_sent_again(reviewer: Reviewer, site: Site) -> None:
    def refuse(route: Route) -> None:
        (event,) = json.loads(route.request.post_data or "")["events"]
        refused = [{"uuid": event["uuid"], "why": "the moon is full"}]
        route.fulfill(json={"stored": [], "refused": refused, "elsewhere": []})

    page = reviewer.page
    page.route(VERDICTS, refuse)
    reviewer.press("j").sees(1).delivered()
    reviewer.reads("refusals", "Picture 1: the verdict was not taken. the moon is full")
    assert reviewer.strip() == []
    page.unroute(VERDICTS)
    page.get_by_role("button", name="Close").click()
    expect(reviewer.part("[data-part=refusals]")).to_be_empty()
    reviewer.press("k").sees(2).delivered()
    assert site.given() == [Given(1, "topk")]


def test_signed_out(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    answer = {"error": "Sign in first.", "sign_in": "/sign-in"}
    page.route(VERDICTS, lambda route: route.fulfill(status=401, json=answer))
    reviewer.press("j", "k").sees(2)
    reviewer.reads("connection", "You are signed out. 2 verdicts wait here and are sent once")
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/sign-in?next=/?")
    page.unroute(VERDICTS)
    reviewer.open().sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]


def test_a_server_in_trouble(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    answer = {"error": "The disk is full."}
    page.route(VERDICTS, lambda route: route.fulfill(status=503, json=answer))
    reviewer.press("j").sees(1)
    reviewer.reads("connection", "The disk is full. 1 verdict waits here and is sent when it can")
    page.unroute(VERDICTS)
    reviewer.delivered()
    expect(reviewer.part("[data-part=connection]")).to_be_empty()
    assert site.given() == [Given(0, "top1")]


def test_pictures_that_cannot_be_had_are_not_called_missing(page: Page, site: Site) -> None:
    page.route("**/pictures/**", lambda route: route.abort())
    reviewer = Reviewer(page, site).open()
    reviewer.reads("title", "The server does not answer")
    page.unroute("**/pictures/**")
    page.locator(".picture img").wait_for()
    reviewer.press("j").sees(1).delivered()
    assert site.given() == [Given(0, "top1")]


def test_a_browser_that_stores_nothing(page: Page, site: Site) -> None:
    page.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    reviewer = Reviewer(page, site).open().sees(0)
    reviewer.reads("connection", "This browser stores nothing")
    reviewer.press("j", "k").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]


def test_pictures_that_others_hold(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 3) as site:
        reviewer = Reviewer(page, site).open().sees(0)
        assert reviewers.add(site.engine, "other", "reviewer", None)
        with site.engine.connect() as connection:
            found = reviewers.credentials(connection, "other")
        assert found is not None
        # what was merely prefetched goes to whoever has nothing left
        wish = leases.Wish(want=1)
        (taken,) = leases.hand_out(site.engine, site.round_id, found[0].id, wish).positions
        assert taken == 2
        reviewer.press("j").sees(1).press("j").reads("title", "Nothing free at the moment")
        reviewer.reads("text", "Others are looking at the last pictures")
        uuid = "00000000-0000-4000-8000-000000000000"
        round_uuid = json.loads(page.locator("#review-config").text_content() or "")["round"][
            "uuid"
        ]
        judgments.record(
            site.engine, found[0].id, [review_events.Judge(uuid, round_uuid, 2, "none")]
        )
        reviewer.reads("title", "This round is done")
        assert site.given() == [Given(0, "top1"), Given(1, "top1"), Given(2, "none")]


def test_a_page_of_another_session(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    answer = {"error": "This page is out of date: load it again, then repeat what you did."}
    page.route(VERDICTS, lambda route: route.fulfill(status=403, json=answer))
    reviewer.press("j", "k").sees(2)
    reviewer.reads(
        "connection",
        "This page is out of date: load it again. 2 verdicts wait here and are sent then.",
    )
    page.unroute(VERDICTS)
    page.get_by_role("link", name="Load it again").click()
    reviewer.sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]


def test_no_pictures_are_left_without_a_connection(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 20) as site:
        reviewer = Reviewer(page, site).open().sees(0)
        expect(reviewer.part(".ahead .still")).to_have_count(8)
        page.wait_for_load_state("networkidle")
        page.context.set_offline(True)
        for position in range(9):
            reviewer.sees(position).press("j")
        reviewer.reads("title", "No pictures are left here")
        reviewer.reads("text", "More come with the connection")
        page.context.set_offline(False)
        reviewer.sees(9).delivered()
