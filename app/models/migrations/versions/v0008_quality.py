"""What pages told, by run and layout; what a person decided about a refusal."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql")
SHORT, PARTS = sa.String(64), sa.JSON(none_as_null=True)
INDEX = "ix_page_tally_realm_layout_run_id"
NEW: dict[str, Any] = {"layout": SHORT, "decision": SHORT, "decided_at": INSTANT}


def _column(table: str, column: sa.Column[Any]) -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)


def upgrade() -> None:
    op.create_table(
        "page_tally",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("layout", SHORT, nullable=False),
        sa.Column("realm", SHORT, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("told", PARTS, nullable=False),
        sa.Column("refused", PARTS, nullable=False),
        sa.Column("sellers", PARTS, nullable=False),
        sa.Column("watch", PARTS, nullable=False),
        sa.Column("aside", PARTS, nullable=False),
        sa.Column("accepted", PARTS, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_page_tally_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "layout", name=op.f("pk_page_tally")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        if_not_exists=True,  # MySQL commits each statement: a killed migration is run again
    )
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("page_tally")}
    if INDEX not in there:
        op.create_index(op.f(INDEX), "page_tally", ["realm", "layout", "run_id"], unique=False)
    for name, kind in NEW.items():
        _column("quarantine", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    op.drop_table("page_tally")
    for name in NEW:
        op.drop_column("quarantine", name)
