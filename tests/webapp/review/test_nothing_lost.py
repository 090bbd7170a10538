"""Offline, killed servers and databases, two tabs, two people: every verdict is stored once."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from db import reviewers
from db.engine import connect
from tests.conftest import Server
from tests.db.judging import store_round
from tests.webapp.accounts import PASSWORD
from tests.webapp.filling import fill, run_info
from tests.webapp.review.reviewing import Given, Reviewer, Site, events
from webapp import passwords

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 30


class Killable:
    """gunicorn with two workers on a port of its own, that can be killed and come back."""

    def __init__(self, database: str) -> None:
        self.database = database
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", "2"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command, "--threads", "4", "webapp.app:create_app()"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.database},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/static/icon.svg", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("gunicorn did not start")

    def kill(self) -> None:
        """Kill all its processes at once; nothing is finished and nothing said."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def filled(database: str, folder: Path, *, number: int = 30, overlap: int = 1) -> int:
    photos = folder / "photos"
    photos.mkdir()
    run_id = fill(database, run_info(photos), list(events(photos, number)))
    engine = connect(database)
    try:
        return store_round(engine, run_id, overlap=overlap)
    finally:
        engine.dispose()


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[tuple[Killable, Site]]:
    """A running server over a round of thirty pictures on SQLite."""
    database = f"sqlite:///{tmp_path}/review.db"
    yield from serve(database, filled(database, tmp_path))


def serve(database: str, round_id: int) -> Iterator[tuple[Killable, Site]]:
    server = Killable(database)
    server.start()
    engine = connect(database)
    try:
        yield server, Site(server.url, engine, round_id)
    finally:
        server.kill()
        engine.dispose()


def says(reviewer: Reviewer, text: str) -> None:
    expect(reviewer.part("body")).to_contain_text(re.compile(text), timeout=20_000)


def test_offline_and_back(reviewer: Reviewer, site: Site) -> None:
    context = reviewer.page.context
    reviewer.press("j").sees(1).delivered()
    context.set_offline(True)
    for position, key in enumerate("jlk", start=1):
        reviewer.sees(position).press(key)
    reviewer.sees(4)
    says(reviewer, "Offline.*3 verdicts wait")
    assert site.given() == [Given(0, "top1")]
    context.set_offline(False)
    reviewer.delivered()
    expect(reviewer.part("body")).not_to_contain_text("Offline")
    expected = [Given(0, "top1"), Given(1, "top1"), Given(2, "none"), Given(3, "topk")]
    assert site.given() == expected


def test_offline_with_all_pictures_judged_goes_on_by_itself(reviewer: Reviewer, site: Site) -> None:
    context = reviewer.page.context
    expect(reviewer.part(".ahead .still")).not_to_have_count(0)
    reviewer.page.wait_for_timeout(500)  # for what is fetched ahead
    context.set_offline(True)
    for position in range(9):
        reviewer.sees(position).press("j")
    says(reviewer, "9 verdicts wait")
    context.set_offline(False)
    reviewer.sees(9).delivered()
    assert len(site.given()) == 9


def test_undo_while_offline(reviewer: Reviewer, site: Site) -> None:
    context = reviewer.page.context
    context.set_offline(True)
    reviewer.press("j").sees(1).press("l").sees(2).press("z").sees(1).press("u").sees(2)
    context.set_offline(False)
    reviewer.delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "unsure")]


def test_the_server_is_killed_and_comes_back(page: Page, killable: tuple[Killable, Site]) -> None:
    server, site = killable
    reviewer = Reviewer(page, site).open().sees(0)
    position = 0
    for keys in ("jkl", "jj", "lk"):
        for key in keys:
            reviewer.sees(position).press(key)
            position += 1
        page.wait_for_timeout(700)  # for what is fetched ahead
        server.kill()
        reviewer.sees(position).press("u")
        position += 1
        says(reviewer, r"verdicts? waits? here")
        server.start()
        reviewer.sees(position).delivered()
    verdicts = [
        "top1",
        "topk",
        "none",
        "unsure",
        "top1",
        "top1",
        "unsure",
        "none",
        "topk",
        "unsure",
    ]
    assert site.given() == [Given(n, verdict) for n, verdict in enumerate(verdicts)]


def test_reload_with_verdicts_on_their_way(page: Page, killable: tuple[Killable, Site]) -> None:
    """The page goes away while the server is down: what waited is sent by the next page."""
    server, site = killable
    reviewer = Reviewer(page, site).open().sees(0)
    reviewer.press("j").sees(1).delivered()
    page.wait_for_timeout(700)  # for what is fetched ahead
    server.kill()
    reviewer.press("l").sees(2).press("k").sees(3)
    says(reviewer, "2 verdicts wait")
    page.goto("about:blank")
    server.start()
    reviewer.open().sees(3).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none"), Given(2, "topk")]
    reviewer.press("z").sees(2)
    reviewer.delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]


