"""What only a database server can do to the ledger: hold rows, lose the answer to a COMMIT."""

import gc

import pytest
from sqlalchemy import select, text

from app.runs.audit import audit
from app.runs.settling import Fenced, commit
from app.store.engine import DatabaseUnavailable, open_engine, reading, transact
from app.store.offers import load
from tests.proxy import Proxy
from tests.runs.books import ITEM, endings, finish, new_run, take, take_one

leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""PyMySQL leaves the socket of a broken connection to the garbage collector."""


@pytest.fixture
def proxied(mariadb, mariadb_engine, tmp_path_factory):
    """An engine that reaches the test database through a proxy, and the proxy."""
    proxy = Proxy(tmp_path_factory.mktemp("p") / "s", mariadb.socket)
    url = mariadb_engine.url.update_query_dict({"unix_socket": str(proxy.place)})
    engine = open_engine(url.render_as_string(hide_password=False), pool_size=2)
    transact(engine, lambda conn: conn.execute(text("SELECT 1")))  # a first connection commits, too
    yield engine, proxy
    engine.dispose()
    proxy.close()
    gc.collect()


def test_a_claimer_does_not_wait_for_rows_that_another_holds(mariadb_engine):
    run = new_run(mariadb_engine, 3)
    with mariadb_engine.begin() as conn:
        # by its key: a scan may hold what it only looked at
        own = (ITEM.c.run_id == run.id, ITEM.c.kind == "offer", ITEM.c.offer_id == "600000000001")
        assert conn.scalar(select(ITEM.c.position).where(*own).with_for_update()) == 0
        others = take(mariadb_engine, run, 3)
    assert [one.offer_id for one in others] == ["600000000002", "600000000003"]


@leaky
def test_a_commit_whose_answer_was_lost_counts_once(proxied, mariadb_engine):
    engine, proxy = proxied
    run = new_run(mariadb_engine, 1)
    one = take_one(engine, run)
    proxy.swallow = True
    assert finish(engine, one).state == "created"
    assert proxy.swallowed == 1
    with reading(mariadb_engine) as conn:
        assert load(conn, one.offer_id).version == 1
    assert endings(mariadb_engine, one) == ["created"]
    assert audit(mariadb_engine) == []
    with pytest.raises(Fenced):
        finish(engine, one)


@leaky
def test_a_claim_whose_answer_was_lost_comes_back_by_its_lease(proxied, mariadb_engine):
    engine, proxy = proxied
    run = new_run(mariadb_engine, 2)
    proxy.swallow = True
    [second] = take(engine, run, 1)
    assert proxy.swallowed == 1
    assert second.offer_id == "600000000002"  # the first is leased to an answer nobody got
    assert audit(mariadb_engine) == []


@leaky
def test_work_that_never_reaches_the_database_says_so_and_keeps_the_lease(proxied, mariadb_engine):
    engine, _ = proxied
    one = take_one(engine, new_run(mariadb_engine, 1))

    def cut(conn):
        conn.invalidate()
        raise DatabaseUnavailable("cut")

    with pytest.raises(DatabaseUnavailable):
        commit(engine, one, cut, tries=2)
    assert endings(mariadb_engine, one) == [None]
    assert audit(mariadb_engine) == []
