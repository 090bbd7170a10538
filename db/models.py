"""The tables of runs, as plain mapped classes; `db.review_models` has those of judging."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import CHARSET, Id, LongText, Real, UtcDateTime, ascii_char
from vision.records import ID_LENGTH, KEY_LENGTH, STAGES

NAME_LENGTH = 255
"""Longest label, author, reason or name in characters."""


def among(column: str, values: Iterable[str]) -> CheckConstraint:
    """Return the constraint that a column holds one of some words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


MYSQL = {f"{name}_engine": "InnoDB" for name in ("mysql", "mariadb")} | {
    f"{name}_charset": CHARSET for name in ("mysql", "mariadb")
}

Key = Annotated[int, mapped_column(Id, primary_key=True, autoincrement=True)]
Count = Annotated[int, mapped_column(BigInteger, default=0)]
Sha256 = Annotated[str, mapped_column(ascii_char(64))]
Name = Annotated[str, mapped_column(String(NAME_LENGTH))]


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy
        float: Real,
        datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Image(Base):
    """A picture. `key` is its identity within the input: post id/media index, path or URL."""

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "tweet_id"),
        Index(None, "content_sha256"),
        MYSQL,
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    tweet_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    link: Mapped[str] = mapped_column(LongText)
    content_sha256: Mapped[Sha256 | None]
    dhash: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    author: Mapped[Name | None]
    text: Mapped[str | None] = mapped_column(LongText)
    posted_at: Mapped[datetime | None]


class Run(Base):
    """One model over one input. What is not known of predictions loaded from a CSV is NULL.

    `last_key` is that of the last of the `images_seen` events: a resumed run finds it again.
    """

    __tablename__ = "run"
    __table_args__ = (CheckConstraint("k >= 1", name="k"), MYSQL)

    id: Mapped[Key]
    model: Mapped[str] = mapped_column(String(1024))
    weights_sha256: Mapped[Sha256 | None]
    runtime: Mapped[str | None] = mapped_column(String(32))
    precision: Mapped[str | None] = mapped_column(String(32))
    preprocessing: Mapped[str | None] = mapped_column(String(1024))
    k: Mapped[int]
    arguments: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    images_seen: Mapped[Count]
    images_labeled: Mapped[Count]
    images_failed: Mapped[Count]
    last_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))


class Prediction(Base):
    """One of the top-k of a picture in a run; rank 1 has the highest score."""

    __tablename__ = "prediction"
    __table_args__ = (
        Index(None, "image_id"),
        CheckConstraint("`rank` >= 1", name="rank"),
        CheckConstraint("score >= 0 AND score <= 1", name="score"),
        MYSQL,
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_id: Mapped[int | None]
    label: Mapped[Name]
    score: Mapped[float]


class Failure(Base):
    """A picture or input line of a run that could not be labeled."""

    __tablename__ = "failure"
    __table_args__ = (UniqueConstraint("run_id", "position"), among("stage", STAGES), MYSQL)

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    link: Mapped[str] = mapped_column(LongText)
    stage: Mapped[str] = mapped_column(String(16))
    reason: Mapped[Name]
    detail: Mapped[str] = mapped_column(LongText)
    at: Mapped[datetime]
