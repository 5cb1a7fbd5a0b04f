"""Transactions: whole or not at all, tried again when that helps, refused in one clear sentence."""

import gc
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pymysql
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from app import models
from app.models import table
from app.store.clock import now
from app.store.engine import (
    DatabaseUnavailable,
    ValueRefused,
    open_engine,
    reading,
    transact,
)
from app.store.faults import Fault, fault_of
from app.store.schema import migrate
from tests.mariadb import running
from tests.samples import NOON

SUPPLIER = table(models.Supplier)
leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""PyMySQL leaves the socket of a connection that did not come about to the garbage collector."""


def supplier(key: str, years: int = 0) -> dict[str, object]:
    return {"supplier_key": key, "years": years, "first_seen_at": NOON, "changed_at": NOON}


def years(conn, key: str, *, lock: bool = False):
    query = select(SUPPLIER.c.years).where(SUPPLIER.c.supplier_key == key)
    return conn.scalar(query.with_for_update() if lock else query)


def test_read_then_write_from_many_threads_loses_nothing(engine):
    transact(engine, lambda conn: conn.execute(insert(SUPPLIER), [supplier("m:1")]))

    def count_up(conn) -> None:
        seen = years(conn, "m:1", lock=True)
        conn.execute(
            update(SUPPLIER).where(SUPPLIER.c.supplier_key == "m:1").values(years=seen + 1)
        )

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: transact(engine, count_up, tries=1), range(60)))
    with reading(engine) as conn:
        assert years(conn, "m:1") == 60


def test_an_exception_leaves_nothing_behind(engine):
    def half(conn) -> None:
        conn.execute(insert(SUPPLIER), [supplier("m:1")])
        raise LookupError

    with pytest.raises(LookupError):
        transact(engine, half)
    with reading(engine) as conn:
        assert years(conn, "m:1") is None


def test_reading_is_one_picture(engine):
    with reading(engine) as conn:
        assert years(conn, "m:1") is None
        transact(engine, lambda other: other.execute(insert(SUPPLIER), [supplier("m:1")]))
        assert years(conn, "m:1") is None
    with reading(engine) as conn:
        assert years(conn, "m:1") == 0


def test_a_reader_does_not_keep_a_writer_out(sqlite_engine):
    with reading(sqlite_engine) as conn:
        years(conn, "m:1")
        transact(
            sqlite_engine, lambda other: other.execute(insert(SUPPLIER), [supplier("m:1")]), tries=1
        )


def test_a_deadlock_is_tried_again_as_a_whole(mariadb_engine):
    rows = [supplier("m:1"), supplier("m:2")]
    transact(mariadb_engine, lambda conn: conn.execute(insert(SUPPLIER), rows))
    met = threading.Barrier(2)
    first_tries = {"m:1", "m:2"}

    def cross(first: str, second: str) -> int:
        def work(conn) -> int:
            for key in (first, second):
                own = SUPPLIER.c.supplier_key == key
                conn.execute(update(SUPPLIER).where(own).values(years=SUPPLIER.c.years + 1))
                if key == first and first in first_tries:
                    first_tries.discard(first)
                    met.wait(10)  # both hold one row and want the other's
            return 1

        return transact(mariadb_engine, work)

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(cross, "m:1", "m:2"), threads.submit(cross, "m:2", "m:1")]
        assert [each.result(30) for each in done] == [1, 1]
    with reading(mariadb_engine) as conn:
        assert [years(conn, "m:1"), years(conn, "m:2")] == [2, 2]


def test_a_killed_connection_costs_one_more_try(mariadb_engine):
    tried = []

    def work(conn) -> None:
        tried.append(conn.scalar(text("SELECT CONNECTION_ID()")))
        conn.execute(insert(SUPPLIER), [supplier("m:1")])
        if len(tried) == 1:
            with mariadb_engine.connect() as other:
                other.execute(text(f"KILL {tried[0]}"))

    transact(mariadb_engine, work)
    assert len(tried) == 2
    with reading(mariadb_engine) as conn:
        assert years(conn, "m:1") == 0


@leaky
def test_a_server_that_dies_is_named_without_the_password_and_found_again(tmp_path):
    with running(tmp_path) as server:
        server.execute(
            "CREATE USER 'u'@'localhost' IDENTIFIED BY 'secret'",
            "GRANT ALL ON *.* TO 'u'@'localhost'",
        )
        engine = open_engine(server.new_database().replace("root@", "u:secret@"))
        migrate(engine)
        server.stop(9)
        with pytest.raises(DatabaseUnavailable, match="does not answer") as caught:
            transact(engine, lambda conn: years(conn, "m:1"), tries=2)
        assert "secret" not in str(caught.value)
        assert "u:***@localhost" in str(caught.value)
        with pytest.raises(DatabaseUnavailable), reading(engine) as conn:
            years(conn, "m:1")
        server.start()
        assert transact(engine, lambda conn: years(conn, "m:1")) is None
        engine.dispose()
    del caught
    gc.collect()


@leaky
def test_a_wrong_password_is_a_sentence(mariadb):
    mariadb.execute("CREATE OR REPLACE USER 'v'@'localhost' IDENTIFIED BY 'right'")
    engine = open_engine(mariadb.new_database().replace("root@", "v:wr0ng@"))
    with pytest.raises(DatabaseUnavailable, match="Access denied") as caught:
        migrate(engine)
    assert "wr0ng" not in str(caught.value)
    del caught
    gc.collect()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:secret@h/d", "postgresql is no database"),
        ("mysql://u:secret@h", "names no database"),
        ("sqlite://", "names no database"),
        ("mysql//u:secret@h", "does not parse"),
    ],
)
def test_a_url_we_cannot_use_is_refused(url, told):
    with pytest.raises(DatabaseUnavailable, match=told) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable, match="cannot be made"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'pwsync.db'}")


def test_a_value_that_does_not_fit_is_refused(mariadb_engine):
    row = supplier("m:1") | {"company_name": "长" * 30_000}
    with pytest.raises(ValueRefused, match="company_name"):
        transact(mariadb_engine, lambda conn: conn.execute(insert(SUPPLIER), [row]))


def test_a_bug_stays_what_it_is(engine):
    with pytest.raises(DBAPIError) as caught:
        transact(engine, lambda conn: conn.execute(text("SELECT nothing FROM nowhere")))
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_a_sqlite_writer_that_never_ends_is_reported(tmp_path, sqlite_engine, monkeypatch):
    monkeypatch.setattr("app.store.engine.FIRST_PAUSE", 0.001)
    other = sqlite3.connect(sqlite_engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write(conn) -> None:
        conn.execute(insert(SUPPLIER), [supplier("m:1")])

    with sqlite_engine.connect() as conn:  # the engine's own connections wait ten seconds
        conn.exec_driver_sql("PRAGMA busy_timeout=10")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        transact(sqlite_engine, write, tries=3)
    other.execute("ROLLBACK")
    other.close()
    transact(sqlite_engine, write)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (1213, Fault.AGAIN),
        (2013, Fault.UNAVAILABLE),
        (1114, Fault.FULL),
        (1406, Fault.VALUE),
        (1064, Fault.BUG),
    ],
)
def test_mysql_codes_have_their_consequence(code, fault):
    error = ProgrammingError("SELECT 1", {}, pymysql.err.OperationalError(code, "told"))
    assert fault_of(error) is fault


def test_the_clock_is_the_databases_and_moves_by_seconds(engine):
    with reading(engine) as conn:
        at, later, earlier = conn.execute(select(now(), now(1.5), now(-86400.25))).one()
    assert (later - at).total_seconds() == 1.5
    assert (at - earlier).total_seconds() == 86400.25
    assert at.tzinfo is not None


def test_times_of_the_clock_compare_with_stored_times(engine):
    def work(conn):
        for key, when in (("m:1", now(-0.01)), ("m:2", now(60))):
            conn.execute(insert(SUPPLIER).values(supplier(key) | {"changed_at": when}))

    transact(engine, work)
    with reading(engine) as conn:
        past = conn.scalars(
            select(SUPPLIER.c.supplier_key).where(SUPPLIER.c.changed_at < now())
        ).all()
    assert past == ["m:1"]
