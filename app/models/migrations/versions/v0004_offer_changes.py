"""What changed of offers; which of their versions it is kept of, and what is known beside their row."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, LONG, PARTS = sa.String(64), sa.Text(), sa.JSON(none_as_null=True)
VALUE = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
INDEX = "ix_offer_change_kind_observed_at"


def _column(table: str, column: sa.Column[Any]) -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)


def upgrade() -> None:
    _column("offer", sa.Column("memory", PARTS, nullable=True))
    _column("offer", sa.Column("recorded_from", sa.Integer(), nullable=False, server_default="1"))
    # what is stored already has versions whose changes nobody kept
    op.execute("UPDATE offer SET recorded_from = version")
    op.create_table(
        "offer_change",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("field", SHORT, nullable=False),
        sa.Column("key", LONG, nullable=False),
        sa.Column("view", SHORT, nullable=False),
        sa.Column("before", VALUE, nullable=True),
        sa.Column("after", VALUE, nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_offer_change_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "version", "seq", name=op.f("pk_offer_change")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        sqlite_with_rowid=False,
        if_not_exists=True,  # MySQL commits each statement: a killed migration is run again
    )
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("offer_change")}
    if INDEX not in there:
        op.create_index(op.f(INDEX), "offer_change", ["kind", "observed_at"], unique=False)


def downgrade() -> None:
    op.drop_table("offer_change")
    op.drop_column("offer", "recorded_from")
    op.drop_column("offer", "memory")
