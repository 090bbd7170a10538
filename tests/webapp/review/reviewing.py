"""A real server over a small round, and a page that reviews it in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from db.engine import connect
from db.review_models import Judgment
from tests.db.judging import store_round
from tests.webapp.filling import fill, labeled, picture, predictions, run_info
from vision.records import ImageRecord, Labeled
from webapp.app import create_app

FAST = "const wait = setTimeout; window.setTimeout = (call, ms) => wait(call, ms / 20)"
"""A script of a page on which twenty seconds are one."""

Change = Callable[[int, ImageRecord], ImageRecord]


class Given(NamedTuple):
    """A verdict that stands in the database."""

    position: int
    verdict: str
    rank: int | None = None


@dataclass
class Site:
    """A round of pictures 0, 1, 2 ... in this order, and the server that shows it."""

    url: str
    engine: Engine
    round_id: int

    def judgments(self, *, retracted: bool = False) -> list[Judgment]:
        """Return the verdicts that stand, or those taken back, in the order of storing."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(*Judgment.__table__.columns).order_by(Judgment.id))
            return [row for row in rows if (row.retracted_at is not None) == retracted]

    def given(self) -> list[Given]:
        return [Given(row.position, row.verdict, row.correct_rank) for row in self.judgments()]


def events(
    folder: Path, number: int, change: Change = lambda _, record: record
) -> Iterator[Labeled]:
    """Make `number` picture files in a folder, labeled with 0.jpg, 1.jpg ...; and their events."""
    for n in range(number):
        data = picture(seed=n)
        (folder / f"{n}.jpg").write_bytes(data)
        record = change(n, ImageRecord(f"{n}.jpg", f"{n}.jpg"))
        yield labeled(n, record, data, predictions(f"{n}.jpg"))


@contextmanager
def served(
    folder: Path,
    number: int = 12,
    *,
    change: Change = lambda _, record: record,
    design: str = "uniform",
) -> Iterator[Site]:
    """Serve a round of `number` pictures that are made in `folder`."""
    database = f"sqlite:///{folder}/review.db"
    photos = folder / "photos"
    photos.mkdir()
    run_id = fill(database, run_info(photos), list(events(photos, number, change)))
    engine = connect(database)
    round_id = store_round(engine, run_id, design=design)
    server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}", engine, round_id)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.dispose()


class Reviewer:
    """A reviewer at a page: waits for pictures, presses keys and buttons, hears what is said."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site

    def open(self) -> Reviewer:
        self.page.goto(self.site.url)
        return self

    def sees(self, position: int) -> Reviewer:
        """Wait until the picture at this position, or what stands in its place, is painted."""
        self.page.locator(f'html[data-painted="{position}"]').wait_for()
        return self

    def press(self, *keys: str) -> Reviewer:
        """Press keys one after the other, each once a picture is painted."""
        for key in keys:
            self.page.locator("html[data-painted]").wait_for()
            self.page.keyboard.press(key)
        return self

    def escape(self) -> Reviewer:
        """Leave a dialog by its key."""
        self.page.keyboard.press("Escape")
        expect(self.part("dialog[open]")).to_have_count(0)
        return self

    def click(self, name: str) -> Reviewer:
        """Click on the button of an action, once a picture is painted."""
        self.page.locator("html[data-painted]").wait_for()
        self.part(f".judging [data-action={name}]").click()
        return self

    def delivered(self) -> Reviewer:
        """Wait until the server has every verdict."""
        self.page.locator('html[data-waiting="0"]').wait_for()
        return self

    def part(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def reads(self, name: str, text: str) -> None:
        """Wait for a text in a part of the page: live, hint, said, title, progress ..."""
        expect(self.part(f"[data-part={name}]")).to_have_text(
            re.compile(re.escape(text)), timeout=10_000
        )

    def labels(self) -> list[str]:
        return self.part(".rank:not(.absent) .label").all_inner_texts()

    def strip(self) -> Sequence[str]:
        """The verdicts on the frames behind, the oldest first."""
        frames = self.part(".behind .still")
        return [frame.get_attribute("data-verdict") or "" for frame in frames.all()]
