"""The tables of judging, as the reviewer needs them."""

import sqlalchemy as sa
from alembic import op

from db.migrations.building import (
    ID,
    LONG_TEXT,
    MOMENT,
    REAL,
    ascii_char,
    create_index,
    create_table,
    drop_view,
)
from vision.errors import StoreError

revision = "0002"
down_revision = "0001"

TABLES = ("lease", "judgment", "round_item", "round", "reviewer")
"""Referring tables before those they refer to."""


def upgrade() -> None:
    _drop_the_empty_ones()
    create_table(
        "reviewer",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviewer"),
        sa.UniqueConstraint("name", name="uq_reviewer_name"),
        sa.CheckConstraint("role IN ('reviewer', 'admin')", name=op.f("ck_reviewer_role")),
    )
    create_table(
        "round",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", ascii_char(36), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("implicit_run_id", ID, nullable=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("design", sa.String(64), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("reviewed_twice", REAL, nullable=False),
        sa.Column("reviews", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
        sa.UniqueConstraint("uuid", name="uq_round_uuid"),
        sa.UniqueConstraint("implicit_run_id", name="uq_round_implicit_run_id"),
        sa.CheckConstraint("overlap >= 1", name=op.f("ck_round_overlap")),
        sa.CheckConstraint(
            "reviewed_twice >= 0 AND reviewed_twice <= 1", name=op.f("ck_round_reviewed_twice")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_round_run_id"),
        sa.ForeignKeyConstraint(["implicit_run_id"], ["run.id"], name="fk_round_implicit_run_id"),
    )
    create_index("ix_round_run_id", "round", ["run_id"])
    create_table(
        "round_item",
        sa.Column("round_id", ID, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=True),
        sa.Column("inclusion_probability", REAL, nullable=True),
        sa.Column("cluster_size", sa.Integer(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("places", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "position", name="pk_round_item"),
        sa.UniqueConstraint("image_id", "round_id", name="uq_round_item_image_id_round_id"),
        sa.CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1",
            name=op.f("ck_round_item_inclusion_probability"),
        ),
        sa.CheckConstraint(
            "places IN ('free', 'partly', 'full')", name=op.f("ck_round_item_places")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name="fk_round_item_round_id"),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name="fk_round_item_image_id"),
    )
    create_index(
        "ix_round_item_round_id_places_position", "round_item", ["round_id", "places", "position"]
    )
    create_table(
        "judgment",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", ascii_char(36), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("correct_rank", sa.Integer(), nullable=True),
        sa.Column("note", LONG_TEXT, nullable=True),
        sa.Column("seconds", REAL, nullable=True),
        sa.Column("blind", sa.String(16), nullable=False),
        sa.Column("browsed", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retracted_at", MOMENT, nullable=True),
        sa.Column("retracted_by", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_judgment"),
        sa.ForeignKeyConstraint(
            ["round_id", "position"],
            ["round_item.round_id", "round_item.position"],
            name="fk_judgment_round_id_position",
        ),
        sa.UniqueConstraint("uuid", name="uq_judgment_uuid"),
        sa.CheckConstraint(
            "verdict IN ('top1', 'topk', 'none', 'novocab', 'keep', 'reject', 'unsure', 'skip')",
            name=op.f("ck_judgment_verdict"),
        ),
        sa.CheckConstraint("blind IN ('none', 'scores', 'labels')", name=op.f("ck_judgment_blind")),
        sa.CheckConstraint(
            "correct_rank IS NULL OR (verdict = 'topk' AND correct_rank >= 2)",
            name=op.f("ck_judgment_correct_rank"),
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name="fk_judgment_reviewer_id"),
        sa.ForeignKeyConstraint(["retracted_by"], ["reviewer.id"], name="fk_judgment_retracted_by"),
    )
    create_index(
        "ix_judgment_reviewer_id_round_id_created_at",
        "judgment",
        ["reviewer_id", "round_id", "created_at"],
    )
    create_index("ix_judgment_round_id_created_at", "judgment", ["round_id", "created_at"])
    create_index("ix_judgment_round_id_position", "judgment", ["round_id", "position"])
    create_table(
        "lease",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "position", "slot", name="pk_lease"),
        sa.ForeignKeyConstraint(
            ["round_id", "position"],
            ["round_item.round_id", "round_item.position"],
            name="fk_lease_round_id_position",
        ),
        sa.UniqueConstraint(
            "round_id", "position", "reviewer_id", name="uq_lease_round_id_position_reviewer_id"
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name="fk_lease_reviewer_id"),
    )
    create_index(
        "ix_lease_reviewer_id_round_id_expires_at",
        "lease",
        ["reviewer_id", "round_id", "expires_at"],
    )
    create_index(
        "ix_lease_round_id_expires_at_reviewer_id",
        "lease",
        ["round_id", "expires_at", "reviewer_id"],
    )


def _drop_the_empty_ones() -> None:
    """Make way for the new tables: no Proofsheet has written to the old ones yet."""
    inspector = sa.inspect(op.get_bind())
    old = [table for table in TABLES if inspector.has_table(table)]
    for table in old:
        if op.get_bind().execute(sa.select(sa.literal(1)).select_from(sa.table(table))).first():
            raise StoreError(
                f"the table {table} of this database holds rows that no Proofsheet wrote, and the"
                " update would drop it; copy them elsewhere and empty it"
            )
    drop_view()
    for table in old:
        op.drop_table(table)
