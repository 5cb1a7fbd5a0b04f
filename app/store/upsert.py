"""INSERT … ON DUPLICATE KEY UPDATE, once for both databases. Nothing of offers here."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.sql.dml import Insert


def upsert(
    conn: Connection, table: Table, rows: Sequence[dict[str, Any]], *, keep: tuple[str, ...] = ()
) -> None:
    """Insert rows or overwrite those with the same primary key, except the columns to `keep`.

    Rows all have the same columns and come sorted by key, so that writers never deadlock on them.
    """
    if rows:
        conn.execute(_statement(conn.dialect.name, table, tuple(rows[0]), keep), list(rows))


@cache
def _statement(
    dialect: str, table: Table, columns: tuple[str, ...], keep: tuple[str, ...]
) -> Insert:
    """Made once: to make it takes as long as to run it."""
    keys = [column.name for column in table.primary_key.columns]
    changed = [name for name in columns if name not in keys and name not in keep]
    if dialect == "mysql":
        on_mysql = mysql.insert(table)
        return on_mysql.on_duplicate_key_update({name: on_mysql.inserted[name] for name in changed})
    on_sqlite = sqlite.insert(table)
    return on_sqlite.on_conflict_do_update(
        index_elements=keys, set_={name: on_sqlite.excluded[name] for name in changed}
    )
