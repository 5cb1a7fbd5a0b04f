"""Each due instant opens one run, however many schedulers there are and whatever happens to them."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import takewhile

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from app import models
from app.lists import ListRef
from app.models import table
from app.runs.audit import audit
from app.runs.outcomes import RunState
from app.runs.states import cancel, pause, read_run
from app.schedule import fires
from app.schedule.fires import Decision, Fire
from app.schedule.sources import ListedOffers
from app.schedule.ticker import BatchBusy, RunOpener, fire, present_of, tick
from app.store.engine import open_engine, reading, transact
from app.store.offers import mark_gone, save
from tests.samples import item, seen
from tests.schedule.conftest import FIRST, MORNING, close, ids, later, stale

RUN, FIRE = table(models.Run), table(models.BatchFire)


def runs(engine) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(func.count()).select_from(RUN))


def test_a_batch_that_is_new_fires_for_nothing_before_and_then_on_time(engine, batch_of, book):
    batch = batch_of()
    [begun] = tick(engine, [batch], now=MORNING)
    assert (begun.decision, begun.run_id) == (Decision.BEGUN, None)
    assert tick(engine, [batch], now=later(4)) == []
    [fired] = tick(engine, [batch], now=later(4.5))
    assert (fired.decision, fired.due_at) == (Decision.FIRED, later(4.5))
    assert tick(engine, [batch], now=later(5)) == []
    assert book(engine) == [(0, "begun"), (5, "fired")]
    run = read_run(engine, fired.run_id)
    assert (run.state, run.expected, run.kind, run.options) == (
        RunState.OPEN, 3, "batch", {"batch": "often"},
    )  # fmt: skip
    assert ids(engine, run.id) == [str(FIRST + n) for n in range(3)]
    assert audit(engine) == []


@pytest.fixture(params=["sqlite", "mariadb"])
def places(request, tmp_path):
    """Make engines of their own for one database."""
    made = []

    def make(count: int):
        engine = request.getfixturevalue(f"{request.param}_engine")
        made.extend(open_engine(engine.url.render_as_string(hide_password=False)) for _ in range(count))  # fmt: skip
        return made

    yield make
    for engine in made:
        engine.dispose()


@pytest.mark.parametrize("schedulers", [2, 5])
def test_schedulers_together_fire_every_batch_once_for_an_hour(places, batch_of, schedulers):
    engines = places(schedulers)
    batches = [
        batch_of("five", "*/5 * * * *"),
        batch_of("seven", "*/7 * * * *", "Asia/Shanghai"),
        batch_of("once", "30 * * * *", "Europe/Berlin"),
    ]
    barrier = threading.Barrier(schedulers)
    tick(engines[0], batches, now=MORNING)

    def watch(number: int) -> list[Fire]:
        jitter = random.Random(number)
        own: list[Fire] = []
        for minute in range(1, 61):
            barrier.wait(60)
            fired = tick(engines[number], batches, now=later(minute - jitter.uniform(0, 0.4)))
            barrier.wait(60)  # all have looked; now their runs are worked off
            for each in fired:
                close(engines[number], each.run_id)
            own += fired
        return own

    with ThreadPoolExecutor(schedulers) as threads:
        written = [each for own in threads.map(watch, range(schedulers)) for each in own]
    assert {each.decision for each in written} == {Decision.FIRED}
    for batch in batches:
        found = sorted(each.due_at for each in written if each.name == batch.name)
        due = batch.timetable.forwards(MORNING)
        assert found == list(takewhile(lambda at: at <= later(60), due))
    assert len({each.run_id for each in written}) == len(written) == runs(engines[0])
    assert audit(engines[0]) == []


def test_schedulers_whose_clocks_differ_lose_and_double_nothing(places, batch_of):
    """Clocks are the database's; but one that stalls between reading it and writing is late."""
    engines = places(4)
    batches = [batch_of("minute", "* * * * *", catchup="1h"), batch_of("five", "*/5 * * * *")]
    tick(engines[0], batches, now=MORNING)

    def watch(number: int) -> list[Fire]:
        jitter = random.Random(number)
        own: list[Fire] = []
        for minute in range(1, 31):
            fired = tick(engines[number], batches, now=later(minute + jitter.uniform(-2, 2)))
            for each in fired:
                close(engines[number], each.run_id)
            own += fired
        return own

    with ThreadPoolExecutor(4) as threads:
        written = [each for own in threads.map(watch, range(4)) for each in own]
    rows = [
        row
        for batch in batches
        for row in fires.recent(engines[0], batch.name, limit=1000)
        if row.decision != Decision.BEGUN
    ]
    assert sorted((row.name, row.due_at) for row in rows) == sorted(
        (each.name, each.due_at) for each in written
    )
    assert sum(row.run_id is not None for row in rows) == runs(engines[0])
    for batch in batches:
        found = sorted(row.due_at for row in rows if row.name == batch.name)
        assert found == list(
            takewhile(lambda at, last=found[-1]: at <= last, batch.timetable.forwards(MORNING))
        )


