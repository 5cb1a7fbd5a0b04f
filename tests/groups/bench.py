"""Prints how well the products of the labelled set are found: `python -m tests.groups.bench [OFFERS [SEED]]`.

Of all pairs of offers that are in one group, how many are one product (precision), and of all pairs
that are one product, how many are in one group (recall); by what look-alikes differ in. The weights
were set while looking at 400 offers of seed 5; this is another.
"""

import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

from sqlalchemy import Engine, select

from app.groups.build import build
from app.groups.rows import MEMBER, PAIR
from app.store.engine import open_engine, reading
from app.store.schema import migrate
from tests.groups.labelled import items, score, store, truth


def grouped(engine: Engine) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    with reading(engine) as conn:
        for offer_id, group_id in conn.execute(select(MEMBER.c.offer_id, MEMBER.c.group_id)):
            found.setdefault(group_id, []).append(offer_id)
    return list(found.values())


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main(count: int = 2400, seed: int = 11) -> int:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        there = set(store(engine, items(count, seed=seed)))
        began = time.process_time()
        built = build(engine)
        took = time.process_time() - began
        groups, products = grouped(engine), truth(count, seed=seed)
        with reading(engine) as conn:
            pairs = list(conn.execute(select(PAIR)).mappings())
    say(
        f"{len(there):,} offers of {len(products):,} products; {built.pairs:,} comparisons; {took:.1f} s of one processor"
    )
    total = score(groups, products, there)
    say(f"{len(groups):,} groups: {total}")
    for word in ("model", "size", "pieces", "style"):
        some = [product for product in products if product["differ"] == word]
        ids = there.intersection(*[[i for p in some for i in p["offer_ids"]]])
        part = score([ids.intersection(group) for group in groups], some, ids)
        say(f"  look-alikes differ in {word}: {part}")
    true = {
        frozenset((a, b)) for p in products for a in p["offer_ids"] for b in p["offer_ids"] if a < b
    }
    together = {frozenset(two) for group in groups for two in combinations(group, 2)}
    doubtful = [
        each for each in pairs if frozenset((each["offer_id"], each["other_id"])) not in together
    ]
    right = sum(frozenset((each["offer_id"], each["other_id"])) in true for each in doubtful)
    say(f"for a person to look at: {len(doubtful):,} pairs, {right:,} of them one product")
    return 0 if total.precision >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
