"""The audit turns red: for each rule by tampering with rows, and for each broken way of working."""

import re
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import delete, false, insert, text, update

from app import models
from app.export.columns import usual
from app.export.registry import format_of
from app.export.values import Per
from app.export.work import Request, export
from app.filters.values import EVERYTHING
from app.images import rows as pictures
from app.models import table
from app.runs import claims, opening, settling
from app.runs.audit import audit, balance
from app.runs.claims import give_back
from app.runs.counts import counts
from app.runs.invariants import INVARIANTS
from app.runs.outcomes import QUEUED, Failed, Gone, Invalid, Retry
from app.runs.settling import fence, settle
from app.runs.states import RunUnknown, close_if_finished
from app.store import offers, quarantine
from app.store.engine import transact
from tests.conftest import empty
from tests.runs.books import (
    LEASE,
    finish,
    new_list_run,
    new_run,
    pass_time,
    stores,
    take,
    take_one,
    turn_page,
    unfence,
)
from tests.samples import NOON, intake, item, seen

PAGE = table(models.PageRecord)
FIRST, SECOND = "600000000001", "600000000002"


def names(engine, run_id=None) -> set[str]:
    return {wrong.name for wrong in audit(engine, run_id)}


def refuse(one):
    """The work of a try that ends invalid, with its case."""

    def work(conn):
        quarantine.keep(
            conn, quarantine.Refusal(offer_id=one.offer_id, type="Invalid"), run_id=one.run_id
        )
        return Invalid(reason="bad")

    return work


@pytest.fixture
def listed(engine):
    """A run whose list's first page is read and whose second is claimed."""
    run = new_list_run(engine)
    [first] = take(engine, run, 1)
    turn_page(engine, first, ["600000000021", "600000000022", "600000000021"])
    return run


@pytest.fixture
def run(engine):
    """Books with one item in every kind of state, and a closed run before them."""
    old = new_run(engine, 1)
    finish(engine, take_one(engine, old))
    close_if_finished(engine, old.id)
    run = opening.open_run(engine, intake(8, duplicates=3, rejected=2), kind="sync")
    claimed = take(engine, run, 7)
    settling.commit(
        engine, claimed[1], stores(claimed[1], item(SECOND, supplier={"member_id": "b2b-9"}))
    )
    settling.commit(engine, claimed[2], refuse(claimed[2]))
    finish(engine, claimed[3], Gone(reason="deleted"))
    finish(engine, claimed[4], Retry(reason="timeout", seconds=60))
    finish(engine, claimed[5], Failed(reason="too_large"))
    give_back(engine, [claimed[6]])
    return run


def test_honest_books_balance(engine, run):
    told = balance(engine, run.id)
    assert told.clean
    assert (told.runs, told.items, told.offers) == (1, 8, 1)
    assert balance(engine).runs == 2


def test_an_unknown_run_cannot_be_audited(engine):
    with pytest.raises(RunUnknown):
        audit(engine, 4711)


