"""Models, migrations and create_schema.sql say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, select, update
from sqlalchemy.exc import DBAPIError

from db.engine import connect
from db.review_models import Base, Judgment, Round
from db.schema import VERSION, create_schema
from db.view import create_view
from tests.mariadb import Server
from vision.errors import StoreError

DB = Path(__file__).resolve().parents[2] / "db"
SCHEMA = DB / "create_schema.sql"
TABLES = [table.name for table in Base.metadata.sorted_tables]


def in_any_order(create_table: str) -> str:
    """Return a statement with its lines sorted: keys are listed in the order they were made."""
    return "\n".join(sorted(line.rstrip(",") for line in create_table.split("\\n")))


def test_the_file_is_the_generated_one() -> None:
    assert SCHEMA.read_text() == create_schema(), "run: python -m db.schema > db/create_schema.sql"


def test_the_version_is_that_of_the_newest_migration() -> None:
    assert ScriptDirectory(str(DB / "migrations")).get_current_head() == VERSION


def test_no_user_is_made_and_no_password_is_in_it() -> None:
    statements = "\n".join(
        line for line in SCHEMA.read_text().lower().splitlines() if not line.startswith("--")
    )
    assert "identified by" not in statements
    assert "create user" not in statements
    assert "grant" not in statements


def test_migrations_make_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    # MariaDB stores JSON as text
    assert [d for d in differences if "JSON" not in repr(d)] == []


@pytest.mark.slow
def test_file_migrations_and_models_make_the_same_tables(mariadb: Server) -> None:
    for _ in range(2):  # it may be run again
        mariadb.client(SCHEMA.read_text())
    connect(mariadb.create("migrated")).dispose()
    modelled = create_engine(mariadb.create("modelled"))
    Base.metadata.create_all(modelled)
    with modelled.begin() as connection:
        connection.exec_driver_sql(create_view("mysql"))
    modelled.dispose()
    for table in (*TABLES, "classifications"):
        made = {
            in_any_order(mariadb.client(f"SHOW CREATE TABLE {table}", database))
            for database in ("image_labels", "migrated", "modelled")
        }
        assert len(made) == 1, made
        assert table == "classifications" or "COLLATE=utf8mb4_nopad_bin" in made.pop()


@pytest.mark.slow
def test_after_the_file_there_is_nothing_to_migrate(mariadb: Server) -> None:
    mariadb.client(SCHEMA.read_text())
    changes: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        changes.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        connect(mariadb.url("image_labels")).dispose()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert changes
    assert not [s for s in changes if s.split()[0] in ("CREATE", "ALTER", "INSERT", "UPDATE")]


@pytest.mark.slow
def test_both_names_of_the_dialect_serve(mariadb: Server) -> None:
    mariadb.create("named_mariadb")
    engine = connect(mariadb.url("named_mariadb", "mariadb"))
    with engine.connect() as connection:
        made = connection.exec_driver_sql("SHOW CREATE TABLE image").one()[1]
    engine.dispose()
    assert "COLLATE=utf8mb4_nopad_bin" in made


def at_migration(url: str, version: str) -> Engine:
    """Return an engine over a database as an older release left its tables."""
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(DB / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()
    return engine


def test_an_older_database_is_brought_up_to_date(database_url: str) -> None:
    old = at_migration(database_url, "0001")
    with old.begin() as connection:
        connection.exec_driver_sql("INSERT INTO image (`key`, link) VALUES ('a', 'a.jpg')")
    old.dispose()
    for _ in range(2):
        engine = connect(database_url)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT `key` FROM image").scalar() == "a"
            assert connection.exec_driver_sql("SELECT uuid FROM round").all() == []
            assert connection.exec_driver_sql("SELECT id FROM classifications").all() == []
        engine.dispose()


OLD_ROWS = (
    "INSERT INTO run (id, model, k, arguments, started_at, images_seen, images_labeled,"
    " images_failed) VALUES (1, 'm', 1, '{}', '2026-01-01 00:00:00', 1, 1, 0)",
    "INSERT INTO image (id, `key`, link) VALUES (1, 'a', 'a.jpg')",
    "INSERT INTO prediction (run_id, image_id, `rank`, label, score) VALUES (1, 1, 1, 'cat', 0.5)",
    "INSERT INTO reviewer (id, name, role, created_at)"
    " VALUES (1, 'ann', 'admin', '2026-01-01 00:00:00')",
    "INSERT INTO round (id, uuid, run_id, name, design, seed, size, overlap, reviewed_twice,"
    " reviews, created_at)"
    " VALUES (1, 'r', 1, 'r', 'uniform', 1, 1, 1, 0, 1, '2026-01-01 00:00:00')",
    "INSERT INTO round_item (round_id, position, image_id, cluster_size, reviews, places)"
    " VALUES (1, 0, 1, 1, 1, 'full')",
    "INSERT INTO judgment (id, uuid, round_id, position, reviewer_id, verdict, blind, browsed,"
    " created_at) VALUES (1, 'j', 1, 0, 1, 'none', 'none', 0, '2026-01-01 00:00:00')",
)


def test_rounds_and_verdicts_of_an_older_database_stay(database_url: str) -> None:
    old = at_migration(database_url, "0002")
    with old.begin() as connection:
        for statement in OLD_ROWS:
            connection.exec_driver_sql(statement)
    old.dispose()
    engine = connect(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(Round.follows_id)).scalars().all() == [None]
        assert connection.execute(select(Judgment.settles)).scalars().all() == [False]
        assert connection.exec_driver_sql("SELECT label_id FROM classifications").scalar() == 2
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(update(Round).values(follows_id=99))
    engine.dispose()


def test_rows_nobody_should_have_are_not_dropped(database_url: str) -> None:
    old = at_migration(database_url, "0001")
    with old.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO reviewer (name, role, created_at)"
            " VALUES ('ann', 'admin', '2026-01-01 00:00:00')"
        )
    old.dispose()
    with pytest.raises(StoreError, match="the table reviewer of this database holds rows"):
        connect(database_url, delays=())
    kept = create_engine(database_url)
    with kept.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM reviewer").scalar() == "ann"
    kept.dispose()
