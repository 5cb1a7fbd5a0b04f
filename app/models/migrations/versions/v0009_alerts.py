"""Which lines offers have crossed, and who is to be told."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, LONG = sa.String(64), sa.Text()
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}
ONCE = ["alert", "mark", "offer_id", "view", "version", "target"]


def upgrade() -> None:
    op.create_table(
        "alert_state",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("view", SHORT, nullable=False),
        sa.Column("alert", SHORT, nullable=False),
        sa.Column("mark", SHORT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("offer_id", "view", "alert", "mark", name=op.f("pk_alert_state")),
        **OPTIONS,
    )
    op.create_table(
        "alert_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert", SHORT, nullable=False),
        sa.Column("mark", SHORT, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("view", SHORT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("target", SHORT, nullable=False),
        sa.Column("subject", LONG, nullable=False),
        sa.Column("body", LONG, nullable=False),
        sa.Column("fired_at", INSTANT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("reason", LONG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_firing")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    _index("ix_alert_firing_state_not_before", ["state", "not_before"])
    _index("uq_alert_firing_once", ONCE, unique=True)


def _index(name: str, columns: list[str], *, unique: bool = False) -> None:
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("alert_firing")}
    if name not in there:
        op.create_index(op.f(name), "alert_firing", columns, unique=unique)


def downgrade() -> None:
    op.drop_table("alert_firing")
    op.drop_table("alert_state")
