"""How long a search takes among N made-up offers, and how large its tables are.

    python -m tests.search.measure FOLDER [OFFERS [sqlite|mariadb [POOL]]]

The folder keeps the database: a second time only the searches are timed. Facets and grams are the
real ones; the offers' own rows are left out. 1,000,000 offers take half an hour to load.
"""

import random
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from pyarrow.csv import WriteOptions, write_csv
from sqlalchemy import Engine, func, insert, select, text

from app.filters.parse import parse
from app.filters.search import MOST_COUNTED, count, search
from app.store.engine import open_engine, reading
from app.store.facets import FACET, GRAM, facet_of, grams_of
from app.store.schema import migrate
from app.store.words import normal
from tests.mariadb import running
from tests.samples import NOON, item

WORDS = 6000
"""Of two or three ideographs, used as often as words are: the n-th most common one in n."""
PORTION = 5000
PIECE = 4_000_000
FIRST = 610_000_000_000
CITIES = (("广东", "广州"), ("浙江", "杭州"), ("浙江", "金华"), ("福建", "泉州"), (None, None))


def vocabulary(rng: random.Random) -> list[str]:
    letters = [chr(0x4E00 + number) for number in rng.sample(range(6000), 2500)]
    return ["".join(rng.choices(letters, k=rng.choice((2, 2, 2, 3)))) for _ in range(WORDS)]


def rows(count: int) -> Iterator[dict]:
    rng = random.Random(7)
    words = vocabulary(rng)
    weights = list(accumulate(1 / (place + 3) for place in range(WORDS)))
    plain = facet_of(item())
    for number in range(count):
        chosen = rng.choices(words, cum_weights=weights, k=34)
        province, city = CITIES[number % len(CITIES)]
        seen = NOON + timedelta(seconds=number * 7 % (count * 5))
        yield plain | {
            "offer_id": str(FIRST + number * 37),
            "title": normal(f"{''.join(chosen[:10])} YL{number:06d}"),
            "words": normal(" ".join(chosen[10:])),
            "tags": normal("包邮 现货" if number % 3 else "跨境"),
            "category": normal(chosen[0]),
            "price_min": Decimal(199 + number * 13 % 9000) / 100,
            "price_max": Decimal(9999) / 100,
            "stock": number * 7 % 5000,
            "sold": number * 11 % 90_000,
            "province": province,
            "city": city,
            "supplier_key": f"m:{number % 40_000}",
            "gone": None,
            "first_seen_at": seen,
            "changed_at": seen,
        }


