"""Rounds over a catalog that changes: the history equals the generator's own log, row by row."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from app.extract import registry
from app.extract.base import Gone as GonePage
from app.extract.base import Snapshot
from app.items import as_json
from app.refs import read_refs
from app.replica.cases import Era, Standing
from app.replica.changes import changes
from app.replica.expected import expected
from app.replica.offers import catalog
from app.replica.pages import document, gone
from app.replica.serve import running
from app.replica.values import Offer
from app.runs.audit import audit
from app.runs.claims import claim
from app.runs.opening import open_run
from app.runs.outcomes import Gone, Outcome, Stored
from app.runs.settling import commit
from app.runs.states import close_if_finished
from app.store import offers
from app.store.changes import CHANGE
from app.store.engine import reading
from tests.samples import NOON, seen

SEED, OFFERS = 5, 210
EPOCHS = (1, 4, 7, 10)
"""Each offer changes once from one of these to the next."""


def page(offer: Offer) -> Snapshot:
    url, shown = offer.url, b""
    match offer.standing:
        case Standing.OFF_SHELF:
            shown = gone.off_shelf(offer)
        case Standing.DELETED | Standing.DELETED_HOME:
            url, shown = gone.WRONG_PAGE, gone.wrong_page()
        case _:
            shown = document(offer, padded=False)
    return Snapshot(document=shown, url=offer.url, final_url=url, status=200)


def visit(engine: Engine, epoch: int) -> Counter[str]:
    """One run over the whole catalog, through the ledger; how often each outcome came."""
    shown = {one.offer_id: one for one in catalog(SEED, OFFERS, epoch=epoch)}
    run = open_run(engine, read_refs([one.url for one in shown.values()]), kind="test")
    words: Counter[str] = Counter()
    while claims := claim(engine, run.id, 50, owner="w", lease_seconds=60):
        for one in claims:
            at = seen(one.run_id, one.token, NOON + timedelta(days=epoch))
            words[str(commit(engine, one, work(shown[one.offer_id], at)).ending)] += 1
    close_if_finished(engine, run.id)
    return words


def work(offer: Offer, at):
    def keep(conn):
        try:
            item = registry.read(page(offer))
        except GonePage as error:
            offers.mark_gone(conn, offer.offer_id, error.rule, at)
            return Gone(reason=error.rule)
        return Stored(outcome=Outcome(offers.save(conn, item, at).change))

    return keep


def recorded(engine: Engine) -> Counter[str]:
    with reading(engine) as conn:
        rows = conn.execute(select(CHANGE)).mappings().all()
    return Counter(
        line(
            {
                "epoch": (row["observed_at"] - NOON).days,
                **{
                    name: row[name]
                    for name in ("offer_id", "kind", "field", "key", "before", "after")
                },
            }
        )
        for row in rows
    )


def line(row) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


def test_the_history_equals_the_generators_log(engine):
    words = [visit(engine, epoch) for epoch in EPOCHS]
    log = changes(SEED, OFFERS, first=EPOCHS[0], last=EPOCHS[-1])
    for row in log:
        row["epoch"] = next(epoch for epoch in EPOCHS if epoch >= row["epoch"])
    logged = Counter(map(line, log))
    assert sum(logged.values()) > 5_000
    assert recorded(engine) == logged
    kinds = {row["kind"] for row in log}
    assert kinds >= {
        "price", "list_price", "stock", "stock_out", "restock", "sku_added", "sku_removed", "moq",
        "title", "image_added", "image_removed", "tier_added", "tier_removed", "gone", "back",
    }  # fmt: skip
    by_epoch = [len({r["offer_id"] for r in log if r["epoch"] == n}) for n in EPOCHS[1:]]
    assert min(by_epoch) > OFFERS * 0.8
    assert [word["created"] for word in words] == [words[0]["created"], 0, 0, 0]
    assert audit(engine) == []


def test_the_same_epoch_again_records_nothing(sqlite_engine):
    visit(sqlite_engine, 1)
    again = visit(sqlite_engine, 1)
    assert set(again) == {"unchanged", "gone"}
    assert recorded(sqlite_engine) == Counter()


def test_whatever_happens_to_an_offer_its_page_tells_what_the_generator_expects():
    for epoch in (4, 7, 9):
        for one in catalog(SEED, 120, epoch=epoch):
            if one.standing in (Standing.LIVE, Standing.SOLD_OUT):
                told = as_json(registry.read(page(one)))
                assert {name: told[name] for name in expected(one)} == expected(one)


@pytest.mark.parametrize("era", list(Era))
def test_a_running_replica_tells_its_log(era):
    with running(offers=12, seed=SEED, eras=[era], padded=False) as site:
        assert site.changes(1, 4) == json.loads(
            json.dumps(changes(SEED, 12, first=1, last=4, eras=(era,)))
        )
        assert site.changes(2, 2) == []
        assert {row["epoch"] for row in site.changes(2, 4)} == {3, 4}
