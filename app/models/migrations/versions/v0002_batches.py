"""What became of the due instants of batches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.create_table(
        "batch_fire",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("fired_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", "due_at", name=op.f("pk_batch_fire")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        if_not_exists=True,  # MySQL commits each statement: a killed migration is run again
    )


def downgrade() -> None:
    op.drop_table("batch_fire")
