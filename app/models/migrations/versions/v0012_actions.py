"""What people and programs did through the doors of the server."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, LONG = sa.String(64), sa.Text()
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}


def _index(name: str, table: str, columns: list[str]) -> None:
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in there:
        op.create_index(op.f(name), table, columns, unique=False)


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", SHORT, nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("door", SHORT, nullable=False),
        sa.Column("verb", SHORT, nullable=False),
        sa.Column("target", SHORT, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("note", LONG, nullable=True),
        sa.Column("done_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    _index("ix_action_target", "action", ["target"])
    _index("ix_action_done_at", "action", ["done_at"])


def downgrade() -> None:
    op.drop_table("action")