TAMPERED = [
    ("I1", "UPDATE run SET expected = expected + 1, lines_read = lines_read + 1"),
    ("I1", "DELETE FROM run_item WHERE offer_id = 600000000008"),
    ("I1", "UPDATE run_sum SET offers = offers + 1"),
    ("I1", "UPDATE run_sum SET state = 'gone'"),
    ("I2", "UPDATE run_item SET state = 'lost' WHERE offer_id = 600000000008"),
    ("I2", "UPDATE run SET state = 'stuck'"),
    ("I2", "UPDATE attempt SET ending = 'who knows' WHERE offer_id = 600000000005"),
    ("I3", "DELETE FROM offer WHERE offer_id = 600000000002"),
    ("I3", "DELETE FROM sku WHERE offer_id = 600000000002 AND position = 1"),
    ("I3", "DELETE FROM price_tier WHERE offer_id = 600000000002 AND min_quantity > 1"),
    ("I3", "DELETE FROM offer_image WHERE offer_id = 600000000002 AND position = 0"),
    ("I4", "UPDATE run_item SET state = 'changed' WHERE offer_id = 600000000002"),
    ("I4", "UPDATE run_item SET state = 'queued' WHERE offer_id = 600000000006"),
    ("I4", "UPDATE run_item SET token = token + 1 WHERE offer_id = 600000000002"),
    ("I5", "UPDATE attempt SET ending = NULL WHERE offer_id = 600000000005"),
    ("I5", "UPDATE attempt SET ending = 'retry' WHERE ending IS NULL"),
    ("I5", "UPDATE attempt SET token = token + 1 WHERE ending IS NULL"),
    ("I6", "UPDATE run_item SET owner = 'w' WHERE offer_id = 600000000008"),
    ("I6", "UPDATE run_item SET lease_until = NULL WHERE state = 'leased'"),
    ("I7", "UPDATE run_item SET attempt = attempt + 1 WHERE offer_id = 600000000006"),
    ("I7", "UPDATE run_item SET charges = 9 WHERE offer_id = 600000000006"),
    ("I7", "DELETE FROM attempt WHERE offer_id = 600000000005"),
    ("I8", "UPDATE offer SET token = token + 1 WHERE offer_id = 600000000002"),
    ("I8", "UPDATE attempt SET ending = 'failed' WHERE offer_id = 600000000002"),
    ("I9", "DELETE FROM supplier WHERE supplier_key = 'm:b2b-9'"),
    ("I10", "UPDATE run SET state = 'done', closed_at = created_at"),
    ("I10", "UPDATE run SET closed_at = created_at"),
    ("I12", "UPDATE run SET lines_read = lines_read + 1"),
    ("I12", "UPDATE run_item SET mentions = mentions + 1 WHERE offer_id = 600000000008"),
    ("I12", "DELETE FROM rejected_line WHERE position = 0"),
    ("I15", "DELETE FROM quarantine"),
    ("I16", "UPDATE run_item SET reason = NULL WHERE state = 'failed'"),
    ("I18", f"DELETE FROM offer_facet WHERE offer_id = {SECOND}"),
    ("I18", f"UPDATE offer_facet SET price_min = 1 WHERE offer_id = {SECOND}"),
    ("I18", f"UPDATE offer_facet SET status = 'off_shelf' WHERE offer_id = {SECOND}"),
]


TAMPERED_LISTS = [
    ("I1", "UPDATE run SET list_pages = list_pages + 1 WHERE list_pages > 0"),
    ("I1", "UPDATE run SET list_pages = 1 WHERE list_pages > 0"),
    ("I1", "UPDATE run_item SET kind = 'list' WHERE offer_id = 600000000021"),
    ("I4", "UPDATE run_item SET state = 'queued' WHERE state = 'listed'"),
    ("I12", "UPDATE run_item SET mentions = mentions + 1 WHERE offer_id = 600000000021"),
    ("I17", "UPDATE offer_card SET page = 2 WHERE position = 2"),
    ("I17", "UPDATE run_item SET state = 'unchanged' WHERE state = 'listed'"),
    ("I17", "UPDATE run_item SET state = 'listed' WHERE kind = 'offer'"),
]


@pytest.mark.parametrize(
    ("name", "statement"), TAMPERED_LISTS, ids=[f"{n}-{s}"[:60] for n, s in TAMPERED_LISTS]
)
def test_a_rule_sees_what_breaks_a_list(engine, listed, name, statement):
    assert audit(engine) == []
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert name in names(engine)
    assert name in names(engine, listed.id)


TAMPERED_HISTORY = [
    ("I19", "UPDATE offer SET version = version + 1"),
    ("I19", "DELETE FROM offer_change WHERE version = 2"),
    ("I19", "UPDATE offer_change SET version = 4 WHERE version = 3"),
    ("I19", "UPDATE offer SET recorded_from = 2"),
    ("I19", "UPDATE attempt SET ending = 'unchanged' WHERE ending = 'changed'"),
    ("I19", "UPDATE offer_change SET token = token + 7"),
]


