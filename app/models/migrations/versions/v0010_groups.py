"""Products that several suppliers sell."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHARE, SHORT = sa.Numeric(7, 6), sa.String(64)
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, KEY, autoincrement=False, nullable=False)


def _of_offer(column: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["offer.offer_id"], name=op.f(name), ondelete="CASCADE")


def _index(table: str, *columns: str) -> None:
    name = f"ix_{table}_{'_'.join(columns)}"
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in there:
        op.create_index(op.f(name), table, list(columns), unique=False)


def upgrade() -> None:
    op.create_table(
        "group_trait",
        _key("offer_id"),
        sa.Column("supplier_key", SHORT, nullable=True),
        sa.Column("traits", sa.JSON(), nullable=True),
        sa.Column("state", SHORT, nullable=False),
        _of_offer("offer_id", "fk_group_trait_offer"),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_group_trait")),
        **OPTIONS,
    )
    _index("group_trait", "state")
    op.create_table(
        "group_mark",
        sa.Column("mark", BIG, autoincrement=False, nullable=False),
        _key("offer_id"),
        sa.PrimaryKeyConstraint("mark", "offer_id", name=op.f("pk_group_mark")),
        sqlite_with_rowid=False,
        **OPTIONS,
    )
    op.create_table(
        "group_pair",
        _key("offer_id"),
        _key("other_id"),
        sa.Column("confidence", SHARE, nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("verdict", SHORT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        _of_offer("offer_id", "fk_group_pair_offer"),
        _of_offer("other_id", "fk_group_pair_other_id"),
        sa.PrimaryKeyConstraint("offer_id", "other_id", name=op.f("pk_group_pair")),
        **OPTIONS,
    )
    _index("group_pair", "other_id")
    _index("group_pair", "verdict", "confidence")
    op.create_table(
        "offer_group",
        _key("offer_id"),
        _key("group_id"),
        sa.Column("confidence", SHARE, nullable=False),
        _of_offer("offer_id", "fk_offer_group_offer"),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer_group")),
        **OPTIONS,
    )
    _index("offer_group", "group_id")


def downgrade() -> None:
    for name in ("offer_group", "group_pair", "group_mark", "group_trait"):
        op.drop_table(name)
