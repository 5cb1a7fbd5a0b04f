"""How a database means to answer what the code asks: the statements themselves, and their plans."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event

SMALL = frozenset({"run", "r", "batch_fire", "page_tally", "alembic_version"})
"""Tables and their aliases that do not grow with offers, history or items."""
EMPTY = frozenset({"image_use", "u", "quarantine", "q"})
"""That the grown database has no rows of: MySQL reads what is empty as a whole."""
SORTED = 400
"""Rows that may be put in order after they were found."""
READ = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
NO_TABLE = re.compile(r"<(derived|union|subquery)")
SCAN = re.compile(r"SCAN (\w+)(.*)")
SORT = "TEMP B-TREE FOR ORDER BY"
"""`LAST TERM OF ORDER BY` puts those in order that are otherwise equal."""
CO_ROUTINE = re.compile(r"(?:MATERIALIZE|CO-ROUTINE) (\w+)")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A statement as it was sent, with its values."""

    statement: str
    values: object

    @property
    def is_limited(self) -> bool:
        return re.search(r"\bLIMIT\b", self.statement) is not None


@contextmanager
def captured(engine: Engine) -> Iterator[list[Asked]]:
    """What is sent to a database within the block and reads anything."""
    found: list[Asked] = []

    def note(_conn, _cursor, statement, values, _context, many) -> None:
        if READ.match(statement) and "lock" not in statement.lower()[:20]:
            found.append(Asked(statement=statement, values=values[0] if many else values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def faults(engine: Engine, asked: list[Asked]) -> list[str]:
    """Where statements read all of a table that grows, or sort much of it; one line each."""
    judge = _of_mysql if engine.dialect.name == "mysql" else _of_sqlite
    with engine.connect() as conn:
        return [
            f"{fault}: {' '.join(one.statement.split())[:400]}"
            for one in {each.statement: each for each in asked}.values()
            for fault in judge(conn, one)
        ]


def _explained(conn: Connection, word: str, one: Asked) -> list[dict]:
    with conn.connection.driver_connection.cursor() as cursor:
        cursor.execute(f"{word} {one.statement}", one.values or None)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _of_mysql(conn: Connection, one: Asked) -> Iterator[str]:
    for step in _explained(conn, "EXPLAIN", one):
        name, way = step["table"], step["type"]
        if name is None or name in SMALL | EMPTY or NO_TABLE.match(name):
            continue
        extra = step["Extra"] or ""
        if way == "ALL" or (way == "index" and not one.is_limited):
            yield f"reads all of {name} ({way}, {step['key']})"
        elif "filesort" in extra and int(step["rows"] or 0) > SORTED:
            yield f"sorts {step['rows']} of {name} ({step['key']})"


def _of_sqlite(conn: Connection, one: Asked) -> Iterator[str]:
    rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {one.statement}", one.values).all()
    told = [row[3] for row in rows]
    made = {found[1] for line in told if (found := CO_ROUTINE.match(line))}
    for line in told:
        found = SCAN.match(line)
        if found is None or found[1] in SMALL | EMPTY | made | {"CONSTANT"}:
            continue
        walks = "INDEX" in found[2] and one.is_limited
        if not walks:
            yield f"reads all of {found[1]} ({line})"
        elif any(SORT in each for each in told):
            yield f"sorts all of {found[1]} ({line})"
