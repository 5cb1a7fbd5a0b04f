"""What the items of a closed run come to, so that nobody counts them again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}


def upgrade() -> None:
    op.create_table(
        "run_sum",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("lists", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_sum_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "state", name=op.f("pk_run_sum")),
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("run_sum")