def load(engine: Engine, count: int, folder: Path) -> None:
    """Write the rows, without the constraints that a bulk load has no use for."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")
        conn.commit()
        driver = conn.connection.driver_connection.cursor()
        off = ["PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-400000"]
        for word in off if sqlite else ["SET foreign_key_checks=0, unique_checks=0"]:
            driver.execute(word)
        pairs = _load_facets(conn, count)
        say(f"{pairs.num_rows:,} grams, {pairs.num_rows / count:.0f} an offer")
        (_insert_pairs if sqlite else _load_file)(conn, pairs, folder / "pairs.csv")
    engine.dispose()


def _load_facets(conn, count: int) -> pa.Table:
    """Write the facets; the pairs of gram and offer, sorted."""
    grams, offers, portion, batches = array("I"), array("Q"), [], []
    for number, row in enumerate(rows(count), start=1):
        found = grams_of(row)
        grams.extend(found)
        offers.extend([int(row["offer_id"])] * len(found))
        portion.append(row)
        if len(portion) == PORTION or number == count:
            conn.execute(insert(FACET), portion)
            conn.commit()
            batches.append(_batch(grams, offers))
            grams, offers, portion = array("I"), array("Q"), []
    by = [("gram", "ascending"), ("offer", "ascending")]
    return pa.Table.from_batches(batches).sort_by(by)


def _batch(grams: array, offers: array) -> pa.RecordBatch:
    columns = [
        pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values.tobytes())])
        for kind, values in ((pa.uint32(), grams), (pa.uint64(), offers))
    ]
    return pa.record_batch(columns, names=["gram", "offer"])


def _insert_pairs(conn, pairs: pa.Table, _: Path) -> None:
    for batch in pairs.to_batches(max_chunksize=100_000):
        told = zip(batch["gram"].to_pylist(), batch["offer"].to_pylist(), strict=True)
        conn.exec_driver_sql(f"INSERT INTO {GRAM.name} VALUES (?, ?)", list(told))
        conn.commit()


def _load_file(conn, pairs: pa.Table, path: Path) -> None:
    """By pieces, each quicker than what a connection waits for."""
    for start in range(0, pairs.num_rows, PIECE):
        write_csv(pairs.slice(start, PIECE), path, WriteOptions(include_header=False))
        statement = f"LOAD DATA INFILE '{path}' INTO TABLE {GRAM.name} FIELDS TERMINATED BY ','"
        conn.exec_driver_sql(statement)
        conn.commit()
        path.unlink()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def sizes(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        query = "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8"
    else:
        query = (
            "SELECT table_name, data_length + index_length FROM information_schema.tables "
            "WHERE table_schema = DATABASE() ORDER BY 2 DESC LIMIT 4"
        )
    with engine.connect() as conn:
        for name, size in conn.execute(text(query)):
            say(f"  {name:32} {size / 2**20:10,.0f} MB")


def asked() -> Iterator[tuple[str, str]]:
    """What is looked for, and why."""
    words = vocabulary(random.Random(7))
    two = [word for word in words if len(word) == 2]
    for place in (0, 20, 200, 1000, len(two) - 1):
        yield f"two letters, the {place + 1}th most common word", two[place]
    yield "one letter", two[5][0]
    yield "three letters", next(word for word in words if len(word) == 3)
    yield "two common words", f"{two[0]} {two[1]}"
    yield "two words, seldom together", f"{two[300]} {two[301]}"
    yield "a word and filters", f"{two[0]} price<10 city=杭州"
    yield "a code", "YL012345"
    yield "what is not there", "鼎鼐"
    yield "filters alone", "price<5 and city=杭州"


def time_searches(engine: Engine) -> None:
    for why, text_ in asked():
        query, times = parse(text_), {}
        for sort in ("changed", "cheap"):
            times[sort] = min(_seconds(engine, query, sort) for _ in range(3))
        with reading(engine) as conn:
            found = count(conn, query)
        told = ", ".join(f"{sort} {seconds * 1000:.0f} ms" for sort, seconds in times.items())
        say(f"  {why:45} {found:>6,}{'+' if found == MOST_COUNTED else ' '} found: {told}")


def _seconds(engine: Engine, query, sort: str) -> float:
    began = time.monotonic()
    with reading(engine) as conn:
        search(conn, query, sort=sort, limit=30)
    return time.monotonic() - began


def measure(url: str, count_: int, folder: Path) -> None:
    engine = open_engine(url)
    migrate(engine)
    with reading(engine) as conn:
        there = conn.scalar(select(func.count()).select_from(FACET))
    if not there:
        began = time.monotonic()
        load(engine, count_, folder)
        say(f"loaded in {time.monotonic() - began:.0f} s")
    sizes(engine)
    time_searches(engine)


def main(folder: str, offers: str = "100000", kind: str = "sqlite", pool: str = "256M") -> None:
    place = Path(folder).resolve()
    place.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        measure(f"sqlite:///{place / 'm.db'}", int(offers), place)
        return
    with running(place, pool) as server:
        name = "test1"
        server.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
        url = f"mysql+pymysql://root@localhost/{name}?unix_socket={server.socket}"
        measure(url, int(offers), place)


if __name__ == "__main__":
    main(*sys.argv[1:])
