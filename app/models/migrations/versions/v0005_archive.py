"""What lies in the archive of pages."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = KEY = sa.BigInteger().with_variant(mysql.BIGINT(unsigned=True), "mysql")
INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, LONG = sa.String(64), sa.Text()
OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
    "if_not_exists": True,  # MySQL commits each statement: a killed migration is run again
}
INDEXES = (
    (["offer_id", "observed_at"], False),
    (["run_id", "offer_id"], False),
    (["file", "offset"], True),
    (["revisit_of"], False),
)


def upgrade() -> None:
    op.create_table(
        "page_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("file", SHORT, nullable=False),
        sa.Column("offset", BIG, nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("sha256", SHORT, nullable=False),
        sa.Column("revisit_of", sa.Integer(), nullable=True),
        sa.Column("url", LONG, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("layout", SHORT, nullable=True),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_record")),
        **OPTIONS,
    )
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("page_record")}
    for columns, unique in INDEXES:
        name = f"ix_page_record_{'_'.join(columns)}"
        if name not in there:
            op.create_index(op.f(name), "page_record", columns, unique=unique)


def downgrade() -> None:
    op.drop_table("page_record")
