"""What a notebook starts from: the table if it is there, else the database, or a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import frames, table
from analysis.notebook import Stop, take
from analysis.summary import Asked
from db import export
from db.engine import connect
from tests.analysis.judged_run import judge, label


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a database with a judged run, and a newer one."""
    url = f"sqlite:///{tmp_path}/some.db"
    engine = connect(url)
    for seed in (0, 1):
        judge(engine, 40, label(engine, 60, seed=seed, model=f"model {seed}"))
    engine.dispose()
    return url


def test_a_table_is_taken_before_a_database(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.tsv"
    words = ["--database", url, "--run", "1", "--output", str(path)]
    export.export(export.parser().parse_args(words))
    lines, read = [], table._Row
    monkeypatch.setattr(table, "_Row", lambda **row: lines.append(row["line"]) or read(**row))
    taken = take(path, url, asked=Asked(target=0.9))
    # a table of a million rows is read once
    assert lines == list(range(2, 42))
    assert taken.summary.source.what == str(path)
    assert taken.summary.asked.target == 0.9
    assert len(taken.summary.judged) == len(taken.ranks.verdict) == 40


def test_without_a_table_it_is_the_database(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    nowhere = tmp_path / "no.tsv"
    assert take(nowhere).summary.source.model == "model 1"
    taken = take(nowhere, run_id=1)
    assert taken.summary.source.model == "model 0"
    engine = connect(url)
    with engine.connect() as connection:
        judged = frames.read(connection, 1)
    engine.dispose()
    assert sorted(taken.ranks.scores[:, 0]) == sorted(judged.scores)
    assert (taken.ranks.verdict == 0).sum() == judged.top1.sum()


def test_nothing_to_go_on_with_is_said_without_a_traceback(tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path}/empty.db"
    path = tmp_path / "export.tsv"
    with pytest.raises(Stop) as stop:
        take(path, empty)
    said = str(stop.value)
    assert "nothing was labeled yet: label pictures first" in said
    assert f"There is no {path}, so the database was asked." in said
    assert said.endswith("Then run all cells again (Kernel, Restart & Run All).")
    assert stop.value._render_traceback_() == [said]

    path.write_text("id\tlink\n")
    with pytest.raises(Stop, match="begins with no header") as stop:
        take(path, empty)
    assert "database" not in str(stop.value)

    with pytest.raises(Stop, match="target precision of 95 is out of range"):
        take(path, empty, asked=Asked(target=95))
