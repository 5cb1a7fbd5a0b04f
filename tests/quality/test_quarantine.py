"""Refusals in the database: counted, decided, and waiting again when they come back."""

from app.store import quarantine
from app.store.engine import transact
from app.store.quarantine import DOUBT, Refusal, count, decide, find, keep, listed

OFFER = "600000000001"


def case(engine, **changes):
    plain = {"offer_id": OFFER, "type": "Invalid", "rule": "price_jump", "digest": "a" * 64}
    refusal = Refusal(**plain | changes)
    transact(engine, lambda conn: keep(conn, refusal, run_id=1))
    return transact(engine, lambda conn: listed(conn, limit=1))[0]


def test_a_decided_page_that_is_refused_again_waits_again(engine):
    first = case(engine)
    transact(engine, lambda conn: decide(conn, first["id"], "discarded"))
    assert transact(engine, lambda conn: count(conn, waiting=True)) == 0
    again = case(engine)
    assert (again["id"], again["times"], again["decision"]) == (first["id"], 2, None)
    assert transact(engine, lambda conn: count(conn, waiting=True, types=("Invalid",), run_id=1)) == 1  # fmt: skip
    assert transact(engine, lambda conn: count(conn, waiting=True, run_id=2)) == 0


def test_a_doubt_that_was_seen_is_not_brought_up_at_every_visit(engine):
    doubt = {"type": DOUBT, "rule": "stock_huge", "message": "a stock of 2", "digest": None}
    first = case(engine, **doubt)
    transact(engine, lambda conn: decide(conn, first["id"], "released"))
    again = case(engine, **doubt)
    assert (again["id"], again["times"], again["decision"]) == (first["id"], 2, "released")
    other = case(engine, **doubt | {"message": "a stock of 3"})
    assert other["decision"] is None
    assert transact(engine, lambda conn: find(conn, 99)) is None
    assert len(transact(engine, lambda conn: quarantine.of_offer(conn, OFFER))) == 2
