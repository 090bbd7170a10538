"""Every key and every button of the reviewer: what is stored, and what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from db import rounds
from tests.webapp.review.reviewing import FAST, Given, Reviewer, Site, served

pytestmark = pytest.mark.slow

KEYS = [
    ("j", "top1", None),
    ("k", "topk", None),
    ("l", "none", None),
    ("1", "top1", None),
    ("2", "topk", 2),
    ("5", "topk", 5),
    ("x", "novocab", None),
    ("s", "skip", None),
    ("u", "unsure", None),
    ("J", "top1", None),
]


def test_every_key(reviewer: Reviewer, site: Site) -> None:
    for position, (key, _, _) in enumerate(KEYS):
        reviewer.sees(position).press(key)
    reviewer.sees(len(KEYS)).delivered()
    assert site.given() == [Given(n, verdict, rank) for n, (_, verdict, rank) in enumerate(KEYS)]


def test_every_button(reviewer: Reviewer, site: Site) -> None:
    names = ["top1", "topk", "none", "novocab", "skip", "unsure"]
    for position, name in enumerate(names):
        reviewer.sees(position).click(name)
    reviewer.sees(6).delivered()
    assert site.given() == [Given(n, name) for n, name in enumerate(names)]


def test_a_click_on_a_prediction_says_that_it_is_right(reviewer: Reviewer, site: Site) -> None:
    reviewer.part(".rank").nth(0).click()
    reviewer.sees(1).part(".rank").nth(3).click()
    reviewer.sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk", 4)]


def test_a_rank_beyond_the_predictions_says_nothing(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("6", "9", "j").sees(1).delivered()
    assert site.given() == [Given(0, "top1")]


def test_a_key_held_down_judges_one_picture(reviewer: Reviewer, site: Site) -> None:
    keyboard = reviewer.page.keyboard
    keyboard.down("j")
    reviewer.sees(1)
    keyboard.down("j")  # what the browser sends while it is held: repeated
    keyboard.down("j")
    keyboard.up("j")
    reviewer.press("l").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]


def test_a_key_before_the_picture_is_painted_judges_nothing(reviewer: Reviewer, site: Site) -> None:
    # both keys reach the page before it can have painted anything in between
    reviewer.page.evaluate(
        """() => {
            for (const key of ["j", "j", "l"]) {
                document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
            }
        }"""
    )
    reviewer.sees(1).press("k").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]


def test_a_picture_that_comes_late_is_waited_for(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.route("**/pictures/2/*", lambda route: held.append(route))
    reviewer = Reviewer(page, site).open().sees(0).press("j")
    reviewer.reads("title", "The picture is on its way")
    page.keyboard.press("j")
    reviewer.reads("hint", "The picture is still loading")
    page.keyboard.press("l")
    for route in held:
        route.continue_()
    reviewer.sees(1).press("k").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]


def test_a_double_click_judges_one_picture(reviewer: Reviewer, site: Site) -> None:
    reviewer.part(".verdicts [data-action=none]").dblclick()
    reviewer.sees(1).part(".rank").nth(1).dblclick()
    reviewer.sees(2).delivered()
    assert site.given() == [Given(0, "none"), Given(1, "topk", 2)]


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_the_browsers_own_shortcuts_judge_nothing(
    reviewer: Reviewer, site: Site, modifier: str
) -> None:
    reviewer.press(f"{modifier}+k", "j").sees(1).delivered()
    assert site.given() == [Given(0, "top1")]


def test_keys_in_a_dialog_judge_nothing(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    for opener, dialog in (("n", "#note"), ("f", "#zoom"), ("?", "#keys")):
        reviewer.press(opener)
        expect(page.locator(dialog)).to_be_visible()
        for key in "jkl1":
            page.keyboard.press(key)
        reviewer.escape()
    reviewer.sees(0).press("s").sees(1).delivered()
    assert site.given() == [Given(0, "skip")]


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_key_held_down_on_a_button_presses_it_once(
    reviewer: Reviewer, site: Site, key: str
) -> None:
    keyboard = reviewer.page.keyboard
    for name, judged in (("none", 1), ("top1", 2), ("undo", 1)):
        reviewer.part(f".judging [data-action={name}]").focus()
        for _ in range(4):  # all but the first are repeats, as the browser sends them
            keyboard.down(key)
            reviewer.page.locator("html[data-painted]").wait_for()
        keyboard.up(key)
        reviewer.sees(judged)
    reviewer.delivered()
    assert site.given() == [Given(0, "none")]


def test_the_last_verdicts_wait_for_the_server(tmp_path: Path, page: Page) -> None:
    held: list[Route] = []
    asking = True
    with served(tmp_path, 2) as site:
        reviewer = Reviewer(page, site).open().sees(0)
        page.wait_for_load_state("networkidle")
        page.route(
            "**/review/next", lambda route: held.append(route) if asking else route.continue_()
        )
        reviewer.press("j").sees(1).press("j").reads("hint", "The server is asked")
        reviewer.press("z").reads("hint", "Taken back before it was given")
        reviewer.press("j", "l").reads("hint", "The server is asked")
        pressed = page.evaluate("performance.now() / 1000")
        page.wait_for_timeout(int(1000 * pressed))
        asking = False
        for route in held:
            route.continue_()
        reviewer.reads("title", "This round is done")
        reviewer.delivered()
        assert site.given() == [Given(0, "top1"), Given(1, "none")]
        assert site.judgments()[1].seconds < pressed


def test_the_end_of_the_round(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 3) as site:
        reviewer = Reviewer(page, site).open().sees(0).press("j", "j")
        reviewer.sees(2).press("l").reads("title", "This round is done")
        reviewer.reads("progress", "3 of 3")
        expect(page.get_by_role("link", name="See the results")).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("z")
        reviewer.sees(2).press("k").reads("title", "This round is done")
        reviewer.delivered()
        assert site.given() == [Given(0, "top1"), Given(1, "top1"), Given(2, "topk")]
        reviewer.open().reads("title", "This round is done")


def test_a_run_that_is_still_labeled_goes_on(page: Page, site: Site) -> None:
    def implicit(route: Route) -> None:
        answer = route.fetch()
        shown = re.sub(r'"implicit": ?false', '"implicit": true', answer.text())
        route.fulfill(response=answer, body=shown)

    done = {"items": [], "dropped": [], "state": "done"}
    page.add_init_script(FAST)
    page.route(f"{site.url}/", implicit)
    page.route("**/review/next", lambda route: route.fulfill(json=done))
    reviewer = Reviewer(page, site).open()
    reviewer.reads("title", "This round is done for you")
    page.unroute("**/review/next")
    reviewer.sees(0).press("j").sees(1).delivered()
    assert site.given() == [Given(0, "top1")]


def test_a_round_that_is_closed_meanwhile(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 2) as site:
        reviewer = Reviewer(page, site).open().sees(0)
        rounds.close(site.engine, site.round_id)
        reviewer.press("j").reads("title", "This round is closed")
        reviewer.delivered()
        assert site.given() == [Given(0, "top1")]


def test_keep_and_reject(tmp_path: Path, page: Page) -> None:
    with served(tmp_path, 4, design="curate") as site:
        reviewer = Reviewer(page, site).open().sees(0).press("j").sees(1).press("l").sees(2)
        assert page.locator(".verdicts button").all_inner_texts() == ["Keep\nj", "Reject\nl"]
        page.locator(".rank").first.click()
        reviewer.press("k", "1", "x").click("reject").sees(3).delivered()
        assert [row.verdict for row in site.judgments()] == ["keep", "reject", "reject"]


def test_seconds_count_from_the_painted_picture(reviewer: Reviewer, site: Site) -> None:
    reviewer.page.wait_for_timeout(400)
    reviewer.press("j").sees(1).press("j").sees(2).delivered()
    first, second = (row.seconds for row in site.judgments())
    assert first >= 0.4
    assert 0 <= second < first