def test_an_answer_that_is_lost(reviewer: Reviewer, site: Site) -> None:
    """The server has stored the verdict, and the browser never hears of it."""
    lost = []

    def lose(route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    reviewer.page.route("**/review/verdicts", lose)
    reviewer.press("j").sees(1).delivered()
    assert lost == [200]
    assert site.given() == [Given(0, "top1")]
    assert site.judgments(retracted=True) == []


def test_the_database_goes_away_and_comes_back(page: Page, mariadb: Server, tmp_path: Path) -> None:
    """A server of its own, stopped in mid-review, so that nothing else is in its way."""
    from tests.mariadb import running

    with running() as database:
        address = database.create("review")
        round_id = filled(address, tmp_path)
        for server, site in serve(address, round_id):
            reviewer = Reviewer(page, site).open().sees(0)
            reviewer.press("j").sees(1).delivered()
            os.kill(database.pid, signal.SIGSTOP)
            reviewer.press("l").sees(2).press("k").sees(3)
            says(reviewer, "2 verdicts wait")
            os.kill(database.pid, signal.SIGCONT)
            reviewer.delivered()
            assert site.given() == [Given(0, "top1"), Given(1, "none"), Given(2, "topk")]
            assert server.process is not None


def test_another_database_is_served_meanwhile(page: Page, tmp_path: Path) -> None:
    """Verdicts for one database are not given to another that is served at the same address."""
    addresses = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        addresses.append(f"sqlite:///{tmp_path}/{name}/review.db")
    ids = [filled(address, tmp_path / address.split("/")[-2]) for address in addresses]
    engines = [connect(address) for address in addresses]
    server = Killable(addresses[0])
    one, two = (
        Site(server.url, engine, round_id) for engine, round_id in zip(engines, ids, strict=True)
    )
    try:
        server.start()
        reviewer = Reviewer(page, one).open().sees(0)
        server.kill()
        reviewer.press("l").sees(1)
        says(reviewer, "1 verdict waits")
        page.goto("about:blank")
        server.database = addresses[1]
        server.start()
        reviewer.open().sees(0)
        says(reviewer, "1 verdict of another database stays in this browser")
        reviewer.press("j").sees(1).delivered()
        assert (one.given(), two.given()) == ([], [Given(0, "top1")])
        page.goto("about:blank")
        server.kill()
        server.database = addresses[0]
        server.start()
        reviewer.open().sees(1).delivered()
        assert (one.given(), two.given()) == ([Given(0, "none")], [Given(0, "top1")])
    finally:
        server.kill()
        for engine in engines:
            engine.dispose()


def test_the_newest_tab_takes_over(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    first = Reviewer(context.new_page(), site).open().sees(0)
    first.press("j").sees(1).delivered()
    second = Reviewer(context.new_page(), site).open().sees(1)
    says(first, "another tab")
    first.page.keyboard.press("l")
    second.press("k").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "topk")]
    first.page.get_by_role("button", name=re.compile("here")).click()
    first.sees(2).press("l").sees(3).delivered()
    says(second, "another tab")
    assert site.given() == [Given(0, "top1"), Given(1, "topk"), Given(2, "none")]
    context.close()


def test_two_tabs_send_the_same_verdict(browser: Browser, site: Site) -> None:
    """What the first tab could not deliver, the second one does; the first sends it again."""
    context = browser.new_context()
    first = Reviewer(context.new_page(), site).open().sees(0)
    first.page.route("**/review/verdicts", lambda route: route.abort())
    first.press("j").sees(1)
    says(first, "1 verdict waits")
    second = Reviewer(context.new_page(), site).open().sees(1).delivered()
    assert site.given() == [Given(0, "top1")]
    first.page.unroute("**/review/verdicts")
    first.delivered()
    second.press("l").sees(2).delivered()
    assert site.given() == [Given(0, "top1"), Given(1, "none")]
    assert site.judgments(retracted=True) == []
    context.close()


@pytest.mark.parametrize("overlap", [1, 2])
def test_two_reviewers_at_once(browser: Browser, tmp_path: Path, overlap: int) -> None:
    database = f"sqlite:///{tmp_path}/review.db"
    round_id = filled(database, tmp_path, number=14, overlap=overlap)
    engine = connect(database)
    for name in ("ann", "bob"):
        assert reviewers.add(engine, name, "reviewer", passwords.hash_of(PASSWORD))
    engine.dispose()
    for _, site in serve(database, round_id):
        crew = []
        for name in ("ann", "bob"):
            context = browser.new_context()
            page = context.new_page()
            page.goto(site.url)
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.locator("html[data-painted]").wait_for()
            crew.append(Reviewer(page, site))
        finished = set()
        while len(finished) < 2:
            for number, reviewer in enumerate(crew):
                text = reviewer.part("[data-part=stage]").inner_text()
                if "done for you" in text:
                    finished.add(number)
                elif "Nothing free" not in text:
                    reviewer.page.keyboard.press("j" if number else "l")
                reviewer.page.wait_for_timeout(60)
        for reviewer in crew:
            reviewer.delivered()
        judged = Counter(row.position for row in site.judgments())
        assert judged == dict.fromkeys(range(14), overlap)
        by = Counter((row.position, row.reviewer_id) for row in site.judgments())
        assert set(by.values()) == {1}
        assert len({row.reviewer_id for row in site.judgments()}) == 2
        for reviewer in crew:
            reviewer.page.context.close()


def test_signed_out_in_mid_review(browser: Browser, tmp_path: Path) -> None:
    """The session ends; what was judged waits, and goes out after signing in again."""
    database = f"sqlite:///{tmp_path}/review.db"
    round_id = filled(database, tmp_path)
    engine = connect(database)
    assert reviewers.add(engine, "ann", "reviewer", passwords.hash_of(PASSWORD))
    engine.dispose()
    for _, site in serve(database, round_id):
        context = browser.new_context()
        page = context.new_page()

        def sign_in(page: Page = page) -> None:
            page.get_by_label("Name").fill("ann")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()

        page.goto(site.url)
        sign_in()
        reviewer = Reviewer(page, site).sees(0)
        reviewer.press("j").sees(1).delivered()
        context.clear_cookies()
        reviewer.press("l").sees(2)
        says(reviewer, "1 verdict waits")
        assert len(site.given()) == 1
        page.get_by_role("link", name=re.compile("[Ss]ign in")).click()
        sign_in()
        reviewer.sees(2).delivered()
        assert site.given() == [Given(0, "top1"), Given(1, "none")]
        context.close()
