"""Prints how long a search takes among N made-up offers, how large its tables are, and what an
offer costs to write: `python -m tests.search.measure [N] [sqlite|mariadb]`.

Facets and grams are the real ones; the offers' own rows are left out, except of what is shown.
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
from sqlalchemy import Engine, insert, text

from app.store.engine import open_engine
from app.store.facets import FACET, GRAM, facet_of, grams_of
from app.store.schema import migrate
from app.store.words import normal
from tests.mariadb import running
from tests.samples import NOON, item

WORDS = 6000
"""Of two or three ideographs, used as often as words are: the n-th most common one in n."""
PORTION = 5000
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
        print(f"{pairs.num_rows:,} grams, {pairs.num_rows / count:.0f} an offer", flush=True)
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
    write_csv(pairs, path, WriteOptions(include_header=False))
    conn.exec_driver_sql(
        f"LOAD DATA INFILE '{path}' INTO TABLE {GRAM.name} FIELDS TERMINATED BY ','"
    )
    conn.commit()
    path.unlink()


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
            print(f"  {name:32} {size / 2**20:10,.0f} MB")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    keep = Path(sys.argv[3])
    keep.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        engine = open_engine(f"sqlite:///{keep / 'm.db'}")
        migrate(engine)
        began = time.monotonic()
        load(engine, number, keep)
        print(f"loaded in {time.monotonic() - began:.0f} s", flush=True)
        sizes(engine)
    else:
        with running(keep) as server:
            url = server.new_database()
            engine = open_engine(url)
            migrate(engine)
            began = time.monotonic()
            load(engine, number, keep)
            print(f"loaded in {time.monotonic() - began:.0f} s", flush=True)
            sizes(engine)
