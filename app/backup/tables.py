"""The database as files and back: a gzip file of JSON lines for each table, for either database.

What is written is what the tables' types give: exact amounts, aware moments, ids as text. So a
backup of SQLite can be restored into MySQL, and the other way round.
"""

import base64
import gzip
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, insert, select

from app import models

PORTION = 500
"""Rows that are in memory at once, and in one INSERT."""
ENDING = ".jsonl.gz"
LEVEL = 3


def tables() -> list[Table]:
    """Every table, those that others refer to first."""
    return list(models.Row.metadata.sorted_tables)


def dump(conn: Connection, folder: Path) -> dict[str, int]:
    """Write every table into the folder; how many rows each has."""
    return {str(one.name): _dump(conn, one, folder / f"{one.name}{ENDING}") for one in tables()}


def _dump(conn: Connection, table: Table, path: Path) -> int:
    query = select(table).order_by(*table.primary_key.columns)
    rows = conn.execute(query.execution_options(yield_per=PORTION))
    count = 0
    with gzip.open(path, "wb", compresslevel=LEVEL) as file:
        file.write(orjson.dumps([str(column.name) for column in table.columns]) + b"\n")
        for row in rows:
            file.write(orjson.dumps([_told(value) for value in row]) + b"\n")
            count += 1
    return count


def load(conn: Connection, folder: Path) -> int:
    """Put the rows of a folder into empty tables; how many there were."""
    return sum(_load(conn, one, folder / f"{one.name}{ENDING}") for one in tables())


def _load(conn: Connection, table: Table, path: Path) -> int:
    count = 0
    with gzip.open(path, "rb") as file:
        names = orjson.loads(file.readline())
        while part := list(islice(file, PORTION)):
            rows = [map(_meant, orjson.loads(line)) for line in part]
            conn.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            count += len(part)
    return count


def lines(path: Path) -> int:
    """How many rows a table's file has. Raises OSError, EOFError where it is no whole file."""
    with gzip.open(path, "rb") as file:
        return sum(1 for _ in file) - 1


def filled(conn: Connection) -> Iterator[str]:
    """Names of tables that have rows."""
    for one in tables():
        if conn.scalar(select(func.count()).select_from(one)):
            yield one.name


def _told(value: Any) -> Any:
    """A value as JSON; what JSON has no word for is an object of one entry, JSON itself too."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, Decimal):
        return {"d": str(value)}
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    return {"j": value} if isinstance(value, (dict, list)) else value


MEANINGS: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "d": Decimal,
    "b": base64.b64decode,
    "j": lambda value: value,
}


def _meant(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, told),) = value.items()
    return MEANINGS[kind](told)
