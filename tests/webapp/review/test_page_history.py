"""One's own history: undo, walking, changing a verdict, notes; also across a reload."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from db import judgments, reviewers
from tests.webapp.review.reviewing import Given, Reviewer, Site, served

pytestmark = pytest.mark.slow

VERDICTS = "**/review/verdicts"


def test_undo_brings_the_picture_back(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("j", "k", "l").sees(3)
    reviewer.press("z").sees(2).press("Backspace").sees(1)
    assert reviewer.strip() == ["top1"]
    reviewer.press("x").sees(2).press("u").sees(3).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "novocab"), Given(2, "unsure")]
    assert [row.verdict for row in site.judgments(retracted=True)] == ["topk", "none"]


def test_undo_goes_on_after_a_reload(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("j", "k", "l").sees(3).delivered()
    reviewer.open().sees(3).press("z").sees(2)
    reviewer.click("undo").sees(1).delivered()
    assert site.given() == [Given(0, "top1")]
    reviewer.open().sees(1).press("z").sees(0)
    reviewer.press("z").reads("hint", "nothing to take back")
    reviewer.delivered()
    assert site.given() == []
    reviewer.press("l").sees(1).delivered()
    assert site.given() == [Given(0, "none")]


def test_an_undo_before_the_verdict_was_sent(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    page.route("**/review/verdicts", lambda route: route.abort())
    reviewer.press("j").sees(1).press("z").sees(0).press("k").sees(1)
    page.unroute("**/review/verdicts")
    reviewer.delivered()
    assert site.given() == [Given(0, "topk")]


def test_walking_back_and_forth(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("j", "3").sees(2)
    reviewer.press("ArrowLeft").sees(1)
    reviewer.reads("said", "Marked: Later one right")
    assert reviewer.part(".rank.right").count() == 1
    expect(reviewer.part(".rank").nth(2)).to_have_class("rank right")
    reviewer.press("ArrowLeft").sees(0).reads("said", "Marked: Top-1 right")
    expect(reviewer.part(".verdicts [data-action=top1]")).to_have_attribute("aria-pressed", "true")
    reviewer.press("ArrowLeft").reads("hint", "first picture that you judged")
    reviewer.press("ArrowRight").sees(1).press("ArrowRight").sees(2)
    reviewer.press("ArrowRight").reads("hint", "next picture to judge")
    expect(reviewer.part(".verdicts [aria-pressed=true]")).to_have_count(0)
    reviewer.delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk", 3)]


def test_a_verdict_is_changed(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("j", "j", "j").sees(3).press("ArrowLeft").sees(2).press("ArrowLeft").sees(1)
    reviewer.press("l").sees(2).press("k").sees(3).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none"), Given(2, "topk")]
    assert len(site.judgments(retracted=True)) == 2
    # undo takes back what was said last
    reviewer.press("z").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]


def test_a_frame_of_the_strip_is_a_way_back(reviewer: Reviewer) -> None:
    reviewer.press("j", "l", "s").sees(3)
    assert reviewer.strip() == ["top1", "none", "skip"]
    reviewer.part(".behind .still").nth(1).click()
    reviewer.sees(1).reads("said", "Marked: None right")
    reviewer.part(".strip .forward").click()
    reviewer.sees(2).part(".strip .back").click()
    reviewer.sees(1)


def test_history_is_loaded_page_by_page(browser: Browser, reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    page.route(
        "**/review/history?*",
        lambda route: route.continue_(url=route.request.url.replace("limit=30", "limit=2")),
    )
    reviewer.press(*"jkljk").sees(5).delivered().open().sees(5)
    for position in (4, 3, 2, 1, 0):
        reviewer.press("ArrowLeft").sees(position)
    reviewer.open().sees(5)
    for position in (4, 3, 2, 1, 0):
        reviewer.press("z").sees(position)
    reviewer.delivered()
    assert site.given() == []


def test_a_note_travels_with_the_verdict(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    reviewer.press("n")
    page.keyboard.type("jkl <b>two cats</b>")
    page.keyboard.press("Control+Enter")
    reviewer.reads("said", "Note: jkl <b>two cats</b>")
    reviewer.sees(0).press("j").sees(1).delivered()
    (row,) = site.judgments()
    assert (row.verdict, row.note) == ("top1", "jkl <b>two cats</b>")


def test_a_note_on_a_judged_picture_renews_the_verdict(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    reviewer.press("3", "j").sees(2).press("ArrowLeft").sees(1).press("ArrowLeft").sees(0)
    reviewer.click("note")
    page.keyboard.type("blurred")
    page.get_by_role("button", name="Keep the note").click()
    reviewer.reads("said", "Note: blurred")
    reviewer.sees(0).delivered()
    notes = {row.position: (row.verdict, row.correct_rank, row.note) for row in site.judgments()}
    assert notes == {0: ("topk", 3, "blurred"), 1: ("top1", None, None)}
    # its place stays, here and after a reload, and so does the order of undo
    reviewer.press("z").sees(1).press("j").sees(2).delivered()
    reviewer.open().sees(2).press("ArrowLeft").sees(1)
    reviewer.press("ArrowLeft").sees(0).reads("said", "Note: blurred")


def test_esc_leaves_the_note_as_it_was(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("n")
    reviewer.page.keyboard.type("no")
    reviewer.escape().press("j").sees(1).delivered()
    assert site.judgments()[0].note is None


def write_note(reviewer: Reviewer, text: str) -> None:
    reviewer.press("n")
    reviewer.page.keyboard.type(text)
    reviewer.page.keyboard.press("Control+Enter")
    reviewer.reads("said", f"Note: {text}")


def test_a_note_leaves_seconds_and_blindness_as_they_were(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("b").page.wait_for_timeout(300)
    reviewer.press("j").sees(1).delivered()
    (given,) = site.judgments()
    reviewer.press("b", "b").open().sees(1).press("ArrowLeft").sees(0)
    write_note(reviewer, "blurred")
    reviewer.delivered()
    (renewed,) = site.judgments()
    assert renewed.note == "blurred"
    assert (renewed.seconds, renewed.blind) == (given.seconds, "scores")


def test_a_note_before_the_verdict_survives_a_reload(reviewer: Reviewer, site: Site) -> None:
    write_note(reviewer, "two cats")
    reviewer.open().sees(0).reads("said", "Note: two cats")
    reviewer.press("j").sees(1).press("z").sees(0).delivered()
    reviewer.open().sees(0).reads("said", "Note: two cats")
    reviewer.press("j").sees(1).delivered()
    assert [row.note for row in site.judgments()] == ["two cats"]
    assert reviewer.page.evaluate("Object.keys(localStorage).filter(k => /note/.test(k))") == []


def undelivered(route: Route) -> None:
    route.fulfill(status=503, json={"error": "The database does not answer."})


def test_what_waits_is_there_after_a_reload(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    reviewer.press("j", "j").sees(2).delivered()
    page.route(VERDICTS, undelivered)
    reviewer.press("l").sees(3).press("k").sees(4).press("x").sees(5).press("z").sees(4)
    page.locator('html[data-waiting="4"]').wait_for()
    page.reload()
    expect(reviewer.part(".behind .still")).to_have_count(2)
    assert reviewer.strip() == ["none", "topk"]
    # the later of the two, and none of those that were delivered
    page.keyboard.press("z")
    reviewer.sees(3).press("ArrowLeft").sees(2).reads("said", "Marked: None right")
    page.unroute(VERDICTS)
    reviewer.delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "top1"), Given(2, "none")]
    for position in (1, 0):
        reviewer.press("ArrowLeft").sees(position)
    for position in (1, 2, 3):
        reviewer.press("ArrowRight").sees(position)
    for position in (2, 1, 0):
        reviewer.press("z").sees(position)
    reviewer.delivered()
    assert site.given() == []


def test_a_note_on_its_way_keeps_its_place_after_a_reload(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    reviewer.press("l", "j").sees(2).press("ArrowLeft").sees(1).press("ArrowLeft").sees(0)
    reviewer.delivered()
    page.route(VERDICTS, undelivered)
    write_note(reviewer, "dim")
    page.locator('html[data-waiting="1"]').wait_for()
    page.reload()
    page.locator('html[data-waiting="1"]').wait_for()
    page.keyboard.press("ArrowLeft")
    reviewer.sees(1).press("ArrowLeft").sees(0).reads("said", "Note: dim")
    page.unroute(VERDICTS)
    reviewer.delivered()
    reviewer.press("z").sees(1).press("z").sees(0).delivered()
    assert site.given() == []


@pytest.mark.parametrize("key", ["z", "ArrowLeft"])
def test_nothing_is_done_while_older_verdicts_load(
    reviewer: Reviewer, site: Site, key: str
) -> None:
    page = reviewer.page
    held: list[Route] = []
    reviewer.press("j", "j").sees(2).delivered()
    page.route("**/review/history?*", lambda route: held.append(route))
    reviewer.open().sees(2).press(key).reads("hint", "Loading your earlier verdicts")
    reviewer.press("l", "z", "ArrowRight", "ArrowLeft").sees(2)
    for route in held:
        route.continue_()
    reviewer.sees(1).delivered()
    assert site.given() == [Given(n, "top1") for n in range(1 if key == "z" else 2)]


def test_what_is_put_back_is_judged_again(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 3) as site:
        reviewer = Reviewer(page, site).open().sees(0).press("j").sees(1).press("j").sees(2)
        reviewer.delivered().press("ArrowLeft").sees(1).press("ArrowLeft").sees(0)
        admin = reviewers.local(site.engine).id
        assert judgments.put_back(site.engine, site.round_id, [0], admin) == 1
        reviewer.press("ArrowRight").sees(1).press("ArrowRight").sees(2).press("l").sees(0)
        assert reviewer.strip() == ["top1", "none"]
        reviewer.reads("progress", "2 of 3")
        reviewer.press("k").reads("title", "This round is done")
        reviewer.reads("progress", "3 of 3")
        reviewer.delivered()
        assert site.given() == [Given(1, "top1"), Given(2, "none"), Given(0, "topk")]


def test_progress_holds_what_the_server_does_not_know_yet(tmp_path: Path, page: Page) -> None:
    held: list[Route] = []
    with served(tmp_path, 3) as site:
        reviewer = Reviewer(page, site).open().sees(0).press("j").sees(1).press("j").sees(2)
        reviewer.delivered().press("ArrowLeft").sees(1).press("ArrowLeft").sees(0)
        assert judgments.put_back(site.engine, site.round_id, [0], reviewers.local(site.engine).id)
        page.route(VERDICTS, lambda route: held.append(route), times=1)
        # the first picture comes back while the verdict on the last is on its way
        reviewer.press("ArrowRight").sees(1).press("ArrowRight").sees(2).press("l").sees(0)
        page.wait_for_timeout(300)
        held[0].continue_()
        reviewer.reads("progress", "2 of 3")
