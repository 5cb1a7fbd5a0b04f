"""Pictures: one row a picture, an address, and a use of an address by an offer."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, LONG, PARTS = sa.String(64), sa.Text(), sa.JSON(none_as_null=True)
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
        "image",
        sa.Column("sha256", SHORT, nullable=False),
        sa.Column("format", SHORT, nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("dhash", BIG, nullable=False),
        sa.Column("file", LONG, nullable=False),
        sa.Column("file_bytes", BIG, nullable=False),
        sa.Column("file_sha256", SHORT, nullable=False),
        sa.Column("thumb", LONG, nullable=False),
        sa.Column("thumb_bytes", BIG, nullable=False),
        sa.Column("thumb_sha256", SHORT, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_image")),
        **OPTIONS,
    )
    _index("ix_image_dhash", "image", ["dhash"])
    op.create_table(
        "image_source",
        sa.Column("url_key", SHORT, nullable=False),
        sa.Column("url", LONG, nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("profile", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("sha256", SHORT, nullable=True),
        sa.Column("found", PARTS, nullable=True),
        sa.Column("failure", SHORT, nullable=True),
        sa.Column("detail", LONG, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_image_source")),
        **OPTIONS,
    )
    _index("ix_image_source_state_not_before", "image_source", ["state", "not_before"])
    _index("ix_image_source_sha256", "image_source", ["sha256"])
    op.create_table(
        "image_use",
        sa.Column("offer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("url_key", SHORT, nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.offer_id"], name=op.f("fk_image_use_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "url_key", name=op.f("pk_image_use")),
        **OPTIONS,
    )
    _index("ix_image_use_url_key", "image_use", ["url_key"])


def downgrade() -> None:
    for table in ("image_use", "image_source", "image"):
        op.drop_table(table)