def test_the_key_keeps_a_second_one_out_even_from_one_that_planned_the_same(engine, batch_of):
    batch = batch_of()
    tick(engine, [batch], now=MORNING)
    [fired] = tick(engine, [batch], now=later(5))
    with pytest.raises(IntegrityError):
        transact(engine, lambda conn: fires.write(conn, fired))


def test_schedulers_that_see_a_batch_first_at_once_begin_it_once(places, batch_of, book):
    engines = places(4)
    names = [f"b{number}" for number in range(10)]
    barrier = threading.Barrier(4)

    def look(engine) -> list[Fire]:
        written = []
        for name in names:
            barrier.wait(60)
            written += tick(engine, [batch_of(name)], now=MORNING)
        return written

    with ThreadPoolExecutor(4) as threads:
        written = [each for own in threads.map(look, engines) for each in own]
    assert sorted(each.name for each in written) == sorted(names)
    assert {each.decision for each in written} == {Decision.BEGUN}


def test_persons_who_fire_at_once_open_one_run(places, batch_of):
    engines = places(4)
    batches = [batch_of(f"b{number}") for number in range(10)]
    tick(engines[0], batches, now=MORNING)
    barrier = threading.Barrier(4)

    def ask(engine) -> int:
        opened = 0
        for batch in batches:
            barrier.wait(60)
            with suppress(BatchBusy):
                fire(engine, batch)
                opened += 1
        return opened

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(ask, engines)) == len(batches) == runs(engines[0])


class Killed(BaseException):
    """The scheduler ends here."""


@pytest.mark.parametrize("when", ["before the run", "after the run"])
def test_a_scheduler_killed_on_the_way_has_done_nothing_and_another_does_it(
    engine, batch_of, book, when
):
    batch = batch_of()
    tick(engine, [batch], now=MORNING)

    def opener(conn, batch, intake):
        assert conn.scalar(select(func.count()).select_from(FIRE)) == 2  # its row is written
        if when == "after the run":
            RunOpener()(conn, batch, intake)
        raise Killed

    with pytest.raises(Killed):
        tick(engine, [batch], now=later(5), opener=opener)
    assert book(engine) == [(0, "begun")]
    assert runs(engine) == 0
    [fired] = tick(engine, [batch], now=later(6))
    assert (fired.decision, runs(engine)) == (Decision.FIRED, 1)


def test_a_connection_lost_in_commit_neither_loses_nor_doubles(mariadb_engine, batch_of, book):
    batch = batch_of()
    tick(mariadb_engine, [batch], now=MORNING)
    tried = []

    def opener(conn, batch, intake):
        tried.append(conn.scalar(text("SELECT CONNECTION_ID()")))
        run_id = RunOpener()(conn, batch, intake)
        if len(tried) == 1:
            with mariadb_engine.connect() as other:
                other.execute(text(f"KILL {tried[0]}"))
        return run_id

    [fired] = tick(mariadb_engine, [batch], now=later(5), opener=opener)
    assert len(tried) == 2
    assert fired.decision == Decision.FIRED
    assert runs(mariadb_engine) == 1


def test_missed_ones_are_fired_once_and_the_others_told(engine, batch_of, book):
    batch = batch_of(catchup="15m")
    tick(engine, [batch], now=MORNING)
    assert [each.decision for each in tick(engine, [batch], now=later(22))] == [
        Decision.FIRED, *[Decision.SKIPPED] * 3,
    ]  # fmt: skip
    assert book(engine) == [
        (0, "begun"), (5, "skipped"), (10, "skipped"), (15, "skipped"), (20, "fired"),
    ]  # fmt: skip
    assert runs(engine) == 1


def test_what_was_missed_for_too_long_is_told_and_not_fired(engine, batch_of, book):
    batch = batch_of(cron="0 9 * * *", catchup="2h")
    tick(engine, [batch], now=MORNING)
    [skipped] = tick(engine, [batch], now=later(3 * 60 + 0.1))
    assert (skipped.decision, skipped.reason) == (
        Decision.SKIPPED, "missed by more than the catch-up window of 2h",
    )  # fmt: skip
    assert tick(engine, [batch], now=later(3 * 60 + 1)) == []
    assert runs(engine) == 0


