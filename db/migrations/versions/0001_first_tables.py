"""The first tables, and the view `classifications`."""

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
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_table(
        "image",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("tweet_id", sa.String(255), nullable=True),
        sa.Column("link", LONG_TEXT, nullable=False),
        sa.Column("content_sha256", ascii_char(64), nullable=True),
        sa.Column("dhash", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(255), nullable=True),
        sa.Column("text", LONG_TEXT, nullable=True),
        sa.Column("posted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_image"),
        sa.UniqueConstraint("key", name="uq_image_key"),
    )
    create_index("ix_image_content_sha256", "image", ["content_sha256"])
    create_index("ix_image_tweet_id", "image", ["tweet_id"])
    create_table(
        "reviewer",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviewer"),
        sa.UniqueConstraint("name", name="uq_reviewer_name"),
        sa.CheckConstraint("role IN ('reviewer', 'admin')", name=op.f("ck_reviewer_role")),
    )
    create_table(
        "run",
        sa.Column("id", ID, nullable=False),
        sa.Column("model", sa.String(1024), nullable=False),
        sa.Column("weights_sha256", ascii_char(64), nullable=True),
        sa.Column("runtime", sa.String(32), nullable=True),
        sa.Column("precision", sa.String(32), nullable=True),
        sa.Column("preprocessing", sa.String(1024), nullable=True),
        sa.Column("k", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("images_seen", sa.BigInteger(), nullable=False),
        sa.Column("images_labeled", sa.BigInteger(), nullable=False),
        sa.Column("images_failed", sa.BigInteger(), nullable=False),
        sa.Column("last_key", sa.String(512), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.CheckConstraint("k >= 1", name=op.f("ck_run_k")),
    )
    create_table(
        "failure",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("link", LONG_TEXT, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.Column("detail", LONG_TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failure"),
        sa.UniqueConstraint("run_id", "position", name="uq_failure_run_id_position"),
        sa.CheckConstraint(
            "stage IN ('read', 'fetch', 'decode', 'classify', 'write')",
            name=op.f("ck_failure_stage"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_failure_run_id"),
    )
    create_table(
        "prediction",
        sa.Column("run_id", ID, nullable=False, autoincrement=False),
        sa.Column("image_id", ID, nullable=False, autoincrement=False),
        sa.Column("rank", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("score", REAL, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "image_id", "rank", name="pk_prediction"),
        sa.CheckConstraint("`rank` >= 1", name=op.f("ck_prediction_rank")),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_prediction_score")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_prediction_run_id"),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name="fk_prediction_image_id"),
    )
    create_index("ix_prediction_image_id", "prediction", ["image_id"])
    create_table(
        "round",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("design", sa.String(64), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
        sa.CheckConstraint("overlap >= 1", name=op.f("ck_round_overlap")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_round_run_id"),
    )
    create_index("ix_round_run_id", "round", ["run_id"])
    create_table(
        "round_item",
        sa.Column("round_id", ID, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=True),
        sa.Column("inclusion_probability", REAL, nullable=True),
        sa.PrimaryKeyConstraint("round_id", "position", name="pk_round_item"),
        sa.UniqueConstraint("round_id", "image_id", name="uq_round_item_round_id_image_id"),
        sa.CheckConstraint(
            "inclusion_probability > 0 AND inclusion_probability <= 1",
            name=op.f("ck_round_item_inclusion_probability"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name="fk_round_item_round_id"),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name="fk_round_item_image_id"),
    )
    create_index("ix_round_item_image_id", "round_item", ["image_id"])
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
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("retracted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_judgment"),
        sa.ForeignKeyConstraint(
            ["round_id", "position"],
            ["round_item.round_id", "round_item.position"],
            name="fk_judgment_round_id_position",
        ),
        sa.UniqueConstraint("uuid", name="uq_judgment_uuid"),
        sa.CheckConstraint(
            "verdict IN ('top1', 'topk', 'none', 'novocab', 'unsure', 'skip')",
            name=op.f("ck_judgment_verdict"),
        ),
        sa.CheckConstraint(
            "correct_rank IS NULL OR (verdict = 'topk' AND correct_rank >= 2)",
            name=op.f("ck_judgment_correct_rank"),
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name="fk_judgment_reviewer_id"),
    )
    create_index("ix_judgment_reviewer_id", "judgment", ["reviewer_id"])
    create_index("ix_judgment_round_id_position", "judgment", ["round_id", "position"])
    create_table(
        "lease",
        sa.Column("round_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("slot", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("round_id", "position", "slot", name="pk_lease"),
        sa.ForeignKeyConstraint(
            ["round_id", "position"],
            ["round_item.round_id", "round_item.position"],
            name="fk_lease_round_id_position",
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["reviewer.id"], name="fk_lease_reviewer_id"),
    )
    create_index("ix_lease_reviewer_id", "lease", ["reviewer_id"])
