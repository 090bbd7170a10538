"""By touch, on small screens, with a screen reader, and in either scheme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.webapp.review.reviewing import Given, Reviewer, Site

pytestmark = pytest.mark.slow

SWIPE = """([dx, dy, fingers]) => {
    const stage = document.querySelector(".stage");
    const touches = (x, y) => Array.from({length: fingers}, (_, identifier) => new Touch({
        identifier, target: stage, clientX: 200 + x + 20 * identifier, clientY: 300 + y}));
    const fire = (type, now, changed) => stage.dispatchEvent(new TouchEvent(type, {
        bubbles: true, cancelable: true, touches: now, changedTouches: changed}));
    fire("touchstart", touches(0, 0), touches(0, 0));
    fire("touchmove", touches(dx / 2, dy / 2), touches(dx / 2, dy / 2));
    fire("touchmove", touches(dx, dy), touches(dx, dy));
    const said = document.querySelector("[data-part=swipe]").textContent;
    fire("touchend", [], touches(dx, dy));
    return said;
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def swipe(reviewer: Reviewer, dx: int, dy: int, fingers: int = 1) -> str:
    reviewer.page.locator("html[data-painted]").wait_for()
    return reviewer.page.evaluate(SWIPE, [dx, dy, fingers])


def test_swipes(phone: Page, site: Site) -> None:
    reviewer = Reviewer(phone, site).open().sees(0)
    assert swipe(reviewer, 120, 10) == "Top-1 right"
    reviewer.sees(1)
    assert swipe(reviewer, -120, 10) == "None right"
    reviewer.sees(2)
    assert swipe(reviewer, 10, -120) == "Later one right"
    reviewer.sees(3)
    for nothing in ((40, 0), (0, 40), (90, 90)):
        assert swipe(reviewer, *nothing) == ""
    assert swipe(reviewer, 120, 0, fingers=2) == ""
    reviewer.sees(3).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none"), Given(2, "topk")]
    reviewer.reads("live", "Later one right. Next: picture 4")
    assert swipe(reviewer, 10, 120) == "Undo"
    reviewer.sees(2).delivered().reads("live", "Taken back: Later one right. Next: picture 3")
    assert site.given() == [Given(0, "top1"), Given(1, "none")]


def test_undo_stays_under_the_thumb(phone: Page, site: Site) -> None:
    reviewer = Reviewer(phone, site).open().sees(0)
    reviewer.click("none").sees(1)
    undo = phone.locator("[data-action=undo]")
    for scroll in (10_000, 0):
        phone.evaluate("y => window.scrollTo(0, y)", scroll)
        box = undo.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844
        assert box["y"] > 640
        assert box["height"] >= 40
    undo.tap()
    reviewer.sees(0).delivered()
    assert site.given() == []


@pytest.mark.parametrize(("width", "height"), [(844, 390), (800, 450), (1280, 600)])
def test_in_low_windows_the_panel_is_beside_the_picture(
    page: Page, site: Site, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    reviewer = Reviewer(page, site).open().sees(0)
    boxes = {
        name: reviewer.part(name).first.bounding_box()
        for name in (".stage", ".rank", ".verdicts", "[data-action=undo]")
    }
    stage, first, verdicts, undo = (box or pytest.fail(name) for name, box in boxes.items())
    assert stage["x"] + stage["width"] <= first["x"]
    assert stage["height"] >= height / 2
    assert first["y"] + 3 * first["height"] <= verdicts["y"]
    for box in (stage, verdicts, undo):
        assert box["y"] + box["height"] <= height
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    reviewer.part(".others [data-action=help]").scroll_into_view_if_needed()
    reviewer.click("help")
    expect(page.locator("#keys")).to_be_visible()


@pytest.mark.parametrize("height", [700, 800, 1080])
def test_all_that_can_be_done_is_in_view_beside_the_picture(
    page: Page, site: Site, height: int
) -> None:
    page.set_viewport_size({"width": 1280, "height": height})
    reviewer = Reviewer(page, site).open().sees(0)
    for name in (".rank", ".verdicts button", ".others button"):
        for part in reviewer.part(name).all():
            box = part.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height - 88


def test_focus_does_not_look_like_a_verdict(reviewer: Reviewer) -> None:
    looks = """button => {
        const {outlineStyle, outlineColor, borderTopColor} = getComputedStyle(button);
        return [outlineStyle, outlineColor, borderTopColor];
    }"""
    focused, marked = (
        reviewer.part(f".verdicts [data-action={name}]") for name in ("top1", "none")
    )
    reviewer.press("l").sees(1).press("ArrowLeft").sees(0)
    while not focused.evaluate("button => button === document.activeElement"):
        reviewer.page.keyboard.press("Tab")
    ring, colour, border = focused.evaluate(looks)
    assert ring == "solid"
    ring, _, pencil = marked.evaluate(looks)
    assert ring == "none"
    assert pencil not in (colour, border)


def test_the_end_of_a_round_says_what_is_next(reviewer: Reviewer) -> None:
    for position in range(11):
        reviewer.press("j").sees(position + 1)
    reviewer.press("j").reads("title", "This round is done for you")
    reviewer.reads("text", "12 of 12. The page of results says what they come to.")
    expect(reviewer.part("[data-part=link]")).to_have_attribute("href", "/results/?run=1")
    for button in reviewer.part(".judging [data-verdict]").all():
        expect(button).to_have_attribute("aria-disabled", "true")
    reviewer.page.keyboard.press("z")
    reviewer.sees(11)
    expect(reviewer.part(".verdicts [data-action=top1]")).to_have_attribute(
        "aria-disabled", "false"
    )


def test_the_three_buttons_stay_under_the_thumb(phone: Page, site: Site) -> None:
    reviewer = Reviewer(phone, site).open().sees(0)
    for scroll in (0, 10_000):
        phone.evaluate("y => window.scrollTo(0, y)", scroll)
        for name in ("top1", "topk", "none"):
            box = phone.locator(f".verdicts [data-action={name}]").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 844
            assert box["y"] > 700
            assert box["width"] >= 100
            assert box["height"] >= 44
    phone.locator(".verdicts [data-action=none]").tap()
    reviewer.sees(1).delivered()
    assert site.given() == [Given(0, "none")]


@pytest.mark.parametrize("width", [320, 390, 896, 1280])
def test_nothing_scrolls_sideways(page: Page, site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    reviewer = Reviewer(page, site).open().sees(0).press("j").sees(1)
    sideways = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(sideways) <= 0
    for key in ("n", "?"):
        reviewer.press(key)
        assert page.evaluate(sideways) <= 0
        reviewer.escape()


def test_what_a_screen_reader_hears(reviewer: Reviewer) -> None:
    first, second = reviewer.labels()[:2]
    reviewer.press("j").sees(1)
    reviewer.reads("live", f"Top-1 right: {first}. Next: picture 2, {reviewer.labels()[0]} ")
    reviewer.press("z").sees(0).reads("live", "Taken back: Top-1 right. Next: picture 1")
    reviewer.press("2").sees(1).reads("live", f"Later one right: {second}. Next: picture 2")
    reviewer.press("ArrowLeft").sees(0)
    reviewer.reads("live", f"Picture 1, {first} ")
    reviewer.reads("live", "marked: Later one right")
    live = reviewer.part("[data-part=live]")
    expect(live).to_have_attribute("aria-live", "polite")
    assert reviewer.part(".picture img").get_attribute("alt")


def test_by_keyboard_alone(reviewer: Reviewer, site: Site) -> None:
    page = reviewer.page
    button = page.locator(".verdicts [data-action=none]")
    while not button.evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
    assert button.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    reviewer.sees(1)
    expect(button).to_be_focused()
    page.keyboard.press(" ")
    reviewer.sees(2)
    expect(button).to_be_focused()
    reviewer.press("?")
    reviewer.escape()
    expect(button).to_be_focused()
    reviewer.delivered()
    assert site.given() == [Given(0, "none"), Given(1, "none")]
