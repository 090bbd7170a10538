"""What migrations build tables from: column types as they were, and steps that may run twice.

A server commits each statement, so a start that was killed leaves some of them done.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from db import view
from db.columns import CHARSET

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
REAL: sa.Double[float] = sa.Double().with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def ascii_char(length: int) -> sa.String:
    """Return the type of a text of exactly `length` ASCII characters."""
    return sa.String(length).with_variant(
        mysql.CHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def create_table(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Make a table unless it is there."""
    options = {
        f"{dialect}_{option}": value
        for dialect in ("mysql", "mariadb")
        for option, value in (("engine", "InnoDB"), ("charset", CHARSET))
    }
    op.create_table(name, *parts, if_not_exists=True, **options)


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Make an index unless it is there."""
    there = sa.inspect(op.get_bind()).get_indexes(table)
    if name not in {index["name"] for index in there}:
        op.create_index(name, table, columns)


def add_column(table: str, column: sa.Column) -> None:
    """Add a column unless it is there."""
    if not _has_column(table, column.name):
        op.add_column(table, column)


def add_reference(table: str, column: str, to: str) -> None:
    """Add a column that holds an id of another table, or NULL, unless it is there."""
    key = f"fk_{table}_{column}"
    if op.get_bind().dialect.name == "sqlite":
        # the constraint comes with its column or, without making the table anew, never
        if not _has_column(table, column):
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} INTEGER"
                f" CONSTRAINT {key} REFERENCES {to} (id)"
            )
        return
    add_column(table, sa.Column(column, ID, nullable=True))
    there = sa.inspect(op.get_bind()).get_foreign_keys(table)
    if key not in {each["name"] for each in there}:
        op.create_foreign_key(key, table, to, [column], ["id"])


def _has_column(table: str, column: str) -> bool:
    there = sa.inspect(op.get_bind()).get_columns(table)
    return column in {each["name"] for each in there}


def drop_view() -> None:
    """Take the view away while tables under it change."""
    op.execute(view.DROP_VIEW)


def create_view() -> None:
    """Make the view as it is now: for the newest migration, once all that it reads is there."""
    drop_view()
    op.execute(view.create_view(op.get_bind().dialect.name))
