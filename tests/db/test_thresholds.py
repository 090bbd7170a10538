"""Thresholds come back as they were stored, and no senseless one is."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from db import thresholds
from db.thresholds import Choice
from tests.db.judging import label
from vision.errors import StoreError

CERTIFIED = Choice(
    run_id=1,
    criterion="certified",
    threshold=0.8299999999999998,
    coverage=0.61,
    judged=210,
    right=205.5,
    target=0.95,
    confidence=0.95,
    precision_estimate=0.976,
    precision_low=0.951,
    precision_high=0.99,
    basis={"rounds": [3, 4], "design": "certify", "map": {"kind": "beta", "a": 1.25}},
)


def test_a_threshold_comes_back_as_it_was(engine: Engine) -> None:
    label(engine, 1)
    threshold_id = thresholds.store(engine, CERTIFIED)
    with engine.connect() as connection:
        found = thresholds.by_id(connection, threshold_id)
        assert thresholds.by_id(connection, 99) is None
    assert found is not None
    assert {name: getattr(found, name) for name in asdict(CERTIFIED)} == asdict(CERTIFIED)
    assert abs((datetime.now(UTC) - found.created_at).total_seconds()) < 3600


def test_only_what_is_known_need_be_told(engine: Engine) -> None:
    label(engine, 1)
    threshold_id = thresholds.store(engine, Choice(1, "given", 1.0, 0.0, 0))
    with engine.connect() as connection:
        found = thresholds.by_id(connection, threshold_id)
    assert found is not None
    assert (found.basis, found.right, found.precision_low, found.target) == ({}, None, None, None)


def test_the_newest_of_a_run_and_all_of_them(engine: Engine) -> None:
    for _ in range(2):
        label(engine, 1)
    first, second, other = (
        thresholds.store(engine, replace(CERTIFIED, run_id=run_id, criterion=criterion))
        for run_id, criterion in ((1, "f1"), (1, "youden"), (2, "cost"))
    )
    with engine.connect() as connection:
        assert [each.id for each in thresholds.of_run(connection, 1)] == [second, first]
        newest = thresholds.newest(connection, 1)
        assert [each.id for each in thresholds.of_run(connection, 2)] == [other]
        assert thresholds.newest(connection, 3) is None
    assert newest is not None
    assert newest.criterion == "youden"


@pytest.mark.parametrize(
    "changed",
    [
        {"run_id": 99},
        {"threshold": 1.5},
        {"threshold": -0.1},
        {"coverage": 2.0},
        {"target": 95.0},
        {"confidence": -1.0},
        {"precision_estimate": 1.01},
        {"precision_low": -0.01},
        {"precision_high": 1.01},
        {"judged": -1},
        {"right": 211.0},
        {"right": -1.0},
    ],
)
def test_senseless_numbers_are_refused(engine: Engine, changed: dict[str, float]) -> None:
    label(engine, 1)
    with pytest.raises(StoreError):
        thresholds.store(engine, replace(CERTIFIED, **changed))
