"""The index: a row with the item it belongs to, revisits, finding, forgetting, and the audit."""

import hashlib
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from app.archive import files, rows
from app.archive.archive import Archive
from app.archive.checking import BadShare, Share, check
from app.archive.reading import Wanted, find, latest, next_offers, read
from app.archive.retention import Retention, prune
from app.archive.rows import PAGE
from app.archive.scrub import scrub
from app.archive.values import ArchiveUnwritable, Kind
from app.cli.main import app
from app.runs.audit import audit
from app.runs.consequences import settlement_for
from app.store import offers
from app.store.engine import reading, transact
from tests.archive.conftest import PAGES, document

REFUSED = PAGES / "refused"


def stored(desk, offer_id):
    with reading(desk.engine) as conn:
        return offers.load(conn, offer_id)


def test_every_document_has_its_row_with_the_item(desk, pages):
    run_id = desk.visit(pages)
    found = desk.records(run_id=run_id)
    assert {record.key for record in found} == set(pages)
    for record in found:
        payload = read(desk.archive.folder, record)
        assert payload == scrub(pages[record.key])
        assert record.size == len(payload)
        kept = stored(desk, record.key)
        assert (record.layout, record.observed_at) == (kept.item.layout, kept.observed_at)
        assert (record.run_id, record.token) == (kept.run_id, kept.token)
    assert audit(desk.engine) == []
    assert check(desk.engine, desk.archive.folder).read == len(pages)


def test_of_named_offers_alone_is_walked_through(desk, pages):
    desk.visit(pages)
    first, *_, last = sorted(map(int, pages))
    with reading(desk.engine) as conn:
        assert next_offers(conn, 0, 9, Wanted()) == (first, last)
        assert next_offers(conn, 0, 9, Wanted(keys=[str(last)])) == (last, last)
        assert next_offers(conn, last, 9, Wanted(keys=[str(last)])) is None


@pytest.mark.parametrize(
    ("page", "word"),
    [("login", "queued"), ("without_state", "unreadable"), ("off_shelf", "gone"), ("cut", "retry")],
)
def test_a_page_that_brought_no_item_is_kept_too(desk, page, word):
    run_id = desk.open("600000000001")
    [one] = desk.take(run_id)
    ending = desk.settle(one, (REFUSED / f"{page}.html").read_bytes())
    assert word in {ending.word, "queued"}
    [record] = desk.records()
    assert (record.layout, record.token, record.kind) == (None, one.token, Kind.OFFER)
    assert read(desk.archive.folder, record) == scrub((REFUSED / f"{page}.html").read_bytes())
    assert audit(desk.engine) == []


def test_a_wall_is_kept_without_the_tokens_of_its_address(desk):
    wall = "https://detail.1688.com//offer/1.html/_____tmd_____/punish?x5secdata=abc&x5step=1"
    run_id = desk.visit({"600000000001": b"<html>a wall</html>"}, urls={"600000000001": wall})
    [record] = desk.records(run_id=run_id)
    assert record.url == wall.replace("abc", "")
    assert audit(desk.engine) == []


def test_the_record_is_written_before_anything_is_read(desk, monkeypatch):
    [one] = desk.take(desk.open("600000000001"))

    def read_nothing(_):
        assert list(files.records(files.archived(desk.archive.folder)[0]))[1:]
        raise RuntimeError("a bug of extraction")

    monkeypatch.setattr("app.sync.registry.read", read_nothing)
    assert desk.settle(one, b"<html>any page</html>").word == "failed"
    assert len(desk.records()) == 1


def test_a_fenced_try_leaves_a_record_and_no_row(desk, pages):
    offer_id, payload = next(iter(pages.items()))
    [one] = desk.take(desk.open(offer_id))
    assert desk.settle(replace(one, token=one.token + 1), payload).word == "fenced"
    assert desk.records() == []
    assert len(list(files.records(files.archived(desk.archive.folder)[0]))) == 2
    assert audit(desk.engine) == []


def test_without_an_archive_the_same_is_stored(desk, pages):
    desk.visit(pages)
    kept = {offer_id: stored(desk, offer_id).item for offer_id in pages}
    desk.archive, known = None, desk.archive
    desk.visit(pages)
    assert {offer_id: stored(desk, offer_id).item for offer_id in pages} == kept
    desk.archive = known
    assert len(desk.records()) == len(pages)


