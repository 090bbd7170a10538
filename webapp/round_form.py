"""The form that draws a round: what it asks, and a filled one as a request to draw."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.drawing import Request
from db.browse import RunRow
from db.row_ids import MAX_ID
from db.verdicts import CERTIFY, CURATE, STRATIFIED, UNIFORM
from vision.errors import InputError
from webapp import store

DESIGNS = {
    STRATIFIED: "groups of similar score, each with its share; the accuracy is known as well"
    " from fewer verdicts",
    UNIFORM: "every picture has the same chance; good for any question",
    CERTIFY: "only from the 80 % with the highest scores; for a threshold with a guarantee",
    CURATE: "every picture has the same chance; to keep or reject pictures before training, no"
    " prediction is judged",
}
"""The designs in words, the usual one first."""

USUAL_SIZE = 500

MOST_OVERLAP = 20
MOST_SEED = 2**53 - 1


def first(run: RunRow) -> dict[str, str]:
    """Return what the form says before anybody has filled it, on the page of a run."""
    size = max(1, min(USUAL_SIZE, run.labeled))
    return {
        "design": STRATIFIED,
        "size": str(size),
        "run": str(run.id),
        "overlap": "1",
        "twice": "0",
    }


def read(form: Mapping[str, str]) -> Request:
    """Return what a filled form asks for.

    Raises
    ------
    InputError
        If a field does not fit; the sentence names it.
    """
    return Request(
        size=_whole(form, "size", "size", 1, store.MAX_POSITION),
        design=form.get("design", ""),
        run_id=_whole(form, "run", "run", 1, MAX_ID),
        overlap=_whole(form, "overlap", "number of reviewers a picture", 1, MOST_OVERLAP),
        reviewed_twice=_percentage(form, "twice") / 100,
        seed=_whole(form, "seed", "seed", 0, MOST_SEED) if form.get("seed") else None,
        name=form.get("name", "").strip() or None,
    )


def _whole(form: Mapping[str, str], field: str, title: str, least: int, most: int) -> int:
    text = form.get(field, "").strip()
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise InputError(f"the {title} {text!r} is no whole number from {least} to {most:,}")
    return number


def _percentage(form: Mapping[str, str], field: str) -> float:
    text = form.get(field, "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:
        raise InputError(f"the share reviewed twice {text!r} is no percentage from 0 to 100")
    return number
