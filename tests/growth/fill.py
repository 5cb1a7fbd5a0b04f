"""A database as years of syncs leave it: real rows of a few hundred offers, multiplied by the server.

    python -m tests.growth.fill --database URL [--offers 1000000] [--changes 100000000]

Each offer of the base is stored by the real code (`tests.filled`); its copies differ in id, supplier
and times, their rows are as wide. How often offers changed is skewed: the n-th most often changed one
in n. A second time only the history is made anew. The books balance: `pwsync audit` is clean.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Connection, Engine, Table, func, insert, select, text, update

from app import models
from app.models import table
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.filled import fill

OFFER, CHANGE = table(models.Offer), table(models.OfferChange)
RUN, SUM = table(models.Run), table(models.RunSum)
GRAM = table(models.OfferGram)
MULTIPLIED = tuple(
    table(each)
    for each in (
        models.Supplier, models.Offer, models.Sku, models.PriceTier, models.OfferImage,
        models.OfferFacet, models.RunItem, models.Attempt,
    )
)  # fmt: skip
STEP = 10**12
"""Between the ids of two copies; an offer of the base has a smaller one."""
BASE, ROUNDS = 200, 3
BASE_OF = "growth_base_"
"""Begins the names of the tables that keep the rows of the base."""
LATER = 1000
"""Versions of an offer with a change: room for the longest history."""
PORTION = 10_000
"""Rows of one statement and transaction."""
GAP = timedelta(hours=40)
"""Between two versions of history that is made longer."""
EARLIER = {
    "mysql": "DATE_SUB({column}, INTERVAL ({n} * 977) % 2000000 SECOND)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', {column}, '-' || (({n} * 977) % 2000000) || ' seconds')",
}
JOIN = {"mysql": "STRAIGHT_JOIN", "sqlite": "CROSS JOIN"}
"""Copy by copy, so that rows come in the order of their key."""
OFFER_TIMES = frozenset({"observed_at", "changed_at"})


def grow(engine: Engine, offers: int, changes: int, *, base: int = BASE) -> None:
    """Fill an empty database so far; of one that is filled already, only the history."""
    migrate(engine)
    with engine.connect() as conn:
        there = conn.scalar(select(func.count()).select_from(table(models.OfferFacet))) or 0
    if not there:
        for epoch in range(1, ROUNDS + 1):
            fill(engine, base, epoch=epoch)
    with engine.connect() as conn:
        _quickly(conn)
        if there <= base * 2:
            _remember(conn)
            _multiply(conn, -(-offers // _count(conn, OFFER)))
        _history(conn, changes)
        _analyse(conn)


def _quickly(conn: Connection) -> None:
    """Leave out what only others on the same database need; before a transaction begins."""
    conn.exec_driver_sql("SELECT 1")
    conn.commit()
    driver = conn.connection.driver_connection.cursor()
    off = ["PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-200000"]
    if conn.dialect.name == "mysql":
        off = ["SET foreign_key_checks=0, unique_checks=0"]
        off += ["SET join_cache_level=0"] if conn.dialect.is_mariadb else []  # else out of order
    for word in off:
        driver.execute(word)
    driver.close()


def _count(conn: Connection, one: Table) -> int:
    return conn.scalar(select(func.count()).select_from(one)) or 0


# The base


def _remember(conn: Connection) -> None:
    """Keep the rows of the base, and give its offers room for more versions."""
    conn.execute(update(OFFER).values(version=OFFER.c.version * LATER))
    for one in (*MULTIPLIED, GRAM, CHANGE):
        conn.execute(text(f"CREATE TABLE {BASE_OF}{one.name} AS SELECT * FROM {one.name}"))
    conn.execute(text(f"CREATE INDEX growth_gram ON {BASE_OF}offer_gram (gram)"))
    conn.execute(text("CREATE TABLE growth_change AS SELECT * FROM offer_change WHERE 1 = 0"))
    conn.execute(text("CREATE TABLE growth_number (n INTEGER PRIMARY KEY)"))
    numbers = [{"n": n} for n in range(20_000)]
    conn.execute(text("INSERT INTO growth_number VALUES (:n)"), numbers)
    conn.commit()


# Offers, and what the books say of them


def _multiply(conn: Connection, copies: int) -> None:
    sums = ("expected", "lines_read")
    conn.execute(update(RUN).values({name: RUN.c[name] * copies for name in sums}))
    conn.execute(update(SUM).values(offers=SUM.c.offers * copies))
    for one in MULTIPLIED:
        began, rows = time.monotonic(), _count(conn, one)
        for first, last in _spans(1, copies, rows):
            conn.execute(text(_copies(conn, one, first, last)))
            conn.commit()
        say(f"{one.name}: {rows * copies:,} rows, {time.monotonic() - began:.0f} s")
    _grams(conn, copies)


def _spans(first: int, end: int, rows: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of copies, each of about PORTION rows."""
    step = max(1, PORTION // max(1, rows))
    for start in range(first, end, step):
        yield start, min(end, start + step)


def _copies(conn: Connection, one: Table, first: int, last: int, source: str = "") -> str:
    quoted = conn.dialect.identifier_preparer.quote
    names = [quoted(column.name) for column in one.columns]
    told = [_of_copy(conn, one, column.name, f"b.{quoted(column.name)}") for column in one.columns]
    return (
        f"INSERT INTO {one.name} ({', '.join(names)}) SELECT {', '.join(told)} "
        f"FROM growth_number g {JOIN[conn.dialect.name]} {source or BASE_OF + one.name} b "
        f"WHERE g.n >= {first} AND g.n < {last}"
    )


def _of_copy(conn: Connection, one: Table, name: str, column: str) -> str:
    if name == "offer_id":
        return f"{column} + g.n * {STEP}"
    if name == "position" and one.name == "run_item":
        return f"{column} + g.n * 1000"
    if name == "supplier_key":
        joined = {"mysql": f"CONCAT({column}, '~', g.n)", "sqlite": f"{column} || '~' || g.n"}
        return joined[conn.dialect.name]
    if (name in OFFER_TIMES and one.name != "supplier") or name == "changed_at":
        return EARLIER[conn.dialect.name].format(column=column, n="g.n")
    return column


def _grams(conn: Connection, copies: int) -> None:
    """In the order of their key: the table would be written many times over in another."""
    began = time.monotonic()
    counted = select(GRAM.c.gram, func.count()).group_by(GRAM.c.gram).order_by(GRAM.c.gram)
    found, rows = [tuple(row) for row in conn.execute(counted)], 0
    conn.commit()
    while found:
        part, number = [], 0
        while found and number < PORTION * 10:
            gram, count = found.pop(0)
            part.append(gram)
            number += count * copies
        conn.exec_driver_sql(
            f"INSERT INTO offer_gram (gram, offer_id) SELECT b.gram, b.offer_id + g.n * {STEP} "
            f"FROM {BASE_OF}offer_gram b JOIN growth_number g WHERE b.gram >= {part[0]} "
            f"AND b.gram <= {part[-1]} AND g.n >= 1 AND g.n < {copies} "
            "ORDER BY 1, 2"
        )
        conn.commit()
        rows += number
    say(f"offer_gram: {rows:,} rows, {time.monotonic() - began:.0f} s")


# History


def _history(conn: Connection, changes: int) -> None:
    began = time.monotonic()
    copies = _count(conn, table(models.OfferFacet)) // _base_offers(conn)
    conn.exec_driver_sql("DELETE FROM growth_change")
    kept, rows = _lengthened(conn, changes / copies)
    for start in range(0, len(rows), 2000):
        conn.execute(_into("growth_change"), rows[start : start + 2000])
    conn.commit()
    emptied = "TRUNCATE TABLE" if conn.dialect.name == "mysql" else "DELETE FROM"
    conn.exec_driver_sql(f"{emptied} offer_change")
    conn.commit()
    _recorded_from(conn, kept, copies)
    for first, last in _spans(0, copies, len(rows)):
        conn.execute(text(_copies(conn, CHANGE, first, last, source="growth_change")))
        conn.commit()
    say(f"offer_change: {len(rows) * copies:,} rows, {time.monotonic() - began:.0f} s")


def _base_offers(conn: Connection) -> int:
    few = select(func.count()).select_from(OFFER).where(OFFER.c.offer_id < STEP)
    return conn.scalar(few) or 1


def _into(name: str):
    there = CHANGE.to_metadata(type(CHANGE.metadata)(), name=name)
    return insert(there)


def _lengthened(conn: Connection, wanted: float) -> tuple[dict[str, int], list[dict]]:
    """Of each offer of the base the version after which its changes are kept; and the changes."""
    base = text("SELECT * FROM growth_base_offer_change ORDER BY offer_id, version, seq").columns(
        *CHANGE.columns
    )
    own: dict[str, dict[int, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for row in conn.execute(base).mappings():
        own[row["offer_id"]][row["version"]].append(dict(row))
    last = dict(
        conn.execute(select(OFFER.c.offer_id, OFFER.c.version).where(OFFER.c.offer_id < STEP)).all()
    )
    sizes = {key: sum(map(len, versions.values())) for key, versions in own.items()}
    weights = {key: 1 / (place + 3) for place, key in enumerate(own)}
    scale = wanted / sum(sizes[key] * weights[key] for key in own)
    kept, rows = dict(last), []
    for key, versions in own.items():
        times = max(1, min(round(scale * weights[key]), (last[key] - 1) // len(versions)))
        rows += _repeated(list(versions.values()), last[key], times)
        kept[key] = last[key] - times * len(versions)
    return kept, rows


def _repeated(versions: Sequence[list[dict]], last: int, times: int) -> Iterator[dict]:
    count = len(versions)
    for place in range(times * count):
        for row in versions[place % count]:
            back = times - 1 - place // count
            at = row["observed_at"] - back * count * GAP
            yield row | {"version": last - times * count + place + 1, "observed_at": at}


def _recorded_from(conn: Connection, kept: dict[str, int], copies: int) -> None:
    """In the order of the key, and for all copies."""
    cases = " ".join(f"WHEN {key} THEN {version}" for key, version in kept.items())
    for first, last in _spans(0, copies, len(kept)):
        told = (
            f"UPDATE offer SET recorded_from = CASE offer_id % {STEP} {cases} END "
            f"WHERE offer_id >= {first * STEP} AND offer_id < {last * STEP}"
        )
        conn.execute(text(told))
        conn.commit()


def _analyse(conn: Connection) -> None:
    """InnoDB keeps statistics by itself, a little later; SQLite has none where nobody asks."""
    for one in (*MULTIPLIED, GRAM, CHANGE) if conn.dialect.name == "mysql" else ():
        conn.exec_driver_sql(f"ANALYZE TABLE {one.name}").close()
    conn.commit()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--offers", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000_000)
    given = parser.parse_args()
    began = time.monotonic()
    grow(open_engine(given.database), given.offers, given.changes)
    say(f"filled in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
