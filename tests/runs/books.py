"""Small tools for tests of the ledger: let time pass, finish an item, read its rows."""

import pytest
from sqlalchemy import Engine, bindparam, select, text

from app import models
from app.cards import OfferCard
from app.items import OfferItem
from app.models import table
from app.runs import listing, settling
from app.runs.claims import Claim, claim
from app.runs.opening import open_list_run, open_run
from app.runs.outcomes import Listed, Outcome, Settlement, Stored
from app.runs.settling import commit
from app.runs.states import Run
from app.store import offers
from app.store.cards import save_cards
from app.store.engine import reading, transact
from tests.samples import NOON, intake, item, seen

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)
LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', {0}, printf('%+.3f seconds', -:seconds))",
    "mysql": "{0} - INTERVAL :seconds SECOND",
}
LEASE = 30.0


def pass_time(engine: Engine, seconds: float) -> None:
    """Let all leases and due times be `seconds` nearer, as if the clock had gone on."""
    moved = LATER[engine.dialect.name]
    columns = ", ".join(f"{name} = {moved.format(name)}" for name in ("lease_until", "not_before"))
    transact(
        engine,
        lambda conn: conn.execute(text(f"UPDATE run_item SET {columns}"), {"seconds": seconds}),
    )


def unfence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever has once held an item settle it."""
    keys = (ITEM.c[name] == bindparam(f"own_{name}") for name in ("run_id", "offer_id"))
    anybodys = (*keys, ITEM.c.token >= bindparam("own_token"))
    monkeypatch.setattr(settling, "_FENCE", select(ITEM.c.token).where(*anybodys))
    monkeypatch.setattr(settling, "_SETTLE", settling._settling(anybodys))


def new_run(engine: Engine, count: int = 3, **options) -> Run:
    return open_run(engine, intake(count), kind="sync", **options)


def take(
    engine: Engine, run: Run, count: int = 1, owner: str = "w1", lease: float = LEASE
) -> list[Claim]:
    return claim(engine, run.id, count, owner=owner, lease_seconds=lease)


def take_one(engine: Engine, run: Run, owner: str = "w1") -> Claim:
    [one] = take(engine, run, 1, owner)
    return one


def stores(one: Claim, offer: OfferItem | None = None):
    """The work of a try that stores its offer."""

    def work(conn) -> Settlement:
        saved = offers.save(conn, offer or item(one.offer_id), seen(one.run_id, one.token))
        return Stored(outcome=Outcome(saved.change))

    return work


def finish(engine: Engine, one: Claim, settlement: Settlement | None = None):
    return commit(engine, one, (lambda _: settlement) if settlement else stores(one))


def item_row(engine: Engine, one: Claim) -> dict[str, object]:
    where = (ITEM.c.run_id == one.run_id, ITEM.c.offer_id == one.offer_id)
    with reading(engine) as conn:
        return dict(conn.execute(select(ITEM).where(*where)).mappings().one())


def endings(engine: Engine, one: Claim) -> list[str | None]:
    where = (ATTEMPT.c.run_id == one.run_id, ATTEMPT.c.offer_id == one.offer_id)
    with reading(engine) as conn:
        return list(
            conn.scalars(select(ATTEMPT.c.ending).where(*where).order_by(ATTEMPT.c.attempt))
        )


def new_list_run(engine: Engine, **options) -> Run:
    named = {"list": {"kind": "keyword", "value": "lamp", "first": None}, **options}
    return open_list_run(engine, kind="keyword", label="search lamp", options=named)


def turn_page(
    engine: Engine,
    one: Claim,
    found: list[str],
    *,
    most: int | None = None,
    total: int | None = None,
    is_last: bool = False,
) -> Claim | None:
    """Read the claimed list page as the walk does; the claim on the next one."""
    following = []

    def work(conn) -> Settlement:
        cards = [OfferCard(offer_id=offer_id, title=f"card {offer_id}") for offer_id in found]
        save_cards(conn, cards, run_id=one.run_id, page=one.page, seen_at=NOON)
        listing.add_offers(conn, one, found, most=most, total=total)
        if not is_last:
            following[:] = [listing.claim_next(conn, one, lease_seconds=LEASE)]
        return Listed()

    commit(engine, one, work)
    return following[0] if following else None
