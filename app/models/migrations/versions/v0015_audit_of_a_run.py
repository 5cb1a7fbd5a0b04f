"""Indexes by run: the audit of one run reads its offers and changes, not all."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {"ix_offer_run_id": "offer", "ix_offer_change_run_id": "offer_change"}


def upgrade() -> None:
    for name, table in INDEXES.items():
        if not _is_there(name, table):
            op.create_index(op.f(name), table, ["run_id"], unique=False)


def downgrade() -> None:
    for name, table in INDEXES.items():
        if _is_there(name, table):
            op.drop_index(op.f(name), table_name=table)


def _is_there(name: str, table: str) -> bool:
    # MySQL commits each statement: a killed migration is run again
    return name in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