@pytest.mark.parametrize("state", ["open", "paused"])
def test_runs_do_not_pile_up(engine, batch_of, book, state):
    batch = batch_of()
    tick(engine, [batch], now=MORNING)
    [first] = tick(engine, [batch], now=later(5))
    if state == "paused":
        pause(engine, first.run_id)
    [skipped] = tick(engine, [batch], now=later(10))
    assert (skipped.decision, skipped.reason) == (
        Decision.SKIPPED, f"run {first.run_id} is not finished",
    )  # fmt: skip
    cancel(engine, first.run_id)
    [second] = tick(engine, [batch], now=later(15))
    assert second.decision == Decision.FIRED


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b"", "no line of it names an offer"),
        (b"# nothing\nfoo\n", "no line of it names an offer"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        ("folder", "not an ordinary file"),
    ],
)
def test_a_source_that_cannot_be_read_fails_and_the_others_go_on(
    sqlite_engine, batch_of, refs, content, why
):
    batches = [batch_of("broken"), batch_of("stale", source=stale()), batch_of("fine")]
    tick(sqlite_engine, batches, now=MORNING)
    good = refs.read_bytes()
    refs.unlink()
    if content == "folder":
        refs.mkdir()
    elif content is not None:
        refs.write_bytes(content)
    broken, waits, _ = tick(sqlite_engine, batches, now=later(5))
    assert (broken.decision, broken.run_id) == (Decision.FAILED, None)
    assert why in broken.reason
    assert str(refs) in broken.reason
    assert waits.decision == Decision.SKIPPED
    refs.rmdir() if content == "folder" else refs.unlink(missing_ok=True)
    refs.write_bytes(good)
    assert [each.decision for each in tick(sqlite_engine, batches, now=later(10))] == [
        Decision.FIRED, Decision.SKIPPED, Decision.FIRED,
    ]  # fmt: skip


def test_a_file_is_read_when_it_is_due_and_its_books_are_kept(engine, batch_of, refs):
    batch = batch_of(limit=2)
    tick(engine, [batch], now=MORNING)
    refs.write_text("600000000009\n600000000008\n600000000009\nnonsense\n600000000007\n")
    [fired] = tick(engine, [batch], now=later(5))
    run = read_run(engine, fired.run_id)
    assert (run.expected, run.duplicates, run.rejected, run.lines_read) == (3, 1, 1, 5)
    items = table(models.RunItem)
    with reading(engine) as conn:
        query = select(items.c.state, items.c.reason).order_by(items.c.position)
        found = [tuple(row) for row in conn.execute(query)]
    beyond = ("skipped", "beyond the batch's limit of 2")
    assert found == [("queued", None), ("queued", None), beyond]
    assert audit(engine) == []


def store(engine, offer_id: str, hours: float) -> None:
    """An offer that was seen so many hours before the morning."""
    at = MORNING - timedelta(hours=hours)
    transact(engine, lambda conn: save(conn, item(offer_id), seen(at=at)))


def test_stale_offers_are_taken_the_oldest_first_and_no_more_than_the_limit(engine, batch_of):
    ages = {str(FIRST): 30, str(FIRST + 1): 50, str(FIRST + 2): 2, str(FIRST + 3): 40}
    for offer_id, hours in ages.items():
        store(engine, offer_id, hours)
    batch = batch_of(source=stale("24h"), limit=2)
    tick(engine, [batch], now=MORNING)
    [fired] = tick(engine, [batch], now=later(5))
    assert ids(engine, fired.run_id) == [str(FIRST + 1), str(FIRST + 3)]


def test_offers_that_cannot_be_read_do_not_keep_the_others_from_their_turn(engine, batch_of):
    for number in range(4):
        store(engine, str(FIRST + number), 50 - number)
    batch = batch_of(source=stale("24h"), limit=2)
    tick(engine, [batch], now=MORNING)
    turns = []
    for minutes in (5, 10, 15, 24 * 60 + 20):
        found = tick(engine, [batch], now=later(minutes))[0]
        turns.append(list(ids(engine, found.run_id)) if found.run_id else found.decision)
        close(engine, found.run_id)  # none of them was seen
    names = [str(FIRST + number) for number in range(4)]
    assert turns == [names[:2], names[2:], Decision.SKIPPED, names[:2]]