def test_the_same_page_again_is_a_revisit_of_the_first(desk, pages):
    offer_id, payload = next(iter(pages.items()))
    for _ in range(3):
        desk.visit({offer_id: payload})
    third, second, first = desk.records()
    assert first.revisit_of is None
    assert {second.revisit_of, third.revisit_of} == {first.id}
    assert read(desk.archive.folder, third) == scrub(payload)
    desk.visit({offer_id: payload.replace(b"</body>", b"<!-- other --></body>")})
    assert desk.records()[0].revisit_of is None
    kinds = [fields["warc-type"] for _, _, fields in files.records(files.archived(desk.archive.folder)[0])]  # fmt: skip
    assert kinds == ["warcinfo", "response", "revisit", "revisit", "response"]
    assert audit(desk.engine) == []


def test_a_visit_that_differs_in_traces_alone_is_a_revisit(desk, pages):
    [(offer_id, payload)] = [
        (key, page) for key, page in pages.items() if b"window.FE_GLOBALS" in page
    ][:1]
    later = payload.replace(b"1769588210093", b"1769593950463").replace(b"0.0.0.0", b"10.1.2.3")
    assert later != payload
    desk.visit({offer_id: payload})
    desk.visit({offer_id: later})
    assert [record.revisit_of is None for record in desk.records()] == [False, True]


def test_an_original_that_is_too_old_is_not_referred_to(engine, tmp_path):
    archive = Archive(tmp_path / "archive", engine, Retention(days=10))
    page = document(b"a page", observed_at=datetime.now(UTC) - timedelta(days=6))
    with_row(engine, archive.keep(page))
    assert archive.keep(page).original is None
    fresh = document(b"b page", observed_at=datetime.now(UTC) - timedelta(days=4))
    with_row(engine, archive.keep(fresh))
    assert archive.keep(fresh).original is not None
    assert archive.keep(replace(fresh, key="600000000002")).original is None
    assert archive.keep(replace(fresh, kind=Kind.LIST)).original is None
    archive.close()


def with_row(engine, kept, layout=None):
    rows.wait_for_disk([kept])
    transact(engine, lambda conn: rows.note(conn, [kept], layout=layout))
    return kept


def test_a_revisit_whose_original_was_dropped_meanwhile_gets_no_row(engine, tmp_path):
    archive = Archive(tmp_path / "archive", engine)
    with_row(engine, archive.keep(document()))
    again = archive.keep(document())
    transact(engine, lambda conn: conn.execute(delete(PAGE)))
    with_row(engine, again)
    assert check(engine, archive.folder).read == 0
    archive.close()


def test_no_row_is_written_for_a_record_that_the_disk_did_not_take(desk, pages, monkeypatch):
    offer_id, payload = next(iter(pages.items()))
    [one] = desk.take(desk.open(offer_id))

    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.archive.writer.os.fdatasync", refuse)
    with pytest.raises(ArchiveUnwritable, match="No space left"):
        desk.settle(one, payload)
    monkeypatch.undo()
    assert stored(desk, offer_id) is None
    assert desk.records() == []
    assert settlement_for(ArchiveUnwritable("full"), charges=0) is None


# -- finding --------------------------------------------------------------------------------------


def test_records_are_found_by_offer_time_layout_and_run(desk, pages):
    first = desk.visit(pages)
    noon = desk.clock
    one = next(iter(pages))
    second = desk.visit({one: pages[one]})
    [newest, older] = desk.records(keys=[one])
    assert (newest.run_id, older.run_id) == (second, first)
    assert desk.records(since=desk.clock) == [newest]
    assert len(desk.records(until=desk.clock)) == len(pages)
    assert {record.layout for record in desk.records(layout="context")} == {"context"}
    assert len(desk.records(run_id=first)) == len(pages)
    assert desk.records(kind=Kind.LIST) == []
    with reading(desk.engine) as conn:
        assert len(find(conn, Wanted(), limit=3)) == 3
        best = latest(conn, Wanted())
        assert [record.key for record in best] == sorted(pages, key=int)
        assert newest in best
        assert older not in best
        assert latest(conn, Wanted(until=desk.clock, since=noon, keys=[one])) == []
        readable = latest(conn, Wanted(keys=[one]), PAGE.c.run_id == first)
        assert readable == [older], "what counts is decided before the newest is chosen"


