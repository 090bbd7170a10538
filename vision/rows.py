"""Events as text: predictions as CSV, failures as NDJSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from vision.records import Event, Failure, Labeled

Render = Callable[[Iterable[Event]], str]


def csv_header(k: int) -> str:
    """Return the line of column names: tweet_id,link,label_1,score_1,...,label_k,score_k."""
    ranks = (f"{name}_{rank}" for rank in range(1, k + 1) for name in ("label", "score"))
    return ",".join(["tweet_id", "link", *ranks]) + "\n"


def csv_row(event: Labeled) -> list[Any]:
    """Return the cells of one row; a picture without an id has its link (or path) there too."""
    record = event.record
    best = (cell for found in event.predictions for cell in (found.label, found.score))
    return [record.tweet_id or record.link, record.link, *best]


def csv_text(events: Iterable[Event]) -> str:
    """Return the CSV lines of the labeled pictures among some events, scores in full precision."""
    return _csv(csv_row(event) for event in events if isinstance(event, Labeled))


class _Lines(list[str]):
    def write(self, line: str) -> None:
        """Take a row as the writer of the csv module ends it, and end it with a line feed."""
        self.append(line.removesuffix("\r\n") + "\n")


def feature_rows_header() -> str:
    """Return the column names of `feature_rows_text`."""
    return "key,link,content_sha256\n"


def feature_rows_text(events: Iterable[Event]) -> str:
    """Return the CSV lines that say whose features the rows of a file of features are."""
    return _csv(
        [event.record.key, event.record.link, event.facts.content_sha256]
        for event in events
        if isinstance(event, Labeled)
    )


def _csv(rows: Iterable[list[Any]]) -> str:
    lines = _Lines()
    # this terminator makes the writer quote a carriage return within a cell, as readers need it
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return "".join(lines)


def failures_text(events: Iterable[Event]) -> str:
    """Return one JSON object a line for the failures among some events."""
    rows = (
        asdict(event) | {"at": event.at.isoformat(timespec="seconds")}
        for event in events
        if isinstance(event, Failure)
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
