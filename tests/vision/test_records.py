"""What the plain records know of links."""

from __future__ import annotations

import pytest

from vision.records import is_web


@pytest.mark.parametrize("link", ["http://a/b.jpg", "HTTPS://a/b.jpg"])
def test_links_a_browser_follows(link: str) -> None:
    assert is_web(link)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "a.jpg", "/a", ""])
def test_links_it_does_not(link: str) -> None:
    assert not is_web(link)
