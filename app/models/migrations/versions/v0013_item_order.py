"""A run's items in the order of its input."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEX = "ix_run_item_run_id_position"


def upgrade() -> None:
    # MySQL commits each statement: a killed migration is run again
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("run_item")}
    if INDEX not in there:
        op.create_index(op.f(INDEX), "run_item", ["run_id", "position"])


def downgrade() -> None:
    op.drop_index(INDEX, table_name="run_item")
