"""The key of the sessions: one for all processes, and for its owner's eyes only."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path

import pytest

from tests.webapp.accounts import add_account, sign_in
from vision.errors import StoreError
from webapp import session_key
from webapp.app import create_app


def load_at_once(folder: Path, start: object, answers: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    answers.put(session_key.load(folder))  # type: ignore[attr-defined]


def test_made_once_and_kept(tmp_path: Path) -> None:
    key = session_key.load(tmp_path / "new" / "folder")
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert session_key.load(tmp_path / "new" / "folder") == key
    assert session_key.load(tmp_path / "other") != key
    (file,) = (tmp_path / "new" / "folder").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("session.key", 0o600)


@pytest.mark.slow
def test_processes_that_start_at_once_have_the_same(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    start, answers = spawning.Barrier(6), spawning.Queue()
    workers = [
        spawning.Process(target=load_at_once, args=(tmp_path, start, answers)) for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    keys = {answers.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["session.key"]


def test_one_that_another_process_makes_meanwhile_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = session_key.load(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert session_key.load(tmp_path) == theirs


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_one_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    session_key.load(tmp_path)
    (tmp_path / "session.key").chmod(mode)
    with pytest.raises(StoreError, match=re.escape(f"chmod 600 {tmp_path}/session.key")):
        session_key.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 8])
def test_a_damaged_one_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "session.key"
    file.touch(0o600)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        session_key.load(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made or read"):
        session_key.load(tmp_path / "file")


def test_where_it_lies(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "working" / "directory"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    add_account(database_url)
    assert sign_in(create_app(database_url).test_client()).status_code == 303
    folder = tmp_path if database_url.startswith("sqlite") else elsewhere / "data"
    assert [file.relative_to(folder) for file in tmp_path.rglob("session.key")] == [
        Path("session.key")
    ]


def test_a_page_says_what_is_wrong_with_it(database: str, tmp_path: Path) -> None:
    add_account(database)
    client = create_app(database).test_client()
    sign_in(client)
    (tmp_path / "session.key").chmod(0o644)
    later = create_app(database).test_client()
    cookie = client.get_cookie("proofsheet")
    assert cookie is not None
    for _ in range(2):
        answer = later.get("/sheet/")
        assert answer.status_code == 503
        assert "chmod 600" in answer.text
        later.set_cookie("proofsheet", cookie.value)
    (tmp_path / "session.key").chmod(0o600)
    assert later.get("/sheet/").status_code == 200