# -- forgetting -----------------------------------------------------------------------------------


@pytest.fixture
def small(desk):
    """A desk whose files hold about one page each; none is being written."""
    desk.archive = Archive(desk.archive.folder, desk.engine, file_bytes=1)
    yield desk
    desk.archive.close()


def names(desk):
    return [path.name for path in files.archived(desk.archive.folder)]


def test_by_age_whole_files_go_with_their_rows(small, pages):
    keys = list(pages)
    small.visit({keys[0]: pages[keys[0]]})
    old = small.clock
    small.clock += timedelta(days=20)
    small.visit({keys[1]: pages[keys[1]]})
    small.archive.close()
    before = names(small)
    assert prune(small.engine, small.archive.folder, Retention(days=30), now=old + timedelta(days=29)) == []  # fmt: skip
    [gone] = prune(
        small.engine, small.archive.folder, Retention(days=30), now=old + timedelta(days=31)
    )
    assert (gone.file, gone.rows, gone.why) == (before[0], 1, "age")
    assert names(small) == before[1:]
    assert [record.key for record in small.records()] == [keys[1]]
    assert stored(small, keys[0]), "the offer itself stays"
    assert audit(small.engine) == []


def test_a_file_stays_while_a_fresh_visit_refers_to_it(small, pages):
    one = next(iter(pages))
    small.visit({one: pages[one]})
    old = small.clock
    small.clock += timedelta(days=20)
    small.visit({one: pages[one]})
    small.archive.close()
    soon = old + timedelta(days=31)
    assert prune(small.engine, small.archive.folder, Retention(days=30), now=soon) == []
    late = old + timedelta(days=51)
    gone = prune(small.engine, small.archive.folder, Retention(days=30), now=late)
    assert sum(one.rows for one in gone) == 2
    assert small.records() == []
    assert len(names(small)) == 1, "the other holds a revisit without a row: its own age takes it"


def test_by_size_the_oldest_go_but_no_last_page_of_an_offer(small, pages):
    one, other, *_ = pages
    small.visit({one: pages[one], other: pages[other]})
    small.visit({one: pages[one].replace(b"</body>", b"<p>changed</p></body>")})
    small.archive.close()
    before = names(small)
    for number, name in enumerate(before):
        os.utime(small.archive.folder / name, (number, number))
    retention = Retention(megabytes=1)
    assert prune(small.engine, small.archive.folder, retention) == []
    os.truncate(small.archive.folder / before[-1], 2 << 20)
    gone = prune(small.engine, small.archive.folder, retention)
    first = {record.place.file: record.key for record in small.records()}
    assert [(each.rows, each.why) for each in gone] == [(1, "size")]
    assert sorted(first.values()) == sorted([one, other])
    assert audit(small.engine) == []
    transact(
        small.engine,
        lambda conn: conn.execute(
            update(offers.OFFER).where(offers.OFFER.c.offer_id == other).values(gone="deleted")
        ),
    )
    [gone] = prune(small.engine, small.archive.folder, retention)
    assert [record.key for record in small.records()] == [one]


def test_files_that_are_written_and_those_of_others_are_let_alone(small, pages):
    one = next(iter(pages))
    small.visit({one: pages[one]})
    foreign = small.archive.folder / "pwsync-elsewhere-1-1-00001.warc.gz"
    foreign.touch()
    os.utime(foreign, (1, 1))
    long = datetime.now(UTC) + timedelta(days=9999)
    assert prune(small.engine, small.archive.folder, Retention(days=1), now=long) == []
    small.archive.close()
    assert len(prune(small.engine, small.archive.folder, Retention(days=1), now=long)) == 1
    assert names(small) == [foreign.name]


