"""Whether a database has the tables that the models describe; by Alembic's own comparison."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from app.models import Row

WORDS = {"add": "missing", "remove": "not ours", "modify": "not as it should be"}
"""By what Alembic would do about it."""


def differences(conn: Connection) -> list[str]:
    """What differs, a sentence each, as `offer.unit: missing`. Tables of others do not count."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - 0.2 s, for who asks
    from alembic.migration import MigrationContext  # noqa: PLC0415

    context = MigrationContext.configure(conn, opts={"compare_type": True})
    return [_sentence(one) for one in _flat(compare_metadata(context, Row.metadata))]


def _flat(found: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Changes of one column come as a list."""
    for one in found:
        if isinstance(one, list):
            yield from one
        elif one[0] != "remove_table":
            yield one


def _sentence(change: tuple[Any, ...]) -> str:
    act, _, kind = str(change[0]).partition("_")
    return f"{_place(kind, change)}: {WORDS[act]}"


def _place(kind: str, change: tuple[Any, ...]) -> str:
    """`offer`, `offer.unit`, `type of offer.unit` or `index ix_offer_unit of offer`."""
    if kind == "table":
        return str(change[1].name)
    if kind == "column":
        return f"{change[2]}.{change[3].name}"
    if len(change) > 3:  # noqa: PLR2004 - of a column: action, schema, table, column, …
        return f"{kind} of {change[2]}.{change[3]}"
    return f"{kind} {change[1].name or 'without a name'} of {change[1].table.name}"