@pytest.fixture
def changing(engine):
    """Books of an offer that was created, changed and gone, each in a run of its own."""
    runs = [new_run(engine, 1) for _ in range(3)]
    first, second, third = (take_one(engine, run) for run in runs)
    finish(engine, first)
    settling.commit(engine, second, stores(second, item(FIRST, stock=7)))

    def leave(conn):
        offers.mark_gone(conn, FIRST, "deleted", seen(third.run_id, third.token))
        return Gone(reason="deleted")

    settling.commit(engine, third, leave)
    for run in runs:
        close_if_finished(engine, run.id)


@pytest.mark.parametrize(
    ("name", "statement"), TAMPERED_HISTORY, ids=[s.replace(" ", "_") for _, s in TAMPERED_HISTORY]
)
def test_a_rule_sees_what_breaks_a_history(engine, changing, name, statement):
    assert audit(engine) == []
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert name in names(engine)


def test_what_was_stored_before_changes_were_kept_owes_none(engine, changing):
    statements = ("DELETE FROM offer_change", "UPDATE offer SET recorded_from = version")
    for each in statements:
        transact(engine, lambda conn, each=each: conn.execute(text(each)))
    assert audit(engine) == []


TAMPERED_ARCHIVE = [
    ("I13", "UPDATE page_record SET url = 'https://x.1688.com/punish?x5secdata=abc&x5step=1'"),
    ("I13", "UPDATE page_record SET url = 'https://x.1688.com/a?_tb_token_=abc'"),
    ("I20", "UPDATE page_record SET token = token + 7"),
    ("I20", "UPDATE page_record SET run_id = run_id + 7"),
    ("I20", "UPDATE page_record SET revisit_of = 99999 WHERE revisit_of IS NOT NULL"),
    ("I20", "UPDATE page_record SET sha256 = 'other' WHERE revisit_of IS NOT NULL"),
    ("I20", "UPDATE page_record SET revisit_of = id WHERE revisit_of IS NULL"),
]


@pytest.fixture
def archived(engine):
    """Books of an offer that was read twice, the second page the same as the first."""
    for number in (1, 2):
        one = take_one(engine, new_run(engine, 1))
        finish(engine, one)
        page = {
            "id": number, "kind": "offer", "offer_id": one.offer_id, "run_id": one.run_id,
            "token": one.token, "file": "f", "offset": number, "length": 1, "size": 1,
            "sha256": "digest", "revisit_of": 1 if number == 2 else None, "status": 200,
            "url": "https://x.1688.com/punish?x5secdata=&x5step=1", "layout": None,
            "observed_at": NOON,
        }  # fmt: skip
        transact(engine, lambda conn, page=page: conn.execute(insert(PAGE).values(page)))


@pytest.mark.parametrize(
    ("name", "statement"), TAMPERED_ARCHIVE, ids=[s.replace(" ", "_") for _, s in TAMPERED_ARCHIVE]
)
def test_a_rule_sees_what_breaks_the_archives_index(engine, archived, name, statement):
    assert audit(engine) == []
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert names(engine) == {name}


@pytest.fixture
def exported(engine, run, tmp_path):
    """Two exports with one mark, and one without."""
    request = Request(
        format=format_of("csv"),
        columns=usual(Per.OFFER),
        query=EVERYTHING,
        target=str(tmp_path / "o.csv"),
        overwrite=True,
    )
    for mark in ("shop", None, "shop"):
        export(engine, replace(request, mark=mark))


TAMPERED_EXPORTS = [
    ("I14", "UPDATE export_run SET row_count = row_count + 1 WHERE offers > 0"),
    ("I14", "UPDATE export_run SET offers = offers + 1 WHERE mark = 'shop'"),
    ("I14", "UPDATE export_offer SET export_id = (SELECT MAX(id) FROM export_run)"),
    ("I14", "INSERT INTO export_offer SELECT 'shop', 600000000099, 1, MAX(id) FROM export_run"),
]


@pytest.mark.parametrize(
    ("name", "statement"),
    TAMPERED_EXPORTS,
    ids=[s.replace(" ", "_")[:60] for _, s in TAMPERED_EXPORTS],
)
def test_a_rule_sees_what_breaks_the_book_of_exports(engine, exported, name, statement):
    assert audit(engine) == []
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert names(engine) == {name}


