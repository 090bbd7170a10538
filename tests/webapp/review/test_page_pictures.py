"""What is shown: large pictures, dead ones, the post as text, the full size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.webapp.review.reviewing import FAST, Given, Reviewer, Site, served
from vision.records import ImageRecord

pytestmark = pytest.mark.slow

HTML = '<b>bold</b><script>window.broken = 1</script><img src=x onerror="window.broken = 2"> \u202e'
MISSING, DEAD_LINK = 1, 2
NOBODY = "http://127.0.0.1:9/dead.jpg"
"""Nothing listens on the port "discard"."""


def with_posts(n: int, record: ImageRecord) -> ImageRecord:
    link = NOBODY if n == DEAD_LINK else record.link
    return replace(record, link=link, text=HTML, author=f"<i>{n}</i>")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A round with a file that is gone, a dead link, and posts full of HTML."""
    with served(tmp_path, change=with_posts) as site:
        (tmp_path / "photos" / f"{MISSING}.jpg").unlink()
        yield site


def test_a_missing_file_and_a_dead_link_are_skipped_by_one_key(
    reviewer: Reviewer, site: Site
) -> None:
    reviewer.press("j").sees(MISSING).reads("title", "The file is missing")
    reviewer.reads("live", f"Next: picture {MISSING + 1}, the file is missing")
    reviewer.press("j", "k", "l", "x", "3").reads("hint", "no picture to judge")
    reviewer.press("s").sees(DEAD_LINK).reads("title", "The link is dead")
    reviewer.press("u").sees(3).press("z").sees(DEAD_LINK)
    reviewer.press("s").sees(3).press("l").sees(4).delivered()
    assert site.given() == [
        Given(0, "top1"),
        Given(MISSING, "skip"),
        Given(DEAD_LINK, "skip"),
        Given(3, "none"),
    ]


def test_posts_are_text(reviewer: Reviewer) -> None:
    page = reviewer.page
    assert reviewer.part("[data-part=tweet]").text_content() == HTML
    assert reviewer.part("[data-part=author]").text_content() == "<i>0</i>"
    assert reviewer.part("[data-part=post] *").count() == 2
    reviewer.press("l").sees(1)
    assert page.evaluate("window.broken") is None


def test_the_picture_takes_all_the_height(reviewer: Reviewer) -> None:
    stage = reviewer.part(".stage").bounding_box()
    image = reviewer.part(".picture img").bounding_box()
    assert stage is not None
    assert image is not None
    assert stage["height"] >= 0.8 * 900
    assert image["height"] >= stage["height"] - 40


def test_nothing_moves_when_the_next_picture_comes(reviewer: Reviewer) -> None:
    def boxes() -> list[object]:
        names = ".stage", ".picture", ".judging", ".ranks", ".verdicts", ".others", ".present"
        return [reviewer.part(name).bounding_box() for name in names]

    before = boxes()
    for position, key in enumerate(["j", "s", "s", "l"], 1):
        reviewer.press(key).sees(position)
        assert boxes() == before


def test_full_size_opens_over_the_page_and_pans(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 400, "height": 300})
    reviewer = Reviewer(page, site).open().sees(0).press("f")
    view = page.locator("#zoom .full")
    expect(view.locator("img")).to_be_visible()
    width = page.evaluate("document.querySelector('#zoom img').naturalWidth")
    shown = view.locator("img").bounding_box()
    assert shown is not None
    assert shown["width"] == width > 400
    page.mouse.move(300, 150)
    page.mouse.down()
    page.mouse.move(200, 150, steps=4)
    page.mouse.up()
    assert view.evaluate("view => view.scrollLeft") > 50
    page.keyboard.press("f")
    expect(page.locator("#zoom")).to_be_hidden()
    reviewer.sees(0)


def test_a_small_picture_in_full_size_is_no_smaller_than_on_the_stage(reviewer: Reviewer) -> None:
    stage = reviewer.part(".picture img").bounding_box()
    reviewer.press("f")
    full = reviewer.part("#zoom img.fitted").bounding_box()
    assert stage is not None
    assert full is not None
    assert (full["width"], full["height"]) == (1280, 900)
    assert full["width"] > stage["width"]
    assert full["height"] > stage["height"]
    view = "document.querySelector('#zoom .full')"
    assert reviewer.page.evaluate(f"{view}.scrollWidth <= 1280 && {view}.scrollHeight <= 900")


def test_five_pictures_are_fetched_ahead(page: Page, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Reviewer(page, site).open().sees(0).part(".ahead .still").nth(7).wait_for()
    large = {url.split("/")[-2] for url in asked if "/pictures/" in url and "thumb" not in url}
    assert len(large) >= 6


def test_a_slow_picture_is_not_called_missing(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.add_init_script(FAST)
    page.route("**/pictures/5/screen", lambda route: held.append(route))
    reviewer = Reviewer(page, site).open().sees(0)
    page.wait_for_timeout(1500)  # longer than its patience: that counts from when its turn comes
    reviewer.press("j", "s", "s").sees(3).press("j")
    expect(reviewer.part("[data-part=title]")).to_have_text("The picture is on its way")
    reviewer.sees(4).reads("title", "The picture has not come yet")
    reviewer.reads("text", "Wait for it, skip it or mark it unsure")
    reviewer.press("j").reads("hint", "no picture to judge")
    for route in held:
        route.continue_()
    page.locator(".picture img").wait_for()
    reviewer.press("j").sees(5).delivered()
    assert site.given()[-1] == Given(4, "top1")