def test_an_offer_that_is_gone_is_looked_at_again(engine, batch_of):
    store(engine, str(FIRST), 50)
    gone = MORNING - timedelta(hours=30)
    transact(engine, lambda conn: mark_gone(conn, str(FIRST), "deleted", seen(at=gone, token=2)))
    batch = batch_of(source=stale("24h"))
    tick(engine, [batch], now=MORNING)
    [fired] = tick(engine, [batch], now=later(5))
    assert ids(engine, fired.run_id) == [str(FIRST)]


def test_a_person_may_fire_at_any_time_and_the_timetable_takes_no_note(engine, batch_of, book):
    batch = batch_of()
    tick(engine, [batch], now=MORNING)
    asked = fire(engine, batch, now=later(7))
    assert (asked.decision, asked.manual) == (Decision.FIRED, True)
    with pytest.raises(BatchBusy, match=f"run {asked.run_id} is not finished"):
        fire(engine, batch, now=later(8))
    close(engine, asked.run_id)
    assert tick(engine, [batch], now=later(9)) != []  # 08:05, although 08:07 was fired
    assert book(engine) == [(0, "begun"), (5, "fired"), (7.5, "fired")]


def test_bells_are_rung_after_the_commit_and_a_broken_one_harms_nobody(engine, batch_of):
    batches = [batch_of("a"), batch_of("b")]
    rung = []

    def ring(run_id: int, label: str) -> None:
        rung.append((read_run(engine, run_id).id, label))
        raise ConnectionError

    tick(engine, batches, now=MORNING, ring=ring)
    written = tick(engine, batches, now=later(5), ring=ring)
    assert rung == [(each.run_id, f"batch {each.name}") for each in written]
    assert len(rung) == 2


def test_the_present_is_the_databases(mariadb_engine, batch_of):
    """A machine's clock has no say: here the database is told another time."""
    batch = batch_of()
    url = mariadb_engine.url.render_as_string(hide_password=False)
    moment = [MORNING]
    engine = open_engine(url)

    @event.listens_for(engine, "checkout")
    def tell(connection, *_):
        connection.cursor().execute(f"SET timestamp = {moment[0].timestamp():.6f}")

    assert present_of(engine) == MORNING
    [begun] = tick(engine, [batch])
    assert (begun.fired_at, begun.due_at) == (MORNING, MORNING.replace(second=0))
    moment[0] = later(5)
    [fired] = tick(engine, [batch])
    assert (fired.decision, fired.due_at) == (Decision.FIRED, later(4.5))
    engine.dispose()


def test_rows_of_a_clock_that_was_in_the_future_silence_nobody(engine, batch_of):
    batch = batch_of()
    tick(engine, [batch], now=MORNING)
    ahead = Fire(
        name=batch.name, due_at=later(60 * 24 * 365), decision=Decision.SKIPPED, fired_at=MORNING
    )
    transact(engine, lambda conn: fires.write(conn, ahead))
    [fired] = tick(engine, [batch], now=later(5))
    assert fired.decision == Decision.FIRED


def test_years_without_a_scheduler_are_over_in_a_moment(engine, batch_of):
    batch = batch_of(cron="* * * * *")
    tick(engine, [batch], now=MORNING - timedelta(days=3650))
    written = tick(engine, [batch], now=MORNING)
    assert [each.decision for each in written[:2]] == [Decision.FIRED, Decision.SKIPPED]
    assert tick(engine, [batch], now=MORNING) == []


def test_batches_that_were_taken_away_are_left_alone(engine, batch_of):
    tick(engine, [batch_of("old")], now=MORNING)
    assert tick(engine, [], now=later(5)) == []
    assert [each.name for each in tick(engine, [batch_of("new")], now=later(5))] == ["new"]
    assert fires.latest(engine, ["old", "new", "none"]).keys() == {"old", "new"}


def test_a_batch_over_a_list_opens_a_run_that_reads_it(engine, batch_of):
    source = ListedOffers(ref=ListRef.of("shop", "shop123abc456x.1688.com"))
    batch = batch_of(source=source, limit=50, profile="main", ignore_robots="my own shop")
    found = fire(engine, batch, opener=RunOpener(options={"replica": False, "profile": "guest"}))
    run = read_run(engine, found.run_id)
    assert (run.kind, run.expected, run.list_pages) == ("batch", 0, 1)
    assert run.options == {
        "replica": False,
        "profile": "main",
        "ignore_robots": "my own shop",
        "batch": batch.name,
        "list": {"kind": "shop", "value": "shop123abc456x.1688.com", "first": 50},
    }
    assert str(source) == "shop shop123abc456x"
