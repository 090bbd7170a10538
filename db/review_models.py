"""The tables of judging: rounds, who looks at what, and what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import LongText, ascii_char
from db.models import MYSQL, Base, Key, Name, among
from db.verdicts import VERDICTS

ROLES = ("reviewer", "admin")

BLIND = ("none", "scores", "labels")
"""What of the predictions a reviewer had hidden while giving a verdict."""

FREE, PARTLY, FULL = PLACES = ("free", "partly", "full")
"""How far the places of an item are taken. A word and not a number, so that an index leads from
any of the three straight to the lowest positions."""

Uuid = Annotated[str, mapped_column(ascii_char(36))]
ItemRound = Annotated[int, mapped_column(BigInteger, autoincrement=False)]


def _of_an_item() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["round_id", "position"], ["round_item.round_id", "round_item.position"]
    )


class Round(Base):
    """A sample of a run, drawn before anyone looks. `overlap` reviewers judge each item.

    `uuid` names the round to browsers, which may hold verdicts for another database. `reviews` is
    how many verdicts it takes to finish. The round that a run has by itself, all its pictures in
    random order, bears its run as `implicit_run_id`. A second phase was drawn after the verdicts of
    the round `follows_id`.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("uuid"),
        UniqueConstraint("implicit_run_id"),
        Index(None, "run_id"),
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("reviewed_twice >= 0 AND reviewed_twice <= 1", name="reviewed_twice"),
        MYSQL,
    )

    id: Mapped[Key]
    uuid: Mapped[Uuid]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    implicit_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))
    name: Mapped[Name]
    design: Mapped[str] = mapped_column(String(64))
    strata: Mapped[dict[str, Any] | None]
    seed: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    overlap: Mapped[int] = mapped_column(default=1)
    reviewed_twice: Mapped[float] = mapped_column(default=0.0)
    reviews: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class RoundItem(Base):
    """A picture of a round. `position` is a random permutation: any prefix is a valid sample.

    `inclusion_probability` is that of this very picture, one of `cluster_size` near-duplicates;
    NULL for a picture that somebody browsed to, which enters no estimate. `reviews` reviewers are
    to judge it, and `places` says how many of their places are taken (each by a `Lease`).
    """

    __tablename__ = "round_item"
    __table_args__ = (
        # the picture first: this serves the look-up of a picture's rounds too
        UniqueConstraint("image_id", "round_id"),
        Index(None, "round_id", "places", "position"),
        CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1", name="inclusion_probability"
        ),
        among("places", PLACES),
        MYSQL,
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    stratum: Mapped[int | None]
    inclusion_probability: Mapped[float | None]
    cluster_size: Mapped[int] = mapped_column(default=1)
    reviews: Mapped[int] = mapped_column(default=1)
    places: Mapped[str] = mapped_column(String(8), default=FREE)


class Reviewer(Base):
    """Somebody who judges; without a password nobody can sign in as them."""

    __tablename__ = "reviewer"
    __table_args__ = (UniqueConstraint("name"), among("role", ROLES), MYSQL)

    id: Mapped[Key]
    name: Mapped[Name]
    password_hash: Mapped[Name | None]
    role: Mapped[str] = mapped_column(String(16))
    keys: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class Lease(Base):
    """One of an item's places, taken by a reviewer.

    It returns at `expires_at`; NULL: the verdict is given and the place taken for good. `shown`
    once the picture is before the reviewer's eyes, and no longer merely prefetched.
    """

    __tablename__ = "lease"
    __table_args__ = (
        _of_an_item(),
        # nobody is given the same item twice
        UniqueConstraint("round_id", "position", "reviewer_id"),
        Index(None, "round_id", "expires_at", "reviewer_id"),
        Index(None, "reviewer_id", "round_id", "expires_at"),
        MYSQL,
    )

    round_id: Mapped[ItemRound] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("reviewer.id"))
    expires_at: Mapped[datetime | None]
    shown: Mapped[bool] = mapped_column(default=False)


class Judgment(Base):
    """A verdict. Append-only: undo sets `retracted_at` and by whom, nothing else is changed.

    `uuid` is made by the browser, so that a verdict posted twice is stored once. A `browsed`
    verdict is on a picture that the reviewer chose and was not given: it enters no estimate. One
    that `settles` is an admin's last word where reviewers disagree, given with their verdicts in
    view: it is no review and takes no place.
    """

    __tablename__ = "judgment"
    __table_args__ = (
        _of_an_item(),
        UniqueConstraint("uuid"),
        Index(None, "round_id", "position"),
        Index(None, "round_id", "created_at"),
        Index(None, "reviewer_id", "round_id", "created_at"),
        among("verdict", VERDICTS),
        among("blind", BLIND),
        CheckConstraint(
            "correct_rank IS NULL OR (verdict = 'topk' AND correct_rank >= 2)", name="correct_rank"
        ),
        MYSQL,
    )

    id: Mapped[Key]
    uuid: Mapped[Uuid]
    round_id: Mapped[ItemRound]
    position: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("reviewer.id"))
    verdict: Mapped[str] = mapped_column(String(16))
    correct_rank: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(LongText)
    seconds: Mapped[float | None]
    blind: Mapped[str] = mapped_column(String(16), default=BLIND[0])
    browsed: Mapped[bool] = mapped_column(default=False)
    settles: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
    retracted_by: Mapped[int | None] = mapped_column(ForeignKey("reviewer.id"))


class Threshold(Base):
    """A threshold that was chosen for a run: accepted is what scores at least `threshold`.

    `criterion` is how it was chosen, `target` what was asked for (a precision, a coverage) at which
    `confidence`. Of the `judged` pictures that score so high, `right` were right; the precision is
    an estimate with its interval. `basis` says what all that rests on.
    """

    __tablename__ = "threshold"
    __table_args__ = (
        Index(None, "run_id"),
        *(
            CheckConstraint(f"{name} >= 0 AND {name} <= 1", name=name)
            for name in (
                "target",
                "confidence",
                "threshold",
                "coverage",
                "precision_estimate",
                "precision_low",
                "precision_high",
            )
        ),
        CheckConstraint("judged >= 0 AND `right` >= 0 AND `right` <= judged", name="judged"),
        MYSQL,
    )

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    criterion: Mapped[str] = mapped_column(String(32))
    target: Mapped[float | None]
    confidence: Mapped[float | None]
    threshold: Mapped[float]
    coverage: Mapped[float]
    precision_estimate: Mapped[float | None]
    precision_low: Mapped[float | None]
    precision_high: Mapped[float | None]
    judged: Mapped[int]
    right: Mapped[float | None]
    basis: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
