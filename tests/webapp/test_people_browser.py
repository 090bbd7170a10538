"""What a real browser tells of itself: our own forms pass, those of a foreign page do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.webapp.accounts import PASSWORD, add_account, app_with_writes

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def app(database: str) -> Flask:
    return app_with_writes(database)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def foreign(site: str) -> Iterator[str]:
    """Another server on this machine, whose page has a form that posts to ours."""
    app = Flask("foreign")

    @app.get("/")
    def form() -> str:
        return f'<form method="post" action="{site}/review/written"><button>Win</button></form>'

    with serving(app) as address:
        yield address


def pressed(page: Page, address: str, button: str) -> int:
    """Open a page, press its button, and return the status of what comes next."""
    page.goto(address)
    with page.expect_navigation() as next_page:
        page.get_by_role("button", name=button).click()
    answer = next_page.value
    assert answer is not None
    return answer.status


def test_a_form_of_ours_may_write_and_one_of_a_foreign_page_may_not(
    page: Page, app: Flask, site: str, foreign: str
) -> None:
    assert pressed(page, foreign, "Win") == 403
    assert pressed(page, foreign.replace("127.0.0.1", "localhost"), "Win") == 403
    assert app.extensions["written"] == []
    assert pressed(page, f"{site}/form", "Write") == 200
    assert app.extensions["written"] == ["POST"]


def test_a_script_of_ours_may_write_and_a_foreign_one_may_not(
    page: Page, app: Flask, site: str, foreign: str
) -> None:
    def outcome(method: str, kind: str) -> str:
        """Let the page's script write as JSON or as text, which needs nobody's leave."""
        return page.evaluate(
            """([url, method, kind]) => fetch(url, {method, headers: {"Content-Type": kind},
                body: "{}"}).then((answer) => String(answer.status), () => "refused")""",
            [f"{site}/review/written", method, kind],
        )

    page.goto(foreign)
    for method in ("POST", "PUT"):
        for kind in ("application/json", "text/plain"):
            assert outcome(method, kind) == "refused"
    assert app.extensions["written"] == []
    page.goto(f"{site}/sheet/")
    assert outcome("POST", "application/json") == outcome("PUT", "application/json") == "200"
    assert app.extensions["written"] == ["POST", "PUT"]


def test_signing_in_and_out(page: Page, database: str, site: str) -> None:
    add_account(database)
    page.goto(f"{site}/sheet/?run=1")
    assert page.title() == "Sign in · Proofsheet"
    page.keyboard.type("ann")
    page.get_by_label("Password").fill("wrong and long")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/sheet/?run=1")
    assert page.get_by_text("ann", exact=True).is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{site}/sign-in")
    page.goto(f"{site}/sheet/")
    assert page.title() == "Sign in · Proofsheet"
