"""The command `python db/load_data.py`, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from db.engine import connect
from db.models import Image, Prediction

ROOT = Path(__file__).resolve().parents[2]
LINES = "".join(f"{number},http://x/{number}.jpg,crane,0.5,crane,0.25\n" for number in range(50))


def command(*arguments: str, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "db" / "load_data.py"), *arguments],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error"},
    )


def test_the_seeds_command(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    done = command("--database", url, stdin=LINES.encode())
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode() == (
        "50 rows read: 50 loaded into run 1, 0 already there, 0 in conflict, 0 bad\n"
    )
    again = command("--database", url, stdin=LINES.encode())
    assert again.returncode == 0
    assert again.stderr.decode().endswith(
        "50 already there, 0 in conflict, 0 bad; nothing changed\n"
    )
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Image)).scalar() == 50
        assert connection.execute(select(func.count()).select_from(Prediction)).scalar() == 100


def test_the_default_database_lies_under_the_working_directory(tmp_path: Path) -> None:
    assert command(stdin=LINES.encode(), cwd=tmp_path).returncode == 0
    assert (tmp_path / "data" / "proofsheet.db").exists()


def test_a_file_with_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "preds.csv"
    file.write_bytes(
        b"\xef\xbb\xbf1,http://x/1,caf\xc3\xa9,0.5\r\n2,http://x/\xff,crane,0.5\n"
        b"3,http://x/3,crane,0.5\n"
    )
    url = f"sqlite:///{tmp_path}/test.db"
    done = command("--input", str(file), "--database", url, "--batch-size", "1")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        "line 2: not UTF-8",
        "3 rows read: 2 loaded into run 1, 0 already there, 0 in conflict, 1 bad",
    ]
    engine = connect(url)
    with engine.connect() as connection:
        labels = connection.execute(select(Prediction.label).order_by(Prediction.image_id))
        assert list(labels.scalars()) == ["caf\u00e9", "crane"]
        assert list(connection.execute(select(Image.tweet_id)).scalars()) == ["1", "3"]
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "says"),
    [
        ((), b"nonsense\n", 1, "1 rows read: 0 loaded"),
        ((), b"", 0, "the input is empty"),
        (("--input", "not/there.csv"), b"", 1, "error: not/there.csv: No such file"),
        (("--run", "7"), LINES.encode(), 1, "error: there is no run 7"),
        (("--run", "some"), b"", 2, "invalid"),
        (("--batch-size", "0"), b"", 2, "invalid"),
        (("--database", "nowhere"), b"", 1, "error: 'nowhere' is no database address"),
    ],
)
def test_exit_codes(
    tmp_path: Path, arguments: tuple[str, ...], stdin: bytes, code: int, says: str
) -> None:
    done = command(*arguments, stdin=stdin, cwd=tmp_path)
    assert done.returncode == code
    assert says in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
