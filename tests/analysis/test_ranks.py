"""Scores of all ranks: the same out of a database and of the table exported from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from analysis.ranks import stored_ranks
from analysis.table import read_ranked, read_table
from db import export
from tests.analysis.judged_run import judge, label
from tests.analysis.test_table import write
from vision.errors import InputError


def test_a_table_and_its_database_have_the_same_ranks(engine: Engine, tmp_path: Path) -> None:
    other, run_id = label(engine, 20, seed=5, model="another"), label(engine, 50)
    judge(engine, 20, other)
    judge(engine, 30, run_id)
    path = tmp_path / "export.tsv"
    url = engine.url.render_as_string(hide_password=False)
    export.export(
        export.parser().parse_args(["--database", url, "--run", str(run_id), "--output", str(path)])
    )
    with engine.connect() as connection:
        stored = stored_ranks(connection, run_id)
    judged, read = read_ranked(path)
    np.testing.assert_array_equal(judged.scores, read.scores[:, 0])
    assert stored.scores.shape == (30, 5)
    np.testing.assert_array_equal(read.scores, stored.scores)
    np.testing.assert_array_equal(read.verdict, stored.verdict)
    assert set(stored.verdict) == {0, 1, 2}
    # the run has three ranks, each score at most the one before
    assert np.isnan(stored.scores[:, 3:]).all()
    assert (np.diff(stored.scores[:, :3], axis=1) <= 0).all()


def test_rows_without_a_verdict_are_left_out(tmp_path: Path) -> None:
    rows = ({"label_id": "2"}, {"label_id": "NULL"}, {"score2": "NULL"})
    _, ranks = read_ranked(write(tmp_path / "some.tsv", *rows))
    np.testing.assert_array_equal(ranks.scores[:, :2], [[0.9, 0.05], [0.9, np.nan]])
    assert ranks.verdict.tolist() == [2, 0]


def test_a_bad_row_is_refused_as_for_figures(tmp_path: Path) -> None:
    path = write(tmp_path / "bad.tsv", {"score3": "0.5"})
    for read in (read_table, read_ranked):
        with pytest.raises(InputError, match=r"score3 in line 2 of .* is 0.5, more than the rank"):
            read(path)
