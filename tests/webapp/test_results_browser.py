"""The results page in a real browser: a threshold is chosen, verdicts come in, nothing breaks."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from analysis import wording
from analysis.frames import read
from analysis.summary import Asked, Summary
from db import thresholds
from tests.webapp.accounts import PASSWORD, add_account
from tests.webapp.judged_site import JudgedRun
from tests.webapp.review.reviewing import FAST
from webapp.app import create_app

pytestmark = pytest.mark.slow

FASTER = FAST + "; const every = setInterval; setInterval = (call, ms) => every(call, ms / 10)"
"""A script of a page on which forty seconds are four."""


@dataclass
class Site:
    url: str
    run: JudgedRun

    def numbers(self, threshold: float | None = None) -> Summary:
        with self.run.engine.connect() as connection:
            return Summary(read(connection, self.run.run_id), Asked(threshold=threshold))


@contextmanager
def served(run: JudgedRun) -> Iterator[Site]:
    server = make_server("127.0.0.1", 0, create_app(run.url), threaded=True)
    # a figure that is being drawn when the tests end is waited for
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}", run)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        run.engine.dispose()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A run of eighty pictures, sixty of them judged."""
    run = JudgedRun(tmp_path)
    run.judge(range(60))
    with served(run) as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at which time flies, and on which nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.add_init_script(FASTER)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    yield page
    context.close()
    # a server may end before the page that asks it
    assert [text for text in wrong if "net::ERR_" not in text] == []


def opened(page: Page, site: Site, query: str = "") -> Page:
    """Open the page and wait for its slider."""
    page.goto(f"{site.url}/results/?{query}")
    page.locator("#slider").wait_for()
    return page


def share(page: Page, figure: str) -> float:
    """Return a share that stands beside the curve, 0 to 1."""
    text = page.locator(f"[data-figure={figure}] strong").inner_text()
    return float(text.split()[0].replace("\xa0", "").rstrip("%")) / 100


def at(page: Page) -> float:
    return float(page.locator("[data-part=written]").inner_text())


def marker(page: Page) -> float:
    return float(page.locator(".marker .where").get_attribute("x1") or "nan")


def test_the_slider_begins_where_the_page_says(page: Page, site: Site) -> None:
    opened(page, site)
    made = site.numbers()
    assert at(page) == pytest.approx(made.chosen[0], abs=0.005)
    for figure in ("precision", "recall", "coverage"):
        assert share(page, figure) == pytest.approx(getattr(made.at, figure).value, abs=0.001)
    assert "precision" in (page.locator("#slider").get_attribute("aria-valuetext") or "")


def test_by_keyboard(page: Page, site: Site) -> None:
    opened(page, site)
    before, place, coverage = at(page), marker(page), share(page, "coverage")
    page.locator("#slider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert at(page) < before
    assert marker(page) > place
    assert share(page, "coverage") > coverage
    page.keyboard.press("Home")
    strictest = at(page)
    page.keyboard.press("End")
    assert at(page) < before < strictest
    assert share(page, "coverage") == 1
    # once it rests, the rest of the page and the address follow
    page.wait_for_url(re.compile(r"[?&]at=0\.5"))
    expect(page.locator("[data-part=live]")).to_have_text(re.compile("recall 100"))
    expect(page.locator("[data-part=decided]")).to_contain_text("fixed before anybody looked")
    made = site.numbers(float(page.evaluate("new URLSearchParams(location.search).get('at')")))
    for figure in ("precision", "recall", "coverage"):
        assert share(page, figure) == pytest.approx(getattr(made.at, figure).value, abs=0.001)
    opened(page, site, page.url.partition("?")[2])
    assert share(page, "coverage") == 1


def test_by_pointer(page: Page, site: Site) -> None:
    opened(page, site)
    box = page.locator(".plot svg").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.9, middle)
    page.mouse.down()
    right = (at(page), share(page, "coverage"))
    page.mouse.move(box["x"] + box["width"] * 0.3, middle, steps=5)
    left = (at(page), share(page, "coverage"))
    page.mouse.up()
    assert left[0] > right[0]
    assert left[1] < right[1]
    assert left[1] == pytest.approx(0.24, abs=0.1)
    value = int(page.locator("#slider").input_value())
    assert value < int(page.locator("#slider").get_attribute("max") or 0) / 2
    page.wait_for_url(re.compile("at="))
    page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    assert at(page) == left[0]  # nobody holds it any more


def test_by_touch(browser: Browser, site: Site) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = opened(context.new_page(), site)
    before = at(page)
    page.locator(".plot svg").scroll_into_view_if_needed()
    box = page.locator(".plot svg").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + 100)
    expect(page.locator("[data-part=written]")).not_to_have_text(f"{before:.2f}")
    assert at(page) > before
    context.close()


def test_a_verdict_arrives_while_the_page_is_open(page: Page, site: Site) -> None:
    opened(page, site)
    sentence = page.locator("[data-part=sentence]")
    expect(sentence).to_contain_text("60 judged pictures")
    page.locator("#slider").focus()
    page.keyboard.press("Home")
    picked = at(page)
    page.wait_for_url(re.compile("at="))
    figure = page.locator(".figures img").first
    source = figure.get_attribute("src")
    site.run.judge(range(60, 70))
    expect(sentence).to_contain_text("70 judged pictures")
    expect(figure).not_to_have_attribute("src", source or "")
    assert at(page) == picked
    assert page.evaluate("document.activeElement.id") == "slider"


