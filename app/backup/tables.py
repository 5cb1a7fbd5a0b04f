"""The database as files and back: a gzip file of JSON lines for each table, for either database.

What is written is what the tables' types give: exact amounts, aware moments, ids as text. So a
backup of SQLite can be restored into MySQL, and the other way round.
"""

import base64
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select

from app import models
from app.backup.values import Tell, quiet

PORTION = 500
"""Rows that are in memory at once, and in one INSERT."""
ENDING = ".jsonl.gz"
LEVEL = 3


def tables() -> list[Table]:
    """Every table, those that others refer to first."""
    return list(models.Row.metadata.sorted_tables)


def dump(conn: Connection, folder: Path, tell: Tell = quiet) -> dict[str, int]:
    """Write every table into the folder; how many rows each has."""
    counted = {str(one.name): _count(conn, one) for one in tables()}
    steps = _Steps("writing rows", sum(counted.values()), tell)
    return {
        str(one.name): _dump(conn, one, folder / f"{one.name}{ENDING}", steps) for one in tables()
    }


def _count(conn: Connection, table: Table) -> int:
    return conn.scalar(select(func.count()).select_from(table)) or 0


def _dump(conn: Connection, table: Table, path: Path, steps: "_Steps") -> int:
    query = select(table).order_by(*table.primary_key.columns)
    rows = conn.execute(query.execution_options(yield_per=PORTION))
    count = 0
    with gzip.open(path, "wb", compresslevel=LEVEL) as file:
        file.write(orjson.dumps([str(column.name) for column in table.columns]) + b"\n")
        for part in rows.partitions():
            file.writelines(orjson.dumps([_told(value) for value in row]) + b"\n" for row in part)
            count += len(part)
            steps.go(len(part))
    return count


def load(conn: Connection, folder: Path, rows: Mapping[str, int], tell: Tell = quiet) -> int:
    """Put the rows of a folder into empty tables of its revision; how many there were."""
    order = {str(one.name): place for place, one in enumerate(tables())}
    steps = _Steps("storing rows", sum(rows.values()), tell)
    names = sorted(rows, key=lambda name: order.get(name, len(order)))
    return sum(_load(conn, name, folder / f"{name}{ENDING}", steps) for name in names)


def _load(conn: Connection, name: str, path: Path, steps: "_Steps") -> int:
    count = 0
    with gzip.open(path, "rb") as file:
        names = orjson.loads(file.readline())
        table = _table(conn, name, names)
        while part := list(islice(file, PORTION)):
            rows = [map(_meant, orjson.loads(line)) for line in part]
            conn.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            count += len(part)
            steps.go(len(part))
    return count


def _table(conn: Connection, name: str, names: Iterable[str]) -> Table:
    """The table as the backup has it. What models have no longer is as the database says."""
    known = models.Row.metadata.tables.get(name)
    columns = dict(known.columns.items()) if known is not None else {}
    if known is not None and columns.keys() == set(names):
        return known
    found = Table(name, MetaData(), autoload_with=conn)
    for column in found.columns:
        if column.name in columns:
            column.type = columns[column.name].type
    return found


class _Steps:
    """Rows so far, of all."""

    def __init__(self, what: str, of: int, tell: Tell) -> None:
        self._what, self._of, self._tell, self._done = what, of, tell, 0

    def go(self, rows: int) -> None:
        self._done += rows
        self._tell(self._what, self._done, self._of)


def lines(path: Path) -> int:
    """How many rows a table's file has. Raises OSError, EOFError where it is no whole file."""
    with gzip.open(path, "rb") as file:
        return sum(1 for _ in file) - 1


def filled(conn: Connection) -> Iterator[str]:
    """Names of tables that have rows; of an older revision some may not be there."""
    there = set(inspect(conn).get_table_names())
    for one in tables():
        if one.name in there and _count(conn, one):
            yield str(one.name)


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
