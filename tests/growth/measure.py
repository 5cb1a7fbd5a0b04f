"""What each question costs as a database has grown: time, rows read, and what its plans say.

    python -m tests.growth.measure --database URL [--times 20]

Prints a table in Markdown. "reads" are the rows that the server read for one call (Handler_read*);
a question marked with + reads all of a table that grows, or sorts much of one.
"""

import argparse
import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine, event, text

from app.store.engine import open_engine
from app.store.schema import migrate
from tests.growth import hot
from tests.growth.plans import captured, faults

PARTS = (hot.work, hot.lists, hot.history, hot.books)
SLOW = 2.0
"""Seconds after which a question is asked no more than twice."""
READS = "SHOW SESSION STATUS LIKE 'Handler_read%%'"


class Reads:
    """Rows that MySQL reads over all connections of an engine while it counts."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.total = engine, 0
        self.is_mysql = engine.dialect.name == "mysql"

    def of(self, ask: Callable[[], object]) -> int | None:
        if not self.is_mysql:
            ask()
            return None
        self.total = 0
        event.listen(self.engine, "checkout", self._begin)
        event.listen(self.engine, "checkin", self._end)
        try:
            ask()
        finally:
            event.remove(self.engine, "checkout", self._begin)
            event.remove(self.engine, "checkin", self._end)
        return self.total

    def _begin(self, connection, *_) -> None:
        with connection.cursor() as cursor:
            cursor.execute("FLUSH STATUS")

    def _end(self, connection, *_) -> None:
        with connection.cursor() as cursor:
            cursor.execute(READS.replace("%%", "%"))
            self.total += sum(int(value) for _, value in cursor.fetchall())


def measured(engine: Engine, times: int) -> None:
    say("| question | p50 ms | p95 ms | reads | grows |\n|---|---|---|---|---|")
    scene = hot.Scene.of(engine, 2_000)
    for part in PARTS:
        asks = part(scene)
        told = {name: first(engine, ask) for name, ask in asks.items()}
        taken: dict[str, list[float]] = {name: [] for name in asks}
        for _ in range(times):
            for name, ask in asks.items():
                if not taken[name] or taken[name][-1] < SLOW:
                    taken[name].append(timed(ask))
        for name, seconds in taken.items():
            line(name, sorted(seconds), *told[name])


def first(engine: Engine, ask: Callable[[], object]) -> tuple[int | None, bool]:
    """What a call reads, and whether a plan of it reads all of a table that grows."""
    with captured(engine) as asked:
        reads = Reads(engine).of(ask)
    return reads, bool(faults(engine, asked))


def timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def line(name: str, seconds: list[float], reads: int | None, grows: bool) -> None:
    middle, late = (seconds[int(len(seconds) * part)] * 1000 for part in (0.5, 0.95))
    many = "" if reads is None else f"{reads:,}"
    say(f"| {name} | {middle:.1f} | {late:.1f} | {many} | {'+' if grows else ''} |")


def sizes(engine: Engine) -> None:
    query = (
        "SELECT table_name, table_rows, data_length, index_length FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_name NOT LIKE 'growth%' "
        "ORDER BY data_length + index_length DESC LIMIT 9"
    )
    if engine.dialect.name == "mysql":
        with engine.connect() as conn:
            for name, rows, held, index in conn.execute(text(query)):
                say(f"{name}: {rows:,} rows, {held >> 20:,} MB and {index >> 20:,} MB of indexes")


def say(told: str) -> None:
    sys.stdout.write(f"{told}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    engine = open_engine(given.database)
    migrate(engine)
    sizes(engine)
    measured(engine, given.times)


if __name__ == "__main__":
    main()
