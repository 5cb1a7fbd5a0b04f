"""The first form of all tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
AMOUNT, SHARE = sa.Numeric(14, 4), sa.Numeric(7, 6)
SHORT, LONG, PARTS = sa.String(64), sa.Text(), sa.JSON(none_as_null=True)
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}


def _index(name: str, table: str, columns: list[str], *, unique: bool) -> None:
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
    if name not in there:
        op.create_index(op.f(name), table, columns, unique=unique)


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("url", LONG, nullable=False),
        sa.Column("title", LONG, nullable=False),
        sa.Column("language", SHORT, nullable=False),
        sa.Column("status", SHORT, nullable=False),
        sa.Column("gone", SHORT, nullable=True),
        sa.Column("unit", SHORT, nullable=True),
        sa.Column("currency", SHORT, nullable=False),
        sa.Column("price_kind", SHORT, nullable=False),
        sa.Column("price_min", AMOUNT, nullable=True),
        sa.Column("price_max", AMOUNT, nullable=True),
        sa.Column("list_price_min", AMOUNT, nullable=True),
        sa.Column("list_price_max", AMOUNT, nullable=True),
        sa.Column("min_order_quantity", BIG, nullable=True),
        sa.Column("stock", BIG, nullable=True),
        sa.Column("description_url", LONG, nullable=True),
        sa.Column("created_at", INSTANT, nullable=True),
        sa.Column("posted_at", INSTANT, nullable=True),
        sa.Column("modified_at", INSTANT, nullable=True),
        sa.Column("supplier_key", SHORT, nullable=True),
        sa.Column("supplier", PARTS, nullable=True),
        sa.Column("category", PARTS, nullable=True),
        sa.Column("mix_order", PARTS, nullable=True),
        sa.Column("sold", PARTS, nullable=True),
        sa.Column("sku_axes", PARTS, nullable=True),
        sa.Column("attributes", PARTS, nullable=True),
        sa.Column("video", PARTS, nullable=True),
        sa.Column("freight", PARTS, nullable=True),
        sa.Column("lead_times", PARTS, nullable=True),
        sa.Column("services", PARTS, nullable=True),
        sa.Column("rating", PARTS, nullable=True),
        sa.Column("flags", PARTS, nullable=True),
        sa.Column("layout", SHORT, nullable=False),
        sa.Column("provenance", PARTS, nullable=True),
        sa.Column("sku_count", sa.Integer(), nullable=False),
        sa.Column("tier_count", sa.Integer(), nullable=False),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("description_image_count", sa.Integer(), nullable=True),
        sa.Column("content_hash", SHORT, nullable=False),
        sa.Column("aside_hash", SHORT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offer")),
        **OPTIONS,
    )
    _index("ix_offer_observed_at", "offer", ["observed_at"], unique=False)
    _index("ix_offer_supplier_key", "offer", ["supplier_key"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("type", SHORT, nullable=False),
        sa.Column("rule", SHORT, nullable=False),
        sa.Column("field", LONG, nullable=True),
        sa.Column("message", LONG, nullable=False),
        sa.Column("digest", SHORT, nullable=False),
        sa.Column("evidence", LONG, nullable=True),
        sa.Column("first_run_id", sa.Integer(), nullable=False),
        sa.Column("last_run_id", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        **OPTIONS,
    )
    _index(
        "ix_quarantine_offer_id_rule_digest",
        "quarantine",
        ["offer_id", "rule", "digest"],
        unique=True,
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("label", LONG, nullable=False),
        sa.Column("options", PARTS, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("reason", LONG, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("lines_read", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )
    _index("ix_run_state", "run", ["state"], unique=False)
    op.create_table(
        "supplier",
        sa.Column("supplier_key", SHORT, nullable=False),
        sa.Column("member_id", SHORT, nullable=True),
        sa.Column("login_id", LONG, nullable=True),
        sa.Column("user_id", SHORT, nullable=True),
        sa.Column("company_name", LONG, nullable=True),
        sa.Column("shop_url", LONG, nullable=True),
        sa.Column("kind", SHORT, nullable=True),
        sa.Column("service_score", SHARE, nullable=True),
        sa.Column("repeat_rate", SHARE, nullable=True),
        sa.Column("years", BIG, nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("supplier_key", name=op.f("pk_supplier")),
        **OPTIONS,
    )
    op.create_table(
        "offer_image",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_offer_image_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "role", "position", name=op.f("pk_offer_image")),
        **OPTIONS,
    )
    op.create_table(
        "price_tier",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("min_quantity", BIG, autoincrement=False, nullable=False),
        sa.Column("max_quantity", BIG, nullable=True),
        sa.Column("price", AMOUNT, nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_price_tier_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "min_quantity", name=op.f("pk_price_tier")),
        **OPTIONS,
    )
    op.create_table(
        "rejected_line",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("text", LONG, nullable=False),
        sa.Column("reason", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_rejected_line_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_rejected_line")),
        **OPTIONS,
    )
    op.create_table(
        "run_item",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("reason", LONG, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("charges", sa.Integer(), nullable=False),
        sa.Column("excused", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("owner", LONG, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_item_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "offer_id", name=op.f("pk_run_item")),
        **OPTIONS,
    )
    _index(
        "ix_run_item_run_id_state_not_before_position",
        "run_item",
        ["run_id", "state", "not_before", "position"],
        unique=False,
    )
    op.create_table(
        "sku",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("sku_id", SHORT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spec_id", SHORT, nullable=True),
        sa.Column("options", PARTS, nullable=False),
        sa.Column("price", AMOUNT, nullable=True),
        sa.Column("list_price", AMOUNT, nullable=True),
        sa.Column("stock", BIG, nullable=True),
        sa.Column("sold", BIG, nullable=True),
        sa.Column("image_url", LONG, nullable=True),
        sa.Column("weight_kg", AMOUNT, nullable=True),
        sa.Column("length_cm", AMOUNT, nullable=True),
        sa.Column("width_cm", AMOUNT, nullable=True),
        sa.Column("height_cm", AMOUNT, nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_sku_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "sku_id", name=op.f("pk_sku")),
        **OPTIONS,
    )
    op.create_table(
        "attempt",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("owner", LONG, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ending", SHORT, nullable=True),
        sa.Column("reason", LONG, nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id", "offer_id"],
            ["run_item.run_id", "run_item.offer_id"],
            name=op.f("fk_attempt_run_item"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "offer_id", "attempt", name=op.f("pk_attempt")),
        **OPTIONS,
    )
    _index("ix_attempt_run_id_ended_at", "attempt", ["run_id", "ended_at"], unique=False)


def downgrade() -> None:
    op.drop_table("attempt")
    op.drop_table("sku")
    op.drop_table("run_item")
    op.drop_table("rejected_line")
    op.drop_table("price_tier")
    op.drop_table("offer_image")
    op.drop_table("supplier")
    op.drop_table("run")
    op.drop_table("quarantine")
    op.drop_table("offer")
