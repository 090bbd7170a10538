"""The key map: what is shown is what works, also after a change and a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.webapp.review.reviewing import Given, Reviewer, Site

pytestmark = pytest.mark.slow


def change(reviewer: Reviewer, name: str, key: str) -> None:
    reviewer.part(f"#keys [data-change={name}]").click()
    reviewer.page.keyboard.press(key)


def shown(reviewer: Reviewer, name: str) -> str:
    return reviewer.part(f".judging [data-action={name}] kbd").inner_text()


def test_keys_are_changed_and_kept(reviewer: Reviewer, site: Site) -> None:
    reviewer.press("?")
    change(reviewer, "top1", "a")
    reviewer.reads("told", "Top-1 right is now on the key a")
    reviewer.escape()
    assert shown(reviewer, "top1") == "a"
    reviewer.press("j", "a").sees(1)
    reviewer.open().sees(1)
    assert shown(reviewer, "top1") == "a"
    reviewer.press("j", "a").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "top1")]


def test_two_actions_on_one_key_are_refused(reviewer: Reviewer, site: Site) -> None:
    reviewer.click("help")
    change(reviewer, "top1", "l")
    reviewer.reads("told", "would both be on the key")
    expect(reviewer.part("#keys [data-change=top1] kbd")).to_have_text("j")
    reviewer.page.get_by_role("button", name="Close").click()
    expect(reviewer.part("#keys")).to_be_hidden()
    reviewer.press("l", "j").sees(2).delivered()
    assert site.given() == [Given(0, "none"), Given(1, "top1")]


def test_keys_that_cannot_be_used_are_told(reviewer: Reviewer) -> None:
    reviewer.press("?")
    change(reviewer, "top1", "F5")
    reviewer.reads("told", "F5 cannot be used: choose a letter, a number or a sign")
    for key, called in (("Enter", "Enter"), (" ", "Space"), ("Tab", "Tab"), ("F12", "F12")):
        reviewer.page.keyboard.press(key)
        reviewer.reads("told", f"{called} cannot be used")
    reviewer.page.keyboard.press("Shift+!")
    reviewer.reads("told", "is now on the key !")


def test_esc_leaves_a_key_as_it_is_and_reset_brings_all_back(reviewer: Reviewer) -> None:
    reviewer.press("?")
    change(reviewer, "skip", "Escape")
    expect(reviewer.part("#keys")).to_be_visible()
    change(reviewer, "skip", "y")
    reviewer.reads("told", "Skip is now on the key y")
    reviewer.part("#keys [data-reset]").click()
    expect(reviewer.part("#keys")).to_be_hidden()
    reviewer.sees(0)
    assert shown(reviewer, "skip") == "s"


def test_every_action_is_in_the_key_map(reviewer: Reviewer) -> None:
    reviewer.press("?")
    names = reviewer.part("#keys [data-change]").evaluate_all(
        "all => all.map(b => b.dataset.change)"
    )
    buttons = reviewer.part("[data-action]").evaluate_all("all => all.map(b => b.dataset.action)")
    assert set(buttons) < set(names)
    assert {"rank2", "rank5", "undo"} < set(names)
