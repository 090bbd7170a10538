"""All figures as numbers: plain JSON of one shape, and a flat table that says the same."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from analysis import nonresponse, wording
from analysis.curve_grid import RATES
from analysis.labels import thresholds
from analysis.numbers import MAIN, Row, label_rows, numbers, rows
from analysis.summary import Summary
from analysis.table import UNIFORM_NOTE
from tests.analysis.summaries import KINDS, disputed, drawn

ESTIMATE = {"value", "low", "high", "n", "n_eff", "confidence", "approximate", "why"}


def shape(value: Any) -> Any:
    """Return the keys of objects, of lists those of what is first in them."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shape(value[0])]
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_plain_json_of_one_shape(kind: str) -> None:
    made = numbers(KINDS[kind]())
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    usual = numbers(drawn("uniform", 100))
    open_ = {"confusions", "labels"}
    for part in usual.keys() - open_ - {"calibration", "bands"}:
        assert shape(made[part]) == shape(usual[part]), part
    assert made.keys() == usual.keys()
    for name in MAIN:
        assert made[name].keys() == ESTIMATE
        assert (made[name]["value"] is None) <= (made[name]["why"] is not None)
    assert len(made["points"]) == 5
    assert made["bands"].keys() == usual["bands"].keys()


def test_numbers_are_those_of_the_summary() -> None:
    summary = drawn("uniform", 200)
    made = numbers(summary)
    assert made["accuracy"]["value"] == summary.accuracy.value
    assert made["auroc"]["high"] == summary.auroc.high
    assert made["bands"]["roc"]["value"] == summary.bands.roc.value.tolist()
    assert len(made["bands"]["roc"]["x"]) == len(RATES) == 200
    assert made["certified"]["bound"] == summary.certified.bound
    assert made["at"]["criterion"] == summary.chosen[1]
    assert made["points"][1]["criterion"] == "youden"
    assert made["points"][1]["threshold"] == summary.points[1].chosen.threshold
    assert made["pool"] == {"size": 3000, "known": True}
    assert made["asked"]["about"] == "pool"
    table = summary.labels
    assert [row["name"] for row in made["labels"]] == list(table.names)
    assert [row["n"] for row in made["labels"]] == table.n.tolist()
    bins = summary.recalibration.before.reliability
    assert [row["right"] for row in made["calibration"]["before"]["reliability"]] == (
        bins.right.tolist()
    )
    assert made["decision"]["for_it"] == summary.decision.for_it[-1]


def test_nothing_tells_of_a_single_picture() -> None:
    summary = drawn("uniform", 997)

    def longest(value: Any) -> int:
        if isinstance(value, dict):
            return max(map(longest, value.values()), default=0)
        if isinstance(value, list):
            return max(len(value), *map(longest, value)) if value else 0
        return 0

    assert longest(numbers(summary)) <= 200


def test_what_a_table_does_not_know_is_about_future_pictures() -> None:
    assert numbers(KINDS["table"]())["asked"]["about"] == "future"


def test_rows_say_the_same() -> None:
    summary = drawn("uniform", 200)
    made = {row.figure: row for row in rows(summary) if not row.figure.startswith("label")}
    accuracy = summary.accuracy
    assert made["accuracy"] == Row(
        "accuracy", accuracy.value, accuracy.low, accuracy.high, 200, accuracy.n_eff, 0.95, None
    )
    assert made["auroc"].note == "approximate interval"
    assert made["youden.threshold"].value == summary.points[1].chosen.threshold
    assert made["at.recall"].value == summary.at.recall.value
    assert made["certified.precision"].low == summary.certified.bound
    assert made["more.accuracy"].value == summary.more["accuracy"]


def test_rows_say_where_they_are_from() -> None:
    summary = disputed()
    made = rows(summary)
    said = [(row.figure, row.note) for row in made if row.figure.startswith("source.")]
    assert said == [
        ("source.what", "run 7 of sqlite:///data/test.db"),
        ("source.design", "a uniform round of 200"),
        ("source.about", "pool"),
        *(("source.note", each) for each in wording.notices(summary)),
    ]
    assert [row.figure for row in made[: len(said)]] == [figure for figure, _ in said]
    of_table = {row.figure: row.note for row in rows(KINDS["table"]())}
    assert (of_table["source.about"], of_table["source.note"]) == ("future", UNIFORM_NOTE)


@pytest.mark.parametrize("kind", ["stratified", "two verdicts", "all wrong", "future"])
def test_each_label_has_its_threshold(kind: str) -> None:
    summary = KINDS[kind]()
    table = label_rows(summary)
    wanted = thresholds(summary.judged, summary.labels, summary.chosen[0])
    assert len(table) == len(wanted)
    for row, threshold in zip(table, wanted, strict=True):
        assert row["threshold"] == (threshold if np.isfinite(threshold) else None)
    assert numbers(summary)["labels"] == table


@pytest.mark.parametrize("kind", KINDS)
def test_undefined_rows_say_why(kind: str) -> None:
    made = rows(KINDS[kind]())
    made = [row for row in made if not row.figure.startswith(("source.", "label."))]
    names = [row.figure for row in made]
    assert len(names) == len(set(names))
    for row in made:
        assert row.value is None or np.isfinite(row.value)
        assert row.value is not None or row.note, row.figure


def test_pictures_left_open_bound_the_accuracy() -> None:
    summary = disputed()
    told, accuracy = nonresponse.bounds(summary), summary.accuracy
    assert (told.left_open, told.share) == (10, 0.04)
    assert told.low == pytest.approx(accuracy.low * 0.96)
    assert told.high == pytest.approx(accuracy.high * 0.96 + 0.04)
    assert numbers(summary)["nonresponse"]["low"] == told.low
    none = nonresponse.bounds(drawn("uniform", 50))
    assert (none.left_open, none.share) == (0, 0)


def test_a_summary_about_the_future_is_less_sure_of_its_curves() -> None:
    about_pool, future = drawn("uniform", 3000), Summary(drawn("uniform", 3000).judged)
    future = drawn("uniform", 3000, about="future")
    assert about_pool.auroc.high - about_pool.auroc.low < 0.001
    assert future.auroc.high - future.auroc.low > 0.01
    assert future.auroc.value == pytest.approx(about_pool.auroc.value)
    wide, narrow = (each.bands.precision for each in (future, about_pool))
    assert np.nanmean(wide.high - wide.low) > 5 * np.nanmean(narrow.high - narrow.low)
