"""Indexes for lists: suppliers with the sums of their offers, and refused pages by kind."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW = {
    "ix_offer_supplier_key_observed_at": ("offer", ["supplier_key", "observed_at"]),
    "ix_offer_facet_of_supplier": (
        "offer_facet",
        ["supplier_key", "gone", "completeness", "price_min", "price_max"],
    ),
    "ix_supplier_changed_at_supplier_key": ("supplier", ["changed_at", "supplier_key"]),
    "ix_supplier_first_seen_at_supplier_key": ("supplier", ["first_seen_at", "supplier_key"]),
    "ix_quarantine_type_decision_last_seen_at": (
        "quarantine",
        ["type", "decision", "last_seen_at"],
    ),
}
OLD = {
    "ix_offer_supplier_key": ("offer", ["supplier_key"]),
    "ix_offer_facet_supplier_key": ("offer_facet", ["supplier_key"]),
}
"""Beginnings of new ones, which do their work."""


def _known(table: str) -> set[str | None]:
    return {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}


def _change(made: dict[str, tuple[str, list[str]]], gone: dict[str, tuple[str, list[str]]]) -> None:
    """MySQL commits each statement: a killed migration is run again."""
    for name, (table, columns) in made.items():
        if name not in _known(table):
            op.create_index(op.f(name), table, columns, unique=False)
    for name, (table, _) in gone.items():
        if name in _known(table):
            op.drop_index(op.f(name), table_name=table)


def upgrade() -> None:
    _change(NEW, OLD)


def downgrade() -> None:
    _change(OLD, NEW)
