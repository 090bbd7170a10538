"""The tables, as plain mapped classes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import CHARSET, Id, LongText, Real, UtcDateTime, ascii_char
from vision.records import ID_LENGTH, KEY_LENGTH, STAGES

VERDICTS: dict[str, int | None] = {
    "top1": 0,
    "topk": 1,
    "none": 2,
    "novocab": 2,
    "unsure": None,
    "skip": None,
}
"""Every verdict with the `label_id` it is exported with (None: it is not exported).

`top1`: the first prediction is right. `topk`: a later one is. `none`: none is. `novocab`: none is,
and no class of the model could be. `unsure` and `skip` say nothing about the model.
"""

ROLES = ("reviewer", "admin")

NAME_LENGTH = 255
"""Longest label, author, reason or name in characters."""


def _among(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


_MYSQL = {f"{name}_engine": "InnoDB" for name in ("mysql", "mariadb")} | {
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
        _MYSQL,
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
    __table_args__ = (CheckConstraint("k >= 1", name="k"), _MYSQL)

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
        _MYSQL,
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
    __table_args__ = (UniqueConstraint("run_id", "position"), _among("stage", STAGES), _MYSQL)

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    link: Mapped[str] = mapped_column(LongText)
    stage: Mapped[str] = mapped_column(String(16))
    reason: Mapped[Name]
    detail: Mapped[str] = mapped_column(LongText)
    at: Mapped[datetime]


class Round(Base):
    """A sample of a run, drawn before anyone looks. `overlap` reviewers judge each item."""

    __tablename__ = "round"
    __table_args__ = (
        Index(None, "run_id"),
        CheckConstraint("overlap >= 1", name="overlap"),
        _MYSQL,
    )

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    name: Mapped[Name]
    design: Mapped[str] = mapped_column(String(64))
    strata: Mapped[dict[str, Any] | None]
    seed: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    overlap: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RoundItem(Base):
    """A picture of a round. `position` is a random permutation: any prefix is a valid sample.

    `inclusion_probability` is NULL for a picture that somebody browsed to; it enters no estimate.
    """

    __tablename__ = "round_item"
    __table_args__ = (
        UniqueConstraint("round_id", "image_id"),
        Index(None, "image_id"),
        CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1", name="inclusion_probability"
        ),
        _MYSQL,
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    stratum: Mapped[int | None]
    inclusion_probability: Mapped[float | None]


class Reviewer(Base):
    """Somebody who judges."""

    __tablename__ = "reviewer"
    __table_args__ = (UniqueConstraint("name"), _among("role", ROLES), _MYSQL)

    id: Mapped[Key]
    name: Mapped[Name]
    password_hash: Mapped[Name | None]
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Lease(Base):
    """An item that a reviewer is looking at, until `expires_at`. `slot` 1 is a second opinion."""

    __tablename__ = "lease"
    __table_args__ = (
        ForeignKeyConstraint(
            ["round_id", "position"], ["round_item.round_id", "round_item.position"]
        ),
        Index(None, "reviewer_id"),
        _MYSQL,
    )

    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("reviewer.id"))
    expires_at: Mapped[datetime]


class Judgment(Base):
    """A verdict. Append-only: undo sets `retracted_at`, nothing else is ever changed.

    `uuid` is made by the browser, so that a verdict posted twice is stored once.
    """

    __tablename__ = "judgment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["round_id", "position"], ["round_item.round_id", "round_item.position"]
        ),
        UniqueConstraint("uuid"),
        Index(None, "round_id", "position"),
        Index(None, "reviewer_id"),
        _among("verdict", tuple(VERDICTS)),
        CheckConstraint(
            "correct_rank IS NULL OR (verdict = 'topk' AND correct_rank >= 2)", name="correct_rank"
        ),
        _MYSQL,
    )

    id: Mapped[Key]
    uuid: Mapped[str] = mapped_column(ascii_char(36))
    round_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("reviewer.id"))
    verdict: Mapped[str] = mapped_column(String(16))
    correct_rank: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(LongText)
    seconds: Mapped[float | None]
    created_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
