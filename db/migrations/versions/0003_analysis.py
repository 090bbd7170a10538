"""What analysis stores: thresholds, second phases, and verdicts that settle a disagreement."""

import sqlalchemy as sa
from alembic import op

from db.migrations.building import (
    ID,
    MOMENT,
    REAL,
    add_column,
    add_reference,
    create_index,
    create_table,
    create_view,
)

revision = "0003"
down_revision = "0002"

SHARES = (
    "target",
    "confidence",
    "threshold",
    "coverage",
    "precision_estimate",
    "precision_low",
    "precision_high",
)
"""Columns of a threshold that lie from 0 to 1."""


def upgrade() -> None:
    add_column(
        "judgment", sa.Column("settles", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    add_reference("round", "follows_id", "round")
    create_table(
        "threshold",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("criterion", sa.String(32), nullable=False),
        sa.Column("target", REAL, nullable=True),
        sa.Column("confidence", REAL, nullable=True),
        sa.Column("threshold", REAL, nullable=False),
        sa.Column("coverage", REAL, nullable=False),
        sa.Column("precision_estimate", REAL, nullable=True),
        sa.Column("precision_low", REAL, nullable=True),
        sa.Column("precision_high", REAL, nullable=True),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("right", REAL, nullable=True),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_threshold"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_threshold_run_id"),
        *(
            sa.CheckConstraint(f"{name} >= 0 AND {name} <= 1", name=op.f(f"ck_threshold_{name}"))
            for name in SHARES
        ),
        sa.CheckConstraint(
            "judged >= 0 AND `right` >= 0 AND `right` <= judged", name=op.f("ck_threshold_judged")
        ),
    )
    create_index("ix_threshold_run_id", "threshold", ["run_id"])
    create_view()
