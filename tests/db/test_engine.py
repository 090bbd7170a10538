"""Addresses, first starts and what a user reads when the database is not there."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from db.engine import connect, default_url
from tests.mariadb import Server
from vision.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]


def test_default_is_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert default_url() == "sqlite:///data/proofsheet.db"


def test_default_is_the_same_file_from_webapp(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for folder in ("webapp", "db"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "webapp")
    assert default_url() == "sqlite:///../data/proofsheet.db"
    (tmp_path / "db").rmdir()
    assert default_url() == "sqlite:///data/proofsheet.db"


def test_environment_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///other.db")
    assert default_url() == "sqlite:///other.db"


def test_connect_makes_folder_and_tables(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a/b/c.db")
    assert {"image", "run", "prediction", "judgment"} <= set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


def test_connecting_again_needs_no_alembic(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    code = (
        "import sys; from db.engine import connect; connect(sys.argv[1]).dispose();"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, check=False).returncode == 0


def test_many_may_start_at_once(database_url: str) -> None:
    code = "import sys; from db.engine import connect; connect(sys.argv[1]).dispose()"
    started = [
        subprocess.Popen([sys.executable, "-c", code, database_url], cwd=ROOT) for _ in range(4)
    ]
    assert [process.wait() for process in started] == [0] * 4


@pytest.mark.slow
def test_a_killed_first_start_is_finished_by_the_next(mariadb: Server) -> None:
    url = mariadb.create("half_made")
    connect(url).dispose()
    whole = mariadb.client("SHOW CREATE TABLE failure", "half_made")
    # as if the first start had died between two statements
    mariadb.client(
        "DROP TABLE lease; DROP VIEW classifications; DROP INDEX ix_image_tweet_id ON image;"
        "DELETE FROM alembic_version",
        "half_made",
    )
    engine = connect(url)
    names = {index["name"] for index in inspect(engine).get_indexes("image")}
    assert "ix_image_tweet_id" in names
    assert "lease" in inspect(engine).get_table_names()
    assert mariadb.client("SHOW CREATE TABLE failure", "half_made") == whole
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no database address"),
        ("data/proofsheet.db", "no database address"),
        ("mysql+pymysql://ann:secret@host:port/db", "no database address"),
        ("oracle://ann:secret@host/db", "no driver"),
        ("mysql+nodriver://ann:secret@host/db", "no driver"),
        ("mysql://ann:secret@host/db", "no driver"),
        ("sqlite://", "names no database"),
        ("sqlite:///:memory:", "names no database"),
        ("mysql+pymysql://ann:secret@host", "names no database"),
    ],
)
def test_wrong_addresses(url: str, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        connect(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "mysql+pymysql://" in str(caught.value)


# the driver leaves sockets behind when it finds no server: they go here, not in a later test
leaky_driver = pytest.mark.filterwarnings("ignore::ResourceWarning")


@leaky_driver
def test_an_unreachable_server_is_tried_again(tmp_path: Path) -> None:
    url = f"mysql+pymysql://ann:secret@localhost/db?unix_socket={tmp_path}/none&password=secret"
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        connect(url, delays=(0.0, 0.0))
    assert "secret" not in str(caught.value)
    del caught
    gc.collect()


@pytest.mark.slow
@leaky_driver
def test_a_server_that_comes_back_is_found(mariadb: Server, tmp_path: Path) -> None:
    # the socket appears while the second or third try waits
    url = mariadb.create("comes_back").replace(str(mariadb.socket), str(tmp_path / "late"))
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(connect, url, delays=(0.2,) * 50)
        (tmp_path / "late").symlink_to(mariadb.socket)
        later.result().dispose()
    gc.collect()


@pytest.mark.slow
def test_refusals_of_a_server(mariadb: Server) -> None:
    with pytest.raises(StoreError, match="does not exist; make it with"):
        connect(mariadb.url("not_there"), delays=())
    url = mariadb.create("refusing").replace("root@", "nobody:secret@")
    with pytest.raises(StoreError, match="refuses this user") as caught:
        connect(url, delays=())
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("These are notes and not a database.\n" * 100)
    with pytest.raises(StoreError, match="is not an SQLite file"):
        connect(f"sqlite:///{tmp_path}/notes.db", delays=())


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot make the folder"):
        connect(f"sqlite:///{tmp_path}/file/x/test.db")
    with pytest.raises(StoreError, match="cannot be opened"):
        connect(f"sqlite:///{tmp_path}", delays=())


def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    connect(f"sqlite:///{path}").dispose()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = connect(f"sqlite:///{path}")  # reading needs no lock
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM run").scalar() == 0
    engine.dispose()
    other.close()


def test_a_newer_database_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer Proofsheet"):
        connect(engine.url.render_as_string(hide_password=False), delays=())


def test_no_file_of_db_hides_a_module_of_python() -> None:
    # `python db/load_data.py` starts with that folder first on the path
    names = {path.stem for path in (ROOT / "db").iterdir()}
    assert not names & (sys.stdlib_module_names | {"sqlalchemy", "pymysql", "alembic", "vision"})


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_durable_commits_wait_for_the_disk(tmp_path: Path, durable: bool, synchronous: int) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.db", durable=durable)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous
    engine.dispose()
