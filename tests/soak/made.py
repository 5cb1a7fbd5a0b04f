"""Samples of a soak that never was: as those of a sound build, with what a test adds to them."""

import random
from collections.abc import Callable
from typing import Any

from app.soak.evidence import Evidence

Change = Callable[[dict[str, Any]], dict[str, Any]]
LIFE = 500
SPEED = 30.0


def sample(pages: int, dice: random.Random) -> dict[str, Any]:
    life, age = divmod(pages, LIFE)
    driver = 120 + 0.005 * age + dice.gauss(0, 1)
    pss = {
        "python": 170 + 0.008 * age + dice.gauss(0, 0.3),
        "driver": driver,
        "browser": 140.0,
        "renderers": 110.0,
    }
    return {
        "pages": pages,
        "seconds": pages / SPEED,
        "worked": pages / SPEED,
        "rate": SPEED,
        "page_ms": [dice.randint(200, 300) for _ in range(20)],
        "lag_ms": [dice.randint(0, 40) for _ in range(12)],
        "pss": pss | {"total": sum(pss.values())},
        "drivers": {f"{1000 + life}:1": driver},
        "zombies": 0,
        "orphans": 0,
        "contexts": 4,
        "fds": 24 + dice.randint(0, 1),
        "threads": 9,
        "heap_blocks": 830_000 + 85 * age + dice.randint(-4000, 4000),
        "scratch_mb": 0.2,
        "foreign_cpu": 0.02,
        "database_connections": 2,
        "database_threads": None,
        "redis_mb": None,
    }


def evidence(pages: int = 10_000, change: Change = lambda one: {}) -> Evidence:
    dice = random.Random(5)
    samples = [sample(number, dice) for number in range(0, pages + 1, 20)]
    return Evidence(samples=[one | change(one) for one in samples], contexts=4)
