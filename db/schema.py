"""The schema: is it current, and the whole of it as a file for the `mysql` client.

`python -m db.schema > db/create_schema.sql` writes that file anew.
"""

from __future__ import annotations

from sqlalchemy import Engine, Table, inspect
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from db.columns import CHARSET
from db.review_models import Base
from db.view import create_view

VERSION = "0003"
"""The newest migration. An engine whose `alembic_version` says this needs no alembic."""

DATABASE = "image_labels"

_HEAD = f"""\
-- The tables of Proofsheet for MySQL 8 or MariaDB 10.6 and later. May be run again at any time:
--     mysql -u root < db/create_schema.sql
-- Written by `python -m db.schema` from db/models.py and db/review_models.py; change it there.
--
-- The application needs a user of its own, with a password that only you know:
--     CREATE USER 'proofsheet'@'localhost' IDENTIFIED BY '...';
--     GRANT ALL ON {DATABASE}.* TO 'proofsheet'@'localhost';
-- and then finds the database by its address:
--     export DATABASE_URL='mysql+pymysql://proofsheet:...@localhost/{DATABASE}'

CREATE DATABASE IF NOT EXISTS {DATABASE} DEFAULT CHARACTER SET {CHARSET};
USE {DATABASE};
"""

_VERSION_TABLE = f"""\
CREATE TABLE IF NOT EXISTS alembic_version (
\tversion_num VARCHAR(32) NOT NULL,
\tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version
SELECT '{VERSION}' FROM DUAL WHERE NOT EXISTS (SELECT version_num FROM alembic_version);
"""  # noqa: S608 - a constant of this file


def ensure(engine: Engine) -> None:
    """Bring a database up to date; cheap where it is.

    Raises
    ------
    StoreError
        If it was made by a newer Proofsheet or holds tables that are not ours.
    """
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if found == VERSION:
                return
    # alembic takes a moment to load, and hardly any start needs it
    from db.migrate import upgrade

    upgrade(engine)


def create_schema() -> str:
    """Return the text of `db/create_schema.sql`."""
    tables = (_create_table(table) for table in Base.metadata.sorted_tables)
    view = create_view("mysql").replace("CREATE", "CREATE OR REPLACE", 1)
    return "\n".join((_HEAD, *tables, f"{view};\n", _VERSION_TABLE))


def _create_table(table: Table) -> str:
    # indexes go inside: MySQL has no CREATE INDEX IF NOT EXISTS
    dialect = mysql.dialect()
    create = str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)).strip()
    body, end = create.rsplit("\n)", 1)
    quote = dialect.identifier_preparer.quote
    keys = (
        f",\n\tKEY {index.name} ({', '.join(quote(column.name) for column in index.columns)})"
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    )
    lines = (line.rstrip() for line in f"{body.rstrip()}{''.join(keys)}\n){end};\n".split("\n"))
    return "\n".join(lines)


if __name__ == "__main__":
    print(create_schema(), end="")
