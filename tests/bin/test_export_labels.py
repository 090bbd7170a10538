"""The door that applies a stored threshold to a run, end to end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis import export_labels
from db import rounds, thresholds
from db.engine import connect
from db.sink import DatabaseSink
from db.thresholds import Choice
from tests.db.judging import Hand, people, store_round
from tests.db.making import facts, info, post
from vision.errors import ProofsheetError
from vision.records import Labeled, Prediction

ROOT = Path(__file__).resolve().parents[2]
LABELS = ("cat", "dog", "crane")


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "bin" / "export_labels.py"), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_of(engine: Engine, scores: list[float]) -> int:
    """Label a picture for each score, all of them as a cat; return the run's id."""
    sink = DatabaseSink(engine, info(k=3), resume=False)
    events = []
    for n, score in enumerate(scores):
        rest = (1 - score) / 2
        best = zip(LABELS, (score, rest * 1.2, rest * 0.8), strict=True)
        top = tuple(Prediction(index, label, each) for index, (label, each) in enumerate(best))
        events.append(Labeled(n, post(str(n)), facts(str(n)), top))
    sink.write(events)
    sink.close(finished=True)
    return sink.run_id


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with a run of eight pictures scored .95, .9, .85, ... and verdicts on five."""
    engine = connect(f"sqlite:///{tmp_path}/labels.db")
    run_id = run_of(engine, [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6])
    with engine.connect() as connection:
        row = rounds.by_id(connection, store_round(engine, run_id))
    assert row is not None
    (ann,) = people(engine, 1)
    hand = Hand(engine, row, ann)
    hand.judge("none", 0)
    hand.judge("topk", 1, rank=3)
    hand.judge("topk", 2)
    hand.judge("unsure", 3)
    hand.judge("top1", 7)
    yield engine
    engine.dispose()


def export(engine: Engine, *arguments: str) -> subprocess.CompletedProcess:
    return command("--database", engine.url.render_as_string(hide_password=False), *arguments)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_newest_threshold_of_the_newest_run(engine: Engine, tmp_path: Path) -> None:
    beta = {"kind": "beta", "a": 2.0, "b": 1.0, "c": 0.0}
    for threshold, basis in ((0.5, None), (0.7, {"calibration": beta})):
        thresholds.store(engine, Choice(1, "certified", threshold, 0.5, 9, basis=basis))
    files = {name: tmp_path / f"{name}.jsonl" for name in ("output", "review")}
    given = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    done = export(engine, "--format", "jsonl", "--calibrated", *given)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == (
        "run 1, threshold 2 (certified, score >= 0.7): 5 accepted, 2 of them told by reviewers;"
        f" 2 judged wrong and 1 below are left (in {files['review']})\n"
    )
    accepted, left = read(files["output"]), read(files["review"])
    assert [(row["key"], row["label"], row["source"]) for row in accepted] == [
        ("1/0", "crane", "reviewer"),
        ("3/0", "cat", "model"),
        ("4/0", "cat", "model"),
        ("5/0", "cat", "model"),
        ("7/0", "cat", "reviewer"),
    ]
    assert [(row["key"], row["label"], row["source"]) for row in left] == [
        ("0/0", None, "reviewer"),
        ("2/0", None, "reviewer"),
        ("6/0", "cat", "model"),
    ]
    third = accepted[1]
    odds = third["score"] ** 2 / (1 - third["score"])
    assert third["probability"] == pytest.approx(odds / (1 + odds))
    assert [row["probability"] is None for row in accepted] == [True, False, False, False, True]
    assert accepted[0]["score"] == pytest.approx(0.04)
    assert accepted[0]["class_id"] == 2


def test_the_majority_decides_and_even_ones_are_left(engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        row = rounds.by_id(connection, store_round(engine, 1, overlap=3))
    assert row is not None
    bob, cid, dan = (Hand(engine, row, each) for each in people(engine, 3, "other"))
    for hand in (bob, cid):
        hand.judge("top1", 0)
        hand.judge("none", 7)
    dan.judge("none", 0)
    review = tmp_path / "review.tsv"
    done = export(engine, "--at", "0.7", "--review", str(review))
    # on the first, two say right and two wrong; on the last, one right and two wrong
    assert "2 judged wrong, 1 disputed and 1 below are left" in done.stderr
    left = [line.split("\t") for line in review.read_text().splitlines()[1:]]
    assert [(key, label, source) for key, _, _, label, _, _, source in left] == [
        ("0/0", "cat", "model"),
        ("2/0", "NULL", "reviewer"),
        ("6/0", "cat", "model"),
        ("7/0", "NULL", "reviewer"),
    ]


def test_a_score_or_a_threshold_by_name(engine: Engine) -> None:
    first = thresholds.store(engine, Choice(1, "f1", 0.65, 0.5, 9))
    thresholds.store(engine, Choice(1, "youden", 0.9, 0.5, 9))
    by_id = export(engine, "--threshold-id", str(first))
    assert "threshold 1 (f1, score >= 0.65): 6 accepted" in by_id.stderr
    assert "name a file for them with --review" in by_id.stderr
    at = export(engine, "--at", "0.65", "--run", "1")
    assert (at.returncode, at.stdout) == (0, by_id.stdout)
    header, *rows = at.stdout.splitlines()
    assert header == "key\ttweet_id\tlink\tlabel\tclass_id\tscore\tsource"
    assert len(rows) == 6


def test_what_scores_just_the_threshold_is_accepted(engine: Engine) -> None:
    run_of(engine, [0.83, 0.8299999999999998, 0.84])
    done = export(engine, "--at", "0.83")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()[1:]] == ["0/0", "2/0"]


def test_the_number_that_is_told_accepts_the_same(engine: Engine) -> None:
    """Scores may lie closer together than any rounding."""
    at, below = 0.8300000000000001, 0.83
    run_id = run_of(engine, [at, below, 0.9])
    stored = thresholds.store(engine, Choice(run_id, "f1", at, 0.6, 9))
    done = export(engine)
    assert f"threshold {stored} (f1, score >= 0.8300000000000001): 2 accepted" in done.stderr
    told = re.search(r"score >= (\S+?)\)", done.stderr)
    assert told is not None
    again = export(engine, "--at", told[1])
    assert again.stdout == done.stdout
    assert "score >= 0.8300000000000001: 2 accepted" in again.stderr


def test_the_database_is_not_written_over(engine: Engine) -> None:
    path = str(engine.url.database)
    for given in (("--output", path), ("--output", "a.tsv", "--review", path)):
        done = export(engine, "--at", "0.7", *given)
        assert done.returncode == 1
        assert "is read from and would be overwritten" in done.stderr
    assert Path(path).read_bytes().startswith(b"SQLite")


def test_folders_of_links(engine: Engine, tmp_path: Path) -> None:
    given = ("--at", "0.7", "--format", "folders")
    out, review = tmp_path / "by label", tmp_path / "by hand"
    (tmp_path / "by label.part").mkdir()
    done = export(engine, *given, "--output", str(out), "--review", str(review))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["cat-0.txt", "crane-2.txt"]
    assert sorted(path.name for path in review.iterdir()) == ["cat-0.txt", "without_label.txt"]
    assert (out / "crane-2.txt").read_text() == "http://x/1-0.jpg\n"
    assert (tmp_path / "by label.part").is_dir()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((), "no threshold is stored for run 1 (vgg16): choose one with bin/choose_threshold.py"),
        (("--threshold-id", "7"), "there is no stored threshold 7"),
        (("--run", "5"), "there is no run 5 with pictures: choose one of 1 (vgg16)"),
        (("--at", "0.5", "--calibrated"), "leave out --at"),
        (("--at", "0.5", "--format", "parquet"), "name a file with --output"),
        (("--at", "0.5", "--format", "folders"), "name a new folder with --output"),
        (("--at", "0.5", "--output", "a", "--review", "./a"), "are both a: name two"),
        (("--at", "0.5", "--output", "no/a"), "cannot write no/a: No such file"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(
    engine: Engine, given: tuple[str, ...], sentence: str
) -> None:
    address = engine.url.render_as_string(hide_password=False)
    with pytest.raises(ProofsheetError) as error:
        export_labels.export(export_labels.parser().parse_args(["--database", address, *given]))
    assert "\n" not in str(error.value)
    assert sentence in str(error.value)


def test_a_threshold_of_another_run_or_without_a_map(engine: Engine) -> None:
    run_of(engine, [0.5])
    thresholds.store(engine, Choice(1, "f1", 0.65, 0.5, 9))
    done = export(engine, "--threshold-id", "1", "--run", "2")
    assert "threshold 1 was chosen for run 1, not for run 2" in done.stderr
    done = export(engine, "--run", "1", "--calibrated")
    assert "threshold 1 was stored without a calibration" in done.stderr


def test_nothing_labeled(tmp_path: Path) -> None:
    done = command("--database", f"sqlite:///{tmp_path}/empty.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: nothing is labeled yet: label pictures with bin/label_")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        *((f"--at={at}", "--at: ") for at in ("1.5", "-0.1", "nan", "half")),
        ("--at=0.5 --threshold-id=1", "not allowed with argument --at"),
    ],
)
def test_wrong_use(given: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        export_labels.parser().parse_args(given.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