def test_a_verdict_between_load_and_drag(page: Page, site: Site) -> None:
    # nothing but the drag tells the page that something was judged
    page.route("**/results/state.json*", lambda route: route.abort())
    opened(page, site)
    page.get_by_role("heading", name="Labels").scroll_into_view_if_needed()
    row = page.locator("section.part tbody tr").first
    before = row.inner_text()
    site.run.judge(range(60, 80), said="none")
    page.locator("#slider").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-part=sentence]")).to_contain_text("80 judged pictures")
    made = site.numbers(float(page.evaluate("new URLSearchParams(location.search).get('at')")))
    said = wording.percent(made.at.precision.value)
    expect(page.locator("[data-figure=precision] strong")).to_have_text(said)
    expect(row).not_to_have_text(before)


def test_a_drag_overtakes_what_was_typed(page: Page, site: Site) -> None:
    opened(page, site)
    held: list[Route] = []
    # the first is answered when the drag is over
    page.route(
        "**/results/curve.json*", lambda route: route.continue_() if held else held.append(route)
    )
    page.get_by_label("Target precision, %").fill("60")
    page.wait_for_url(re.compile("precision=60"))
    while not held:
        page.wait_for_timeout(20)
    page.locator("#slider").focus()
    page.keyboard.press("End")
    page.wait_for_url(re.compile("at="))
    expect(page.locator(".plot text.target")).to_have_text(re.compile(r"target 60"))
    held[0].continue_()


def test_an_empty_page_fills_by_itself(page: Page, tmp_path: Path) -> None:
    with served(JudgedRun(tmp_path)) as site:
        page.goto(f"{site.url}/results/")
        expect(page.get_by_role("heading", name="Nothing of run 1 is judged yet")).to_be_visible()
        site.run.judge(range(3))
        expect(page.locator("[data-part=sentence]")).to_contain_text("3 judged pictures")


def test_what_is_asked_is_answered_at_once(page: Page, site: Site) -> None:
    opened(page, site)
    cost = page.locator("[data-figure=cost]")
    before = cost.inner_text()
    page.get_by_label("review by hand").fill("0.5")
    expect(cost).not_to_have_text(before)
    page.get_by_label("Target precision, %").fill("70")
    expect(page.locator(".headline")).to_contain_text("at least 70")
    expect(page.locator("[data-part=how]")).to_have_text("certified")
    assert "precision=70" in page.url
    assert "review=0.5" in page.url


def test_what_does_not_fit_is_said_and_mended(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = opened(context.new_page(), site)
    page.get_by_label("Target precision, %").fill("700")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no number from 1 to 99.99")
    page.get_by_label("Target precision, %").fill("80")
    expect(alert).to_have_count(0)
    expect(page.locator(".headline")).to_contain_text("80")
    context.close()


def test_a_typed_threshold_moves_the_marker(page: Page, site: Site) -> None:
    opened(page, site)
    page.get_by_label("Threshold", exact=True).fill("0.8")
    expect(page.locator("[data-part=written]")).to_have_text(re.compile(r"0\.8|0\.79"))
    assert share(page, "coverage") == pytest.approx(site.numbers(0.8).at.coverage.value, abs=0.001)


def test_storing_the_threshold_that_is_shown(page: Page, site: Site) -> None:
    add_account(site.run.url, "ada", "admin")
    page.goto(f"{site.url}/results/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#slider").wait_for()
    page.locator("#slider").focus()
    page.keyboard.press("Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    shown = at(page)
    page.get_by_role("button", name="Store this threshold").click()
    said = page.get_by_role("status").filter(has_text="Stored")
    expect(said).to_contain_text("python bin/export_labels.py --run 1")
    with site.run.engine.connect() as connection:
        found = thresholds.newest(connection, site.run.run_id)
    assert found is not None
    pool = site.numbers().judged.pool
    assert found.threshold >= shown
    assert pool.accepted(found.threshold) == pool.accepted(shown)


def test_heavy_parts_come_when_they_come_near(page: Page, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 500})
    opened(page, site)
    page.wait_for_timeout(300)
    assert not any("/results/pictures" in url for url in asked)
    page.get_by_role("heading", name="Pictures").scroll_into_view_if_needed()
    shown = page.locator(".frames.small .film")
    shown.first.wait_for()
    first = page.get_by_role("heading", name="Accepted, but wrong").inner_text()
    page.locator("#slider").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name="Accepted, but wrong")).not_to_have_text(first)
    href = shown.first.get_attribute("href")
    assert re.fullmatch(r"/sheet/\d+\?run=1", href or "")


def test_labels_are_sorted_in_place(page: Page, site: Site) -> None:
    opened(page, site)
    page.get_by_role("heading", name="Labels").scroll_into_view_if_needed()
    page.get_by_role("link", name="Label", exact=True).click()
    head = page.get_by_role("columnheader", name="Label", exact=True)
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert "/results/?" in page.url or page.url.endswith("/results/")
    names = page.locator("section.part tbody th").all_inner_texts()[:3]
    assert names == ["daisy", "moped", "tabby"]
    assert page.evaluate("document.activeElement.textContent") == "Label"


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_scrolls_sideways(page: Page, site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("", "labels", "pictures", "agreement"):
        page.goto(f"{site.url}/results/{path}")
        page.locator(".plot svg text, section.part h2").first.wait_for()
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, path


def test_without_script_the_form_and_the_figures_are_there(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/results/")
    page.get_by_label("Target precision, %").fill("70")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".headline")).to_contain_text("at least 70")
    assert page.locator(".plot img").get_attribute("src")
    page.get_by_role("link", name="Show them").first.click()
    expect(page.get_by_role("heading", name="Labels")).to_be_visible()
    context.close()
