"""Profiles, pace and robots.txt; list pages as items, and the cards they showed."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
AMOUNT, SHARE = sa.Numeric(14, 4), sa.Numeric(7, 6)
SHORT, LONG, PARTS = sa.String(64), sa.Text(), sa.JSON(none_as_null=True)
DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
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


def _column(table: str, column: sa.Column[Any]) -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)


def upgrade() -> None:
    _column("run", sa.Column("parked_until", INSTANT, nullable=True))
    _column("run", sa.Column("list_pages", sa.Integer(), nullable=False, server_default="0"))
    _column("run", sa.Column("list_total", sa.Integer(), nullable=True))
    _column("run_item", sa.Column("kind", SHORT, nullable=False, server_default="offer"))
    _guests()
    _lists()


def _guests() -> None:
    op.create_table(
        "profile",
        sa.Column("name", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("rest_until", INSTANT, nullable=True),
        sa.Column("reason", LONG, nullable=True),
        sa.Column("holder", LONG, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("logged_in_as", LONG, nullable=True),
        sa.Column("logged_in_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_page_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_profile")),
        **OPTIONS,
    )
    op.create_table(
        "turn",
        sa.Column("subject", SHORT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("closed_until", INSTANT, nullable=True),
        sa.Column("reason", LONG, nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_turn")),
        **OPTIONS,
    )
    op.create_table(
        "spending",
        sa.Column("subject", SHORT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "day", name=op.f("pk_spending")),
        **OPTIONS,
    )
    op.create_table(
        "robots_file",
        sa.Column("host", SHORT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_robots_file")),
        **OPTIONS,
    )


def _lists() -> None:
    op.create_table(
        "offer_card",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("title", LONG, nullable=False),
        sa.Column("price", AMOUNT, nullable=True),
        sa.Column("price_kind_text", SHORT, nullable=True),
        sa.Column("price_tiers", PARTS, nullable=True),
        sa.Column("image_url", LONG, nullable=True),
        sa.Column("sold_count", BIG, nullable=True),
        sa.Column("sold_text", SHORT, nullable=True),
        sa.Column("repurchase_rate", SHARE, nullable=True),
        sa.Column("is_ad", sa.Boolean(), nullable=False),
        sa.Column("province", SHORT, nullable=True),
        sa.Column("city", SHORT, nullable=True),
        sa.Column("supplier", PARTS, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_offer_card_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "page", "position", name=op.f("pk_offer_card")),
        **OPTIONS,
    )
    _index("ix_offer_card_offer_id_seen_at", "offer_card", ["offer_id", "seen_at"])


def downgrade() -> None:
    for table in ("offer_card", "robots_file", "spending", "turn", "profile"):
        op.drop_table(table)
    op.drop_column("run_item", "kind")
    for column in ("list_total", "list_pages", "parked_until"):
        op.drop_column("run", column)
