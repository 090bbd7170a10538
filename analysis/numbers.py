"""All figures as numbers: plain JSON for pages and machines, and a flat table.

The shape is kept. On top stand

    source, asked           where from, and what was asked for
    n, n_eff, pool          judged pictures, their effective number, {size, known} of the pool
    sentences               {headline, notices}: what the page says first
    accuracy, topk_accuracy, aurc, augrc, auroc, average_precision
    corrected_accuracy      with what second looks tell of reviewers' errors
    nonresponse             {left_open, share, low, high}
    bands                   {thresholds, coverage, precision, recall, risk, roc, precision_recall};
                            each band {x, value, low, high, confidence, why}
    certified, points       the threshold with a guarantee, and those without
    at                      what the threshold to look at does
    decision, more          whether it reaches the target, and how many more verdicts
    calibration             {before, after, fitted}
    agreement, noise        of reviewers
    labels, confusions      lists of rows

An estimate is {value, low, high, n, n_eff, confidence, approximate, why}. What is undefined or
endless is null. Nothing tells of a single picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from analysis import nonresponse, wording
from analysis.agreement import Agreement
from analysis.calibration import Fit
from analysis.intervals import Estimate
from analysis.judged import Pool
from analysis.labels import Confusions
from analysis.points import At, Point
from analysis.sequential import Decision
from analysis.summary import GIVEN, Summary

MAIN = (
    "accuracy",
    "corrected_accuracy",
    "topk_accuracy",
    "aurc",
    "augrc",
    "auroc",
    "average_precision",
)


def numbers(summary: Summary) -> dict[str, Any]:
    """Return all figures of a summary as the module says, ready for JSON."""
    asked, judged = summary.asked, summary.judged
    made = {
        "source": asdict(summary.source),
        "asked": asdict(asked) | {"about": summary.estimator.about},
        "n": len(judged),
        "n_eff": summary.n_eff,
        "pool": {"size": judged.pool.size, "known": judged.pool.known},
        "sentences": {"headline": wording.headline(summary), "notices": wording.notices(summary)},
        **{name: asdict(getattr(summary, name)) for name in MAIN},
        "nonresponse": asdict(nonresponse.bounds(summary)),
        "bands": asdict(summary.bands),
        "certified": asdict(summary.certified) | {"guaranteed": summary.certified.guaranteed},
        "points": [_point(point) for point in summary.points],
        "at": asdict(summary.at) | {"criterion": summary.chosen[1]},
        "decision": _decision(summary.decision) | {"fixed": summary.chosen[1] == GIVEN},
        "more": summary.more,
        "calibration": {
            "before": _fit(summary.recalibration.before),
            "after": _fit(summary.recalibration.after),
            "fitted": summary.recalibration.fitted.to_dict(),
        },
        "agreement": _agreement(summary.agreement),
        "noise": asdict(summary.noise),
        "labels": label_rows(summary),
        "confusions": _confusions(summary.confusions, judged.pool),
    }
    return _plain(made)


class Row(NamedTuple):
    """A figure of the flat table; what is undefined is None, and `note` says why."""

    figure: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    n_eff: float | None = None
    confidence: float | None = None
    note: str | None = None


def rows(summary: Summary) -> list[Row]:
    """Return where figures are from, the main ones, those of each threshold and of each label.

    Names go from the large to the small: "accuracy", "at.precision", "youden.threshold". What is
    said in words stands as a note: the design beside "source.design", each sentence that figures
    must carry beside a "source.note", the label beside "label.shrunk".
    """
    return [Row(row[0], *map(_plain, row[1:])) for row in _rows(summary)]


def _rows(summary: Summary) -> Iterator[Row]:
    for what, said in (
        ("what", summary.source.what),
        ("design", summary.source.design),
        ("about", summary.estimator.about),
        *(("note", each) for each in wording.notices(summary)),
    ):
        yield Row(f"source.{what}", None, note=said)
    for name in MAIN:
        yield _estimate_row(name, getattr(summary, name))
    told = nonresponse.bounds(summary)
    note = f"{told.left_open} pictures left open, all wrong or all right"
    yield Row("nonresponse", told.share, told.low, told.high, note=note)
    certified = summary.certified
    at = (certified.judged, None, certified.confidence)
    yield Row("certified.threshold", certified.threshold, None, None, *at, certified.why)
    yield Row("certified.coverage", certified.coverage, None, None, *at, certified.why)
    yield Row(
        "certified.precision",
        certified.right / certified.judged if certified.judged else math.nan,
        certified.bound,
        None,
        *at,
        "one-sided bound, guaranteed" if certified.guaranteed else "one-sided bound, approximate",
    )
    yield from _at_rows("at", summary.at, summary.chosen[1])
    for point in summary.points:
        name = point.chosen.criterion.name
        yield from _at_rows(name, point.at, point.chosen.why)
        yield _estimate_row(f"{name}.held_out_precision", point.held_out)
    for what, more in summary.more.items():
        note = f"more verdicts for half a width of {summary.asked.half_width:g}"
        yield Row(f"more.{what}", more, note=note)
    for when in ("before", "after"):
        error = getattr(summary.recalibration, when).smooth_ece
        note = f"by chance {error.expected:.4f}, 95 % under {error.limit:.4f}"
        yield Row(f"smooth_ece.{when}", error.value, n=len(summary.judged), note=note)
    yield _estimate_row("agreement.raw", summary.agreement.raw)
    yield _estimate_row("agreement.alpha", summary.agreement.alpha)
    for label in label_rows(summary):
        n, name = label["n"], label["name"]
        yield Row("label.share", label["share"], label["low"], label["high"], n, note=name)
        shrunk = (label["shrunk"], label["shrunk_low"], label["shrunk_high"])
        yield Row("label.shrunk", *shrunk, n, note=name)


def _at_rows(name: str, at: At, note: str | None) -> Iterator[Row]:
    yield Row(f"{name}.threshold", at.threshold, note=note)
    for what in ("coverage", "precision", "recall", "cost"):
        yield _estimate_row(f"{name}.{what}", getattr(at, what))


def _estimate_row(name: str, of: Estimate) -> Row:
    note = of.why or ("approximate interval" if of.approximate else None)
    return Row(name, of.value, of.low, of.high, of.n, of.n_eff, of.confidence, note)


def _point(point: Point) -> dict[str, Any]:
    chosen = point.chosen
    return asdict(point.at) | {
        "criterion": chosen.criterion.name,
        "how": chosen.criterion.how,
        "apparent": asdict(chosen.apparent),
        "held_out": asdict(chosen.held_out),
        "held_out_precision": asdict(point.held_out),
        "why": chosen.why,
    }


def _decision(decided: Decision) -> dict[str, Any]:
    made = asdict(decided)
    for name in ("for_it", "against"):
        # after the last verdict; the way there is one number a picture
        made[name] = float(made[name][-1]) if len(made[name]) else 0.0
    return made | {"n": len(decided.for_it)}


def _fit(fit: Fit) -> dict[str, Any]:
    return asdict(fit) | {"reliability": _table(fit.reliability, len(fit.reliability.n))}


def _agreement(made: Agreement) -> dict[str, Any]:
    return asdict(made) | {"disputed": len(made.disputed)}


def label_rows(summary: Summary) -> list[dict[str, Any]]:
    """Return the table of labels, one a row: the columns of `Labels`, and `threshold`.

    That is null where no score is enough, or no threshold is looked at.
    """
    rows = _table(summary.labels, len(summary.labels.n))
    return [
        {"name": row.pop("names"), **row, "threshold": _plain(threshold)}
        for row, threshold in zip(rows, summary.label_thresholds, strict=True)
    ]


def _confusions(table: Confusions, pool: Pool) -> list[dict[str, Any]]:
    rows = _table(table, len(table.n))
    for row in rows:
        for name in ("predicted", "right"):
            row[name] = pool.names[row[name]]
    return rows


def _table(columns: Any, count: int) -> list[dict[str, Any]]:
    """Return the rows of a dataclass of columns; its other fields stay out."""
    assert is_dataclass(columns)
    kept = {
        field.name: getattr(columns, field.name)
        for field in fields(columns)
        if not np.isscalar(getattr(columns, field.name))
    }
    listed = {name: list(values) for name, values in kept.items()}
    return [{name: _plain(values[at]) for name, values in listed.items()} for at in range(count)]


def _plain(value: Any) -> Any:
    """Return JSON: numbers of Python, lists, and None for what is NaN or infinite."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
