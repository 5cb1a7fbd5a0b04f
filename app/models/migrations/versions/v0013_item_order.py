"""A run's items in the order of its input."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEX = "ix_run_item_run_id_position"


def upgrade() -> None:
    if not _is_there():
        op.create_index(op.f(INDEX), "run_item", ["run_id", "position"])


def downgrade() -> None:
    if _is_there():
        op.drop_index(INDEX, table_name="run_item")


def _is_there() -> bool:
    # MySQL commits each statement: a killed migration is run again
    found = sa.inspect(op.get_bind()).get_indexes("run_item")
    return INDEX in {index["name"] for index in found}
