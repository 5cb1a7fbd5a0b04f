"""Exports that were finished, and what each mark has had."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
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
        "export_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", SHORT, nullable=True),
        sa.Column("format", SHORT, nullable=False),
        sa.Column("per", SHORT, nullable=False),
        sa.Column("query", LONG, nullable=False),
        sa.Column("target", LONG, nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("row_count", BIG, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    _index("ix_export_run_mark", "export_run", ["mark"])
    op.create_table(
        "export_offer",
        sa.Column("mark", SHORT, nullable=False),
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "offer_id", name=op.f("pk_export_offer")),
        **OPTIONS,
    )
    _index("ix_export_offer_offer_id", "export_offer", ["offer_id"])
    _index("ix_export_offer_export_id", "export_offer", ["export_id"])


def downgrade() -> None:
    op.drop_table("export_offer")
    op.drop_table("export_run")
