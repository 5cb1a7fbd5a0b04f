"""What offers are found by: facets and grams. Both are filled after the tables are there."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
GRAM = sa.BigInteger().with_variant(mysql.INTEGER(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
AMOUNT, SHARE = sa.Numeric(14, 4), sa.Numeric(7, 6)
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
        "offer_facet",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("status", SHORT, nullable=False),
        sa.Column("gone", SHORT, nullable=True),
        sa.Column("language", SHORT, nullable=False),
        sa.Column("price_kind", SHORT, nullable=False),
        sa.Column("price_min", AMOUNT, nullable=True),
        sa.Column("price_max", AMOUNT, nullable=True),
        sa.Column("min_order_quantity", BIG, nullable=True),
        sa.Column("stock", BIG, nullable=True),
        sa.Column("sold", BIG, nullable=True),
        sa.Column("sku_count", sa.Integer(), nullable=False),
        sa.Column("unit", SHORT, nullable=True),
        sa.Column("supplier_key", SHORT, nullable=True),
        sa.Column("category_id", SHORT, nullable=True),
        sa.Column("province", SHORT, nullable=True),
        sa.Column("city", SHORT, nullable=True),
        sa.Column("free_shipping", sa.Boolean(), nullable=True),
        sa.Column("score", SHARE, nullable=True),
        sa.Column("reviews", BIG, nullable=True),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("posted_at", INSTANT, nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("title", LONG, nullable=False),
        sa.Column("category", LONG, nullable=False),
        sa.Column("tags", LONG, nullable=False),
        sa.Column("words", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_offer_facet_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer_facet")),
        **OPTIONS,
    )
    for column in ("changed_at", "first_seen_at", "price_min", "sold", "stock", "supplier_key"):
        _index(f"ix_offer_facet_{column}", "offer_facet", [column])
    op.create_table(
        "offer_gram",
        sa.Column("gram", GRAM, autoincrement=False, nullable=False),
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("gram", "offer_id", name=op.f("pk_offer_gram")),
        sqlite_with_rowid=False,
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("offer_gram")
    op.drop_table("offer_facet")
