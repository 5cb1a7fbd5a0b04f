"""How complete an offer is, by what its page tells."""

from app.completeness import PARTS, completeness, missing
from app.filters.parse import parse
from app.filters.search import search
from app.store.engine import reading, transact
from app.store.offers import save
from tests.samples import item, seen

BARE = {
    "price_min": None,
    "price_max": None,
    "price_tiers": [],
    "price_kind": "hidden",
    "stock": None,
    "attributes": [],
    "supplier": None,
    "skus": [],
    "sku_axes": [],
}


def test_an_offer_that_tells_nothing_is_not_complete_at_all():
    bare = item(pictures=0, **BARE)
    assert "price" in missing(bare)
    assert completeness(bare) == round(100 * (1 - len(missing(bare)) / len(PARTS))) < 40


def test_each_part_counts_alike():
    whole = item()
    less = item(pictures=0)
    assert set(missing(less)) - set(missing(whole)) == {"3 pictures"}
    assert completeness(whole) - completeness(less) == 100 // len(PARTS)


def test_offers_are_found_by_it(engine):
    whole, bare = item(), item("600000000002", pictures=0, **BARE)
    transact(engine, lambda conn: [save(conn, one, seen()) for one in (whole, bare)])
    with reading(engine) as conn:
        found = search(conn, parse(f"completeness<{completeness(whole)}"))
    assert found.offer_ids == (bare.offer_id,) or list(found.offer_ids) == [bare.offer_id]
