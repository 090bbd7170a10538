"""The doors to results: a report and a threshold, out of a database or a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis import choose_threshold, frames, report, wording
from analysis.numbers import numbers
from analysis.summary import Asked, Summary
from db import thresholds
from db.engine import connect
from db.verdicts import CERTIFY
from tests.analysis.judged_run import judge, label
from tests.analysis.test_report_page import closed
from tests.analysis.test_table import write
from tests.db.making import judge as store_verdicts
from vision.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def run(name: str, folder: Path, *arguments: object, code: int = 0) -> tuple[str, str]:
    """Run a door in a folder; return what it wrote on standard output and error."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "bin" / name), *map(str, arguments)],
        capture_output=True,
        cwd=folder,
        timeout=120,
        env={key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
    )
    told = answer.stderr.decode()
    assert answer.returncode == code, told
    assert "Traceback" not in told
    return answer.stdout.decode(), told


DOORS = {
    "report.py": (report.parser, report.report),
    "choose_threshold.py": (choose_threshold.parser, choose_threshold.choose),
}


def work(name: str, *arguments: object) -> int | None:
    """Do what a door does, where it needs no process of its own; return its exit code."""
    parser, do = DOORS[name]
    return do(parser().parse_args([str(each) for each in arguments]))


def refused(name: str, *arguments: object) -> str:
    """Return the sentence that a door would end with."""
    with pytest.raises(InputError) as error:
        work(name, *arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_a_report_out_of_a_database(
    engine: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = label(engine, 60)
    other = label(engine, 60, seed=5, model="another")
    round_id = judge(engine, 60, first)
    url = address(engine)
    out, told = run("report.py", tmp_path, "--database", url, "--compare", other)
    assert out == ""
    assert told.endswith("report: rdata/report.html\n")
    page = closed((tmp_path / "rdata" / "report.html").read_text(encoding="utf-8"))
    assert f"Run {other} (another) on the same verdicts" in page.text
    assert "Accepted, but wrong" in page.text

    asked = ["--at", 0.7, "--precision", 0.9, "--about", "future", "--half-width", 0.1]
    source = ["--database", url, "--round", round_id]
    work("report.py", *source, *asked, "--format", "json")
    out, told = capfd.readouterr()
    with engine.connect() as connection:
        judged = frames.read(connection, first, [round_id])
    wanted = Summary(judged, Asked(about="future", target=0.9, threshold=0.7, half_width=0.1))
    assert json.loads(out) == numbers(wanted)
    assert told.splitlines() == [wording.headline(wanted), *wording.notices(wanted)]

    work("report.py", *source, "--format", "tsv")
    out, told = capfd.readouterr()
    usual = Summary(judged)
    assert told.splitlines() == [wording.headline(usual), *wording.notices(usual)]
    lines = [line.split("\t") for line in out.splitlines()]
    assert lines[0] == ["figure", "value", "low", "high", "n", "n_eff", "confidence", "note"]
    assert {len(line) for line in lines} == {8}
    value = {line[0]: line[1] for line in lines}
    assert float(value["accuracy"]) == pytest.approx(float(judged.top1.mean()))


def test_a_threshold_is_chosen_and_stored(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = label(engine, 400)
    round_id = judge(engine, 300, run_id, design=CERTIFY)
    url = address(engine)
    source = ("--database", url)
    out, told = run("choose_threshold.py", tmp_path, *source, "--precision", "0.8")
    assert told == ""
    with engine.connect() as connection:
        stored = thresholds.newest(connection, run_id)
        judged = frames.read(connection)
    summary = Summary(judged, Asked(target=0.8))
    certified = summary.certified
    assert stored is not None
    assert (stored.criterion, stored.threshold) == ("certified", certified.threshold)
    assert (stored.judged, stored.right) == (certified.judged, certified.right)
    assert (stored.target, stored.confidence) == (0.8, 0.95)
    assert stored.basis["rounds"] == [round_id]
    assert stored.basis["calibration"] == summary.recalibration.fitted.to_dict()
    assert out.startswith(wording.headline(summary) + "\n")
    assert f"{certified.right:,} of them right: the exact one-sided bound" in out
    assert f"stored as threshold {stored.id} of run {run_id}" in out

    # the same number by a criterion that guarantees nothing
    coverage = ("--criterion", "coverage", "--coverage", certified.coverage)
    assert work("choose_threshold.py", *source, "--precision", 0.8, *coverage) == 0
    out = capsys.readouterr().out
    with engine.connect() as connection:
        stored = thresholds.newest(connection, run_id)
    assert stored is not None
    assert (stored.criterion, stored.threshold) == ("coverage", certified.threshold)
    assert stored.target == certified.coverage
    assert stored.judged == (judged.scores >= certified.threshold).sum()
    assert (stored.basis["guaranteed"], stored.basis["bound"]) == (False, None)
    assert "Nothing of it is guaranteed" in out
    assert "On verdicts that had no part in the choice, precision is" in out


def test_without_a_threshold_nothing_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "t.tsv", *({"label_id": str(n % 2)} for n in range(20)))
    out, _ = run("choose_threshold.py", tmp_path, "--tsv", path, code=1)
    assert out.startswith("No threshold is known yet")
    assert "read as a uniform random sample" in out
    assert work("choose_threshold.py", "--tsv", path, "--criterion", "f1") == 0
    assert "stored" not in capsys.readouterr().out
    one_class = write(tmp_path / "one.tsv", *({} for _ in range(20)))
    assert work("choose_threshold.py", "--tsv", one_class, "--criterion", "f1") == 1
    assert "20 right and 0 wrong pictures were judged" in capsys.readouterr().out
    assert list(tmp_path.glob("data*")) == []


def test_a_report_out_of_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "t.tsv", *({"label_id": str(n % 3)} for n in range(30)))
    work("report.py", "--tsv", path, "--output", "mine.html")
    assert "read as a uniform random sample" in capsys.readouterr().err
    page = closed((tmp_path / "mine.html").read_text(encoding="utf-8"))
    assert "30 rows" in page.text
    assert "would be overwritten" in refused("report.py", "--tsv", path, "--output", str(path))
    assert "Pictures at t" not in page.text
    assert not (tmp_path / "rdata").exists()


@pytest.mark.parametrize("name", ["report.py", "choose_threshold.py"])
def test_what_cannot_be_is_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write(tmp_path / "t.tsv", {}, {"score1": "nan"})
    for arguments, said in (
        (["--tsv", table], "score1 in line 3"),
        (["--tsv", tmp_path / "none.tsv"], "cannot read"),
        (["--tsv", table, "--run", "1"], "--tsv is a source of its own"),
        (["--database", f"sqlite:///{tmp_path}/new.db"], "nothing was labeled yet"),
    ):
        assert said in refused(name, *arguments)
    out, told = run(name, tmp_path, "--tsv", table, code=1)
    assert out == ""
    assert told.startswith("error: score1 in line 3")
    assert told.count("\n") == 1
    for wrong in (["--precision", "1"], ["--confidence", "95"], ["--round", "x"]):
        with pytest.raises(SystemExit) as ended:
            work(name, *wrong)
        assert ended.value.code == 2
    assert "not over 0 and under 1" in capsys.readouterr().err


def test_verdicts_that_cannot_be_put_together_are_said(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/some.db")
    first, second = label(engine, 20), label(engine, 20, seed=3)
    rounds = [judge(engine, 10, run_id) for run_id in (first, second)]
    source = ("--database", address(engine))
    both = [word for each in rounds for word in ("--round", each)]
    for arguments, said in (
        (both, "are not all of one run"),
        (["--run", 99], "there is no run 99"),
        (["--round", 99], "there is no round 99"),
        (["--compare", 77], "there is no run 77 to compare with"),
        (["--coverage", 2], "coverage of 2 is out of range"),
        (["--cost-review", -1], "the cost review is -1"),
    ):
        assert said in refused("report.py", *source, *arguments)
    third = label(engine, 5)
    store_verdicts(engine, third, [(1, "unsure", False), (2, "skip", False)])
    assert "every one is unsure, a skip" in refused("report.py", *source, "--run", third)
    for form in ("json", "tsv"):
        told = refused("report.py", *source, "--compare", first, "--format", form)
        assert "--compare needs a database" in told
    engine.dispose()