TAMPERED_PICTURES = [
    ("I11", "DELETE FROM image_source WHERE kind = 'picture'"),
    ("I11", "UPDATE image_source SET state = 'fetched' WHERE kind = 'picture'"),
    ("I11", "UPDATE image_source SET state = 'fetched' WHERE kind = 'script'"),
    ("I11", "UPDATE image_source SET state = 'fetched', sha256 = 'no such'"),
]


@pytest.mark.parametrize(
    ("name", "statement"), TAMPERED_PICTURES, ids=range(len(TAMPERED_PICTURES))
)
def test_a_rule_sees_what_breaks_the_books_of_pictures(engine, name, statement):
    script = "https://itemcdn.tmall.com/1688offer/icoss1"
    one = take_one(engine, new_run(engine, 1))
    settling.commit(engine, one, stores(one, item(description_url=script)))
    transact(engine, lambda conn: pictures.queue(conn, FIRST, profile="guest"))
    assert audit(engine) == []
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert names(engine) == {name}


@pytest.mark.parametrize(
    ("name", "statement"), TAMPERED, ids=lambda told: re.sub(r"\W+", "_", told)[:60]
)
def test_a_rule_sees_what_breaks_it(engine, run, name, statement):
    transact(engine, lambda conn: conn.execute(text(statement)))
    assert name in names(engine)
    if name != "I9" and "run_sum" not in statement:  # a supplier's, and of the closed run before
        assert name in names(engine, run.id)


