"""The command of `tests/cli`, over a database with a little history."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.cards import OfferCard
from app.store.cards import save_cards
from app.store.engine import open_engine, transact
from app.store.offers import mark_gone, save
from app.store.schema import migrate
from tests.cli.conftest import pwsync, surroundings
from tests.runs.books import new_run
from tests.samples import NOON, item, seen

__all__ = ["pwsync", "surroundings"]

FIRST, SECOND = "600000000001", "600000000002"
PRICES = ("10", "12", "9", "9.5")
TITLES = ("旧帽子", "旧帽子", '[red]新[/red]帽子 "甲"', '[red]新[/red]帽子 "甲"')


def offer(day: int, offer_id: str = FIRST, **changes):
    low = PRICES[day]
    told = {
        "steps": 0,
        "price_min": low,
        "price_max": low,
        "title": TITLES[day],
        "stock": 100 + day,
    }
    return item(offer_id, **told | changes)


@pytest.fixture
def history(surroundings: dict[str, str]) -> Path:
    """Four days of one offer, which lists showed twice, and one that is gone; the database's file."""
    file = Path(surroundings["PWSYNC_DATA_DIR"]) / "pwsync.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    run = new_run(engine, 1)

    def live(conn) -> None:
        for day in range(4):
            at = seen(run.id, day, NOON + timedelta(days=day))
            save(conn, offer(day), at)
            supplier = {"member_id": "b2b-2", "company_name": "别的公司"}
            save(conn, offer(0, SECOND, supplier=supplier), at)
            card = OfferCard(offer_id=FIRST, title="card", price=PRICES[day], sold={"count": day})
            save_cards(conn, [card], run_id=run.id, page=day + 1, seen_at=at.observed_at)
        mark_gone(conn, SECOND, "deleted", seen(run.id, 9, NOON + timedelta(days=9)))

    transact(engine, live)
    engine.dispose()
    return file
