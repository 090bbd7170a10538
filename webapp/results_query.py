"""What the results page is asked: of which run and rounds, and what figures are to tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from analysis.estimates import ABOUT, Costs
from analysis.summary import Asked
from vision.errors import InputError

TARGETS = {"precision": "target precision", "confidence": "confidence"}
COSTS = {
    "accept": "cost of a false accept",
    "reject": "cost of a false reject",
    "review": "cost of a review",
}
"""Fields of the form, and what they are called in a sentence."""

KEPT = ("run", "round", "about", *TARGETS, *COSTS, "at")
"""All that an address of the page may carry along to the next."""

_MOST_COST = 1e9


def read(args: Mapping[str, str]) -> Asked:
    """Return what a filled form asks for; empty fields are the usual ones.

    Raises
    ------
    InputError
        If a field does not fit; the sentence names it.
    """
    usual = Asked()
    about = args.get("about") or usual.about
    if about not in ABOUT:
        raise InputError(f"figures are about no {about!r}: choose one of {', '.join(ABOUT)}")
    target, confidence = (
        _number(args, field, title, 100 * default, 1, 99.99) / 100
        for (field, title), default in zip(
            TARGETS.items(), (usual.target, usual.confidence), strict=True
        )
    )
    costs = (
        _number(args, field, title, default, 0, _MOST_COST)
        for (field, title), default in zip(COSTS.items(), vars(usual.costs).values(), strict=True)
    )
    at = _number(args, "at", "threshold", math.nan, 0, 1)
    return Asked(
        about=about,
        confidence=round(confidence, 6),
        target=round(target, 6),
        threshold=None if math.isnan(at) else at,
        costs=Costs(*costs),
    )


def form(asked: Asked, args: Mapping[str, str]) -> dict[str, str]:
    """Return what the fields of the form say: what was typed, or else what counts instead."""
    values = {
        "precision": 100 * asked.target,
        "confidence": 100 * asked.confidence,
        "accept": asked.costs.false_accept,
        "reject": asked.costs.false_reject,
        "review": asked.costs.review,
    }
    said = {field: f"{value:g}" for field, value in values.items()}
    typed = {field: text for field in (*said, "at") if (text := args.get(field, "").strip())}
    return {"at": "", "about": asked.about} | said | typed


def carried(args: MultiDict[str, str], **changed: Any) -> dict[str, Any]:
    """Return what a link to the same figures carries, with some of it changed."""
    kept = {name: values for name in KEPT if any(values := args.getlist(name))}
    return kept | changed


def _number(
    args: Mapping[str, str], field: str, title: str, usual: float, least: float, most: float
) -> float:
    text = args.get(field, "").strip()
    if not text:
        return usual
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise InputError(f"the {title} {text!r} is no number from {least:g} to {most:g}")
    return number
