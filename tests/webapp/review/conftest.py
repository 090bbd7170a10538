"""The browser, a served round and a page at it, for the tests of the reviewer's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.webapp.review.reviewing import Reviewer, Site, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A round of twelve pictures."""
    with served(tmp_path) as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own, whose scripts may not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def reviewer(page: Page, site: Site) -> Reviewer:
    """A reviewer whose first picture is painted."""
    return Reviewer(page, site).open().sees(0)
