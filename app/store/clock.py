"""The database's own clock as an SQL expression; leases and due times never use a worker's clock.

Nothing here reads the time of this machine.
"""

from typing import Any

from sqlalchemy import Numeric, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.models.base import Instant


class now(FunctionElement[Any]):  # noqa: N801 - reads as SQL
    """The time by the database, `seconds` from now: microseconds on MySQL, milliseconds on SQLite.

    `now(30)` is when a lease of half a minute ends. Fixed within one statement.
    """

    type = Instant()
    inherit_cache = True

    def __init__(self, seconds: float = 0) -> None:
        super().__init__(literal(round(seconds, 3), Numeric(14, 3, asdecimal=False)))


@compiles(now, "mysql")
def _on_mysql(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(utc_timestamp(6) + INTERVAL {compiler.process(element.clauses, **kw)} SECOND)"


@compiles(now, "sqlite")
def _on_sqlite(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    # the format in which SQLAlchemy stores a datetime, so that times compare as text
    seconds = compiler.process(element.clauses, **kw)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%+.3f seconds', {seconds}))"