def test_a_crash_between_rows_and_file_is_made_good_the_next_time(small, pages, monkeypatch):
    one = next(iter(pages))
    small.visit({one: pages[one]})
    small.archive.close()
    late = datetime.now(UTC) + timedelta(days=9999)

    def dies(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("app.archive.retention.Path.unlink", dies)
    with pytest.raises(KeyboardInterrupt):
        prune(small.engine, small.archive.folder, Retention(days=1), now=late)
    monkeypatch.undo()
    assert small.records() == []
    assert len(names(small)) == 1
    [gone] = prune(small.engine, small.archive.folder, Retention(days=1), now=late)
    assert (gone.rows, names(small)) == (0, [])


def test_a_new_file_drops_what_is_too_old(engine, tmp_path):
    archive = Archive(tmp_path / "archive", engine, Retention(days=1), file_bytes=1)
    old = with_row(
        engine, archive.keep(document(observed_at=datetime.now(UTC) - timedelta(days=3)))
    )
    archive.keep(document(b"another"))
    assert not (archive.folder / old.place.file).exists()
    archive.close()


def test_a_visit_noted_while_its_original_is_dropped_never_dangles(mariadb_engine, tmp_path):
    archive = Archive(tmp_path / "archive", mariadb_engine, file_bytes=1)
    with_row(mariadb_engine, archive.keep(document()))
    again = archive.keep(document())
    archive.close()
    inside, go_on = threading.Event(), threading.Event()

    def note(conn):
        rows.note(conn, [again])
        inside.set()
        assert go_on.wait(30)

    noting = threading.Thread(target=transact, args=(mariadb_engine, note))
    noting.start()
    assert inside.wait(30)
    late = datetime.now(UTC) + timedelta(days=9999)
    dropping = threading.Thread(
        target=prune,
        args=(mariadb_engine, archive.folder, Retention(days=1)),
        kwargs={"now": late},
    )
    dropping.start()
    go_on.set()
    noting.join(30)
    dropping.join(30)
    with reading(mariadb_engine) as conn:
        assert conn.scalar(select(PAGE.c.id)) is None


# -- the audit ------------------------------------------------------------------------------------


def test_a_row_of_an_open_try_is_seen(desk, pages):
    one = next(iter(pages))
    [claim] = desk.take(desk.open(one))
    page = document(key=one, run_id=claim.run_id, token=claim.token)
    with_row(desk.engine, desk.archive.keep(page))
    assert {wrong.name for wrong in audit(desk.engine)} == {"I20"}


def test_a_record_that_is_gone_or_changed_is_told_by_the_check_of_files(lite_desk, pages):
    desk = lite_desk
    desk.visit(pages)
    path = files.archived(desk.archive.folder)[0]
    whole = path.read_bytes()
    place = desk.records()[0].place
    path.write_bytes(whole[: place.offset] + b"\0" * place.length + whole[place.offset + place.length :])  # fmt: skip
    [wrong] = check(desk.engine, desk.archive.folder).wrong
    assert wrong.record.place == place
    assert "I21" in str(wrong)
    seen = [check(desk.engine, desk.archive.folder, Share(number=n, parts=3)) for n in (1, 2, 3)]
    assert sum(found.read for found in seen) == len(pages)
    assert sum(len(found.wrong) for found in seen) == 1
    path.unlink()
    assert len(check(desk.engine, desk.archive.folder).wrong) == len(pages)


def test_records_on_other_machines_are_counted_and_not_missed(lite_desk, pages):
    lite_desk.visit(pages)
    transact(
        lite_desk.engine,
        lambda conn: conn.execute(
            update(PAGE).values(file="pwsync-elsewhere-1-1-00001.warc.gz").where(PAGE.c.id == 1)
        ),
    )
    found = check(lite_desk.engine, lite_desk.archive.folder)
    assert (found.read, found.elsewhere, found.wrong) == (len(pages) - 1, 1, ())


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "x/y", "1/3/5"])
def test_a_share_is_n_of_t(text):
    with pytest.raises(BadShare):
        Share.of(text)


def test_the_audit_command_reads_the_files(lite_desk, pages, monkeypatch):
    lite_desk.visit(pages)
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(lite_desk.folder))
    told = CliRunner().invoke(app, ["audit", "--files"])
    assert told.exit_code == 0, told.output
    assert f"archive: {len(pages)} records read, 0 wrong" in told.output
    files.archived(lite_desk.archive.folder)[0].unlink()
    told = CliRunner().invoke(app, ["audit", "--subset", "1/1", "--json"])
    assert told.exit_code == 10
    found = json.loads(told.output)
    assert found["clean"] is False
    assert len(found["archive"]["wrong"]) == len(pages)


def test_digests_are_of_the_payload(desk, pages):
    desk.visit(pages)
    for record in desk.records():
        payload = read(desk.archive.folder, record)
        assert hashlib.sha256(payload).hexdigest() == record.sha256
