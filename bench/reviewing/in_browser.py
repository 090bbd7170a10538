"""Verdicts by keyboard in a real browser: from the key to the next picture painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from bench.reviewing.serving import Gunicorn, serving
from collect import sample
from tests.browser import chromium
from tests.webapp.filling import fill, run_info, sample_events
from vision.records import Labeled

PAUSE_MS = 80
"""Between a picture and the key: faster than people judge."""

_LISTEN = """
window.bench = {keys: [], painted: []};
document.addEventListener("verdict", ({ detail }) => bench.keys.push(detail.at));
document.addEventListener("painted", ({ detail }) => bench.painted.push(detail.at));
"""
_WAIT = """([number, pause]) => new Promise((done) => {
    const there = () => bench.painted.length > number;
    const look = () => (there() ? setTimeout(done, pause) : setTimeout(look, 5));
    look();
})"""


def photos(folder: Path, number: int) -> Iterator[Labeled]:
    """Make a corpus of real photos; yield `number` events, the photos coming again and again."""
    sample.make(folder)
    for n, event in enumerate(islice(cycle(sample_events(folder)), number)):
        name = f"{n}.jpg"
        (folder / name).hardlink_to(folder / event.record.link)
        record = replace(event.record, key=name, link=name, tweet_id=None)
        yield replace(event, position=n, record=record)


def seconds_to_paint(verdicts: int, folder: Path) -> list[float]:
    """Judge real photos in the page; return the seconds from each key to the next picture."""
    database = f"sqlite:///{folder}/photos.db"
    corpus = folder / "sample"
    fill(database, run_info(corpus), list(photos(corpus, verdicts + 20)))
    with serving(Gunicorn(database)) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_LISTEN)
        page.goto(f"http://127.0.0.1:{server.port}/")
        for number, key in enumerate(islice(cycle("jkl2x3"), verdicts)):
            page.evaluate(_WAIT, [number, PAUSE_MS])
            page.keyboard.press(key)
        page.evaluate(_WAIT, [verdicts, 0])
        page.locator('html[data-waiting="0"]').wait_for()
        keys, painted = page.evaluate("[bench.keys, bench.painted]")
    assert len(keys) == verdicts, "a key was lost"
    return [(at - key) / 1000 for key, at in zip(keys, painted[1:], strict=True)]
