"""The contact sheet in a real browser: pictures painted, dead ones said, nothing sideways."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from collect import sample
from tests.webapp.filling import failed, fill, run_info, sample_events
from webapp.app import create_app
from webapp.sheet import PER_SHEET

pytestmark = pytest.mark.slow

DELETED, DEAD = 4, 6
"""Frames whose file is gone, and whose link answers nothing."""

LONG = "W" * 400

LOADED = """async (number) => {
    const images = [...document.images].slice(0, number ?? undefined);
    await Promise.all(images.map((img) => img.complete || new Promise((done) => {
        img.addEventListener("load", done);
        img.addEventListener("error", done);
        img.loading = "eager";
    })));
}"""
"""Waits for the first `number` pictures, or all (the page's policy forbids `wait_for_function`)."""


@dataclass
class Site:
    url: str
    pictures: int


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a port of its own, over a sample corpus that lost two of its pictures."""
    folder = tmp_path_factory.mktemp("site")
    sample.make(folder / "sample")
    events = sample_events(folder / "sample")
    (folder / "sample" / events[DELETED - 1].record.link).unlink()
    database = f"sqlite:///{folder}/site.db"
    server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    dead = replace(events[DEAD - 1].record, link=f"{url}/dead.jpg", text=LONG)
    events[DEAD - 1] = replace(events[DEAD - 1], record=dead)
    failures = [failed(len(events), "gone (404)"), failed(len(events) + 1, LONG[:200])]
    fill(database, run_info(folder / "sample"), [*events, *failures])
    fill(database, run_info(folder / "sample", model="vgg16"), events)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(url, len(events))
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def painted(page: Page) -> list[bool]:
    """Load every picture; return for each whether it was painted."""
    page.evaluate(LOADED, None)
    return page.evaluate("[...document.images].map((img) => img.naturalWidth > 0 && !img.hidden)")


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_thumbnails_are_painted_and_nothing_is_wrong(page: Page, site: Site) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site.url}/sheet/?after={DEAD}")
    assert painted(page) == [True] * PER_SHEET
    assert said == []
    assert page.locator(".frame .predictions li").count() == PER_SHEET * 5
    bar = page.locator(".frame .bar .filled").first.bounding_box()
    ground = page.locator(".frame .bar rect").first.bounding_box()
    assert bar is not None
    assert ground is not None
    score = float(page.locator(".frame .score").first.inner_text().split()[0]) / 100
    assert bar["width"] / ground["width"] == pytest.approx(score, abs=0.02)
    assert bar["height"] >= 1


def test_lazy_pictures_below_the_fold_are_not_called_missing(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sheet/?after={DEAD}")
    page.evaluate(LOADED, 1)
    assert page.locator(".gone:visible").count() == 0


def test_dead_pictures_say_so(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sheet/")
    frames = painted(page)
    assert [n for n, there in enumerate(frames, 1) if not there] == [DELETED, DEAD]
    assert page.locator(".gone:visible").count() == 2
    assert "file is missing" in page.locator(f"#frame-{DELETED}").inner_text()
    assert "link is dead" in page.locator(f"#frame-{DEAD}").inner_text()
    page.goto(f"{site.url}/sheet/{DELETED}")
    page.locator(".gone:visible").wait_for()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(page: Page, site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("/sheet/", f"/sheet/{DEAD}", "/sheet/1", "/failures/?run=1", "/nowhere"):
        page.goto(f"{site.url}{path}")
        assert overflow(page) <= 0, path
    page.goto(f"{site.url}/sheet/")
    page.locator(".runs summary").click()
    assert page.locator(".runs li").count() == 2
    assert overflow(page) <= 0
    box = page.locator(".runs ul").bounding_box()
    assert box is not None
    assert box["x"] >= 0


def test_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sheet/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    while not page.evaluate("document.activeElement.matches('.film')"):
        page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/sheet/1?*")
    assert painted(page) == [True]
    assert page.locator(".panel .predictions li").count() == 5
    page.get_by_text("Back to the sheet").click()
    page.wait_for_url("**/sheet/?*#frame-1")


def test_all_sheets_can_be_leafed_through(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sheet/")
    seen = page.locator(".frame").count()
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").click()
        page.wait_for_load_state()
        seen += page.locator(".frame").count()
    assert seen == site.pictures


def test_a_script_in_a_post_would_not_run(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sheet/")
    violations = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (e) =>
                resolve(e.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
            setTimeout(() => resolve("nothing happened"), 2000);
        })"""
    )
    assert violations == "script-src-elem"
    assert page.evaluate("window.broken") is None