def unchecked(engine, statement: str) -> None:
    """Run a statement past the foreign keys."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database)) as conn, conn:
            conn.execute(statement)
        return
    with engine.begin() as conn:
        for each in ("SET foreign_key_checks=0", statement, "SET foreign_key_checks=1"):
            conn.execute(text(each))


@pytest.mark.parametrize("table", ["sku", "price_tier", "offer_image"])
def test_rows_without_their_offer_are_seen(engine, run, table):
    unchecked(engine, f"UPDATE {table} SET offer_id = 777777 WHERE offer_id = 600000000002")
    assert {"I3", "I9"} <= names(engine)


def test_attempts_and_items_without_their_run_are_seen(sqlite_engine):
    finish(sqlite_engine, take_one(sqlite_engine, new_run(sqlite_engine, 1)))
    unchecked(sqlite_engine, "DELETE FROM run")
    assert "I9" in names(sqlite_engine)


SEEN_ELSEWHERE = {"I24"}
"""Rules whose counterexample needs more than a tampered row: tests/groups/test_build.py."""


def test_every_rule_has_its_counterexample():
    tampered = {
        name
        for told in (
            TAMPERED,
            TAMPERED_LISTS,
            TAMPERED_HISTORY,
            TAMPERED_ARCHIVE,
            TAMPERED_PICTURES,
            TAMPERED_EXPORTS,
        )
        for name, _ in told
    }
    assert tampered | SEEN_ELSEWHERE == {rule.name for rule in INVARIANTS}


# -- broken ways of working ------------------------------------------------------------------------


def test_without_the_fence_the_audit_is_red(engine, monkeypatch):
    unfence(monkeypatch)
    run = new_run(engine, 1)
    late = take_one(engine, run)
    pass_time(engine, LEASE + 1)
    winner = take_one(engine, run, "w2")
    finish(engine, winner)
    finish(engine, late)
    assert {"I4", "I8"} <= names(engine)


def test_an_offer_committed_apart_from_its_item_makes_the_audit_red(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    transact(engine, stores(one))  # and the process dies here
    assert "I8" in names(engine)
    pass_time(engine, LEASE + 1)
    take_one(engine, run, "w2")
    assert "I8" in names(engine)


def test_without_expiry_a_run_never_ends(engine, monkeypatch):
    monkeypatch.setattr(claims, "_reap", lambda *_: [])
    run = new_run(engine, 2)
    take_one(engine, run, "dead")
    assert not drains(engine, run)
    monkeypatch.undo()
    assert drains(engine, run)


def drains(engine, run) -> bool:
    """Does a healthy worker bring the run to its end?"""
    for _ in range(10):
        pass_time(engine, LEASE + 1)
        for one in take(engine, run, 5):
            finish(engine, one)
    return (
        close_if_finished(engine, run.id).state == "done" and counts(engine, run.id).finished == 2
    )


def test_settling_without_closing_the_attempt_makes_the_audit_red(engine, monkeypatch):
    monkeypatch.setattr(settling, "_END", settling._END.where(false()))
    finish(engine, take_one(engine, new_run(engine, 1)))
    assert {"I4", "I5"} <= names(engine)


def test_keeping_the_lease_of_a_finished_item_makes_the_audit_red(engine, monkeypatch):
    kept = {name: claims.ITEM.c[name] for name in ("owner", "lease_until")}
    monkeypatch.setattr(settling, "_SETTLE", settling._SETTLE.values(kept))
    finish(engine, take_one(engine, new_run(engine, 1)))
    assert names(engine) == {"I6"}


def test_taking_an_item_twice_at_once_makes_the_audit_red(engine):
    run = new_run(engine, 1)
    take_one(engine, run)
    requeue = update(claims.ITEM).values(state=QUEUED, owner=None, lease_until=None)
    transact(engine, lambda conn: conn.execute(requeue))
    take_one(engine, run, "w2")
    assert "I5" in names(engine)


def test_leaving_vanished_skus_makes_the_audit_red(engine, monkeypatch):
    monkeypatch.setattr(offers, "delete", lambda target: delete(target).where(false()))
    for colours in (5, 2):
        one = take_one(engine, new_run(engine, 1))
        settling.commit(engine, one, stores(one, item(one.offer_id, colours=colours)))
    assert names(engine) == {"I3"}


def test_closing_a_run_too_early_makes_the_audit_red(engine):
    run = new_run(engine, 2)
    finish(engine, take_one(engine, run))
    early = update(opening.RUN).values(state="done", closed_at=run.created_at)
    transact(engine, lambda conn: conn.execute(early))
    assert names(engine) == {"I10"}


def test_a_refusal_without_its_case_makes_the_audit_red(engine):
    finish(engine, take_one(engine, new_run(engine, 1)), Invalid(reason="bad"))
    assert names(engine) == {"I15"}


def test_settling_twice_is_refused_even_without_the_first_fence(engine):
    one = take_one(engine, new_run(engine, 1))

    def twice(conn):
        fence(conn, one)
        settle(conn, one, stores(one)(conn))
        return settle(conn, one, Failed(reason="again"))

    with pytest.raises(settling.Fenced):
        transact(engine, twice)
    assert names(engine) == set()
    assert counts(engine, one.run_id).leased == 1


# -- quarantine --------------------------------------------------------------------------------------


def test_a_case_is_kept_once_and_counted(engine):
    case = quarantine.Refusal(
        offer_id=FIRST, type="Invalid", rule="price", message="a\x00b", digest="d" * 64
    )
    for run_id in (2, 2, 1):
        transact(engine, lambda conn, run=run_id: quarantine.keep(conn, case, run_id=run))
    other = quarantine.Refusal(offer_id=FIRST, type="FieldMissing", field="title", message="none")
    transact(engine, lambda conn: quarantine.keep(conn, other, run_id=2))
    rows = {row["rule"]: row for row in transact(engine, quarantine.listed)}
    told = {
        rule: (row["times"], row["first_run_id"], row["last_run_id"]) for rule, row in rows.items()
    }
    assert told == {"price": (3, 1, 2), "FieldMissing": (1, 2, 2)}


def test_two_runs_that_meet_the_same_case_at_once_keep_it_once(mariadb_engine):
    start = threading.Barrier(4)
    case = quarantine.Refusal(offer_id=FIRST, type="Invalid", message="bad")

    def meet(run_id: int) -> None:
        start.wait(10)
        transact(mariadb_engine, lambda conn: quarantine.keep(conn, case, run_id=run_id))

    with ThreadPoolExecutor(4) as runs:
        for _ in range(10):
            transact(mariadb_engine, empty)
            list(runs.map(meet, range(1, 5)))
            [row] = transact(mariadb_engine, quarantine.listed)
            assert (row["times"], row["first_run_id"], row["last_run_id"]) == (4, 1, 4)
