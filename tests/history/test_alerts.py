"""Alerts: one firing a crossing, whoever looks; delivered at least once; never a secret told."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.alerts.courier import MOST_TRIES, Courier, Undelivered, deliver
from app.alerts.firings import FIRING, STATE, watch
from app.alerts.notify import mark_of, post, posts_of
from app.alerts.rules import Alert, Happened, Message, PriceBelow, PriceDrop, StockBelow
from app.replica.serve import running
from app.settings import SettingsError, load
from app.store.clock import now
from app.store.engine import reading, transact
from app.store.facts import Kind
from app.store.offers import Change, mark_gone, save
from app.telling import addresses_of, alerts_of
from tests.history.webhook import webhook
from tests.runs.books import new_run
from tests.samples import NOON, item, seen

OFFER_ID, OTHER = "600000000001", "600000000002"
BELOW = PriceBelow(Decimal(10))
HOOK = "json://127.0.0.1:1/"


@pytest.fixture
def hook():
    with webhook() as server:
        yield server


def alert(condition=BELOW, **facts) -> Alert:
    return Alert(**{"name": "watch", "condition": condition, "targets": (mark_of(HOOK),)} | facts)


def offer(low, offer_id: str = OFFER_ID, **changes):
    return item(offer_id, **{"steps": 0, "price_min": low, "price_max": "99"} | changes)


def look(engine, told, alerts, number: int = 1, **facts) -> int:
    """Store a page as a worker does, alerts and all; how many fired."""
    at = seen(run_id=facts.pop("run_id", 1), token=number, at=NOON + timedelta(hours=number))

    def work(conn) -> int:
        return watch(conn, alerts, told, save(conn, told, at), at)

    return transact(engine, work)


def leave(engine, alerts) -> int:
    at = seen(token=99, at=NOON + timedelta(days=9))
    return transact(
        engine,
        lambda conn: watch(conn, alerts, None, mark_gone(conn, OFFER_ID, "deleted", at), at),
    )


def firings(engine, *columns: str):
    with reading(engine) as conn:
        query = select(*(FIRING.c[name] for name in columns)).order_by(FIRING.c.id)
        return [tuple(row) for row in conn.execute(query)]


# -- crossings ---------------------------------------------------------------------------------------


def test_a_line_is_crossed_once_and_again_only_from_the_other_side(engine):
    prices = (12, 9, 8, "8.5", 11, "9.99", 10)
    fired = [look(engine, offer(low), [alert()], n) for n, low in enumerate(prices)]
    assert fired == [0, 1, 0, 0, 0, 1, 0]
    assert [version for (version,) in firings(engine, "version")] == [2, 6]
    with reading(engine) as conn:
        assert conn.execute(select(STATE)).all() == []


def test_the_first_sight_of_what_is_below_fires_and_the_same_page_does_not(engine):
    assert look(engine, offer(9), [alert()], 1) == 1
    assert look(engine, offer(9), [alert()], 2) == 0


def test_an_alert_that_is_declared_later_or_with_another_limit_has_crossed_nothing(engine):
    look(engine, offer(9), [], 1)
    assert look(engine, offer(9), [alert()], 2) == 1
    assert look(engine, offer(9), [alert(PriceBelow(Decimal(8)))], 3) == 0
    assert look(engine, offer(9), [alert(PriceBelow(Decimal("9.5")))], 4) == 1


def test_what_a_page_does_not_tell_crosses_nothing(engine):
    low = alert(StockBelow(50))
    told = [look(engine, offer(9, stock=n), [low], k) for k, n in enumerate((40, None, 30, 60, 40))]
    assert told == [1, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("condition", "page", "said"),
    [
        (PriceDrop(Decimal(20)), {"low": 8}, "price_min 10.00 → 8.00 (-20.0 %)"),
        (PriceDrop(Decimal(21)), {"low": 8}, None),
        (PriceDrop(Decimal(1)), {"low": 11}, None),
        (
            Happened(frozenset({Kind.TITLE})),
            {"low": 10, "title": "新\x1b[31m\n标题"},
            "新 [31m 标题",
        ),
        (
            Happened(frozenset({Kind.STOCK_OUT})),
            {"low": 10, "stock": 0},
            "stock out: stock 1200 → 0",
        ),
        (
            Happened(frozenset({Kind.SKU_ADDED})),
            {"low": 10, "colours": 4},
            "sku added: skus 4997 色3",
        ),
    ],
    ids=str,
)
def test_events_are_told_in_words(engine, condition, page, said):
    look(engine, offer(10), [alert(condition)], 1)
    assert look(engine, offer(**page), [alert(condition)], 2) == bool(said)
    bodies = [body for (body,) in firings(engine, "body")]
    assert all(said in body for body in bodies)
    assert "\x1b" not in "".join(bodies)
    again = look(engine, offer(**page), [alert(condition)], 3)
    assert again == 0


def test_an_offer_that_goes_and_comes_back(engine):
    both = [alert(Happened(frozenset({kind})), name=kind.value) for kind in (Kind.GONE, Kind.BACK)]
    look(engine, offer(10), both, 1)
    assert [leave(engine, both), leave(engine, both)] == [1, 0]
    assert look(engine, offer(10), both, 100) == 1
    assert [name for (name,) in firings(engine, "alert")] == ["gone", "back"]


def test_only_what_is_watched_fires(engine):
    run = new_run(engine, 1, options={"batch": "nightly"})
    chosen = [
        alert(name="offer", offers=frozenset({OTHER})),
        alert(name="supplier", supplier="b2b-1"),
        alert(name="stranger", supplier="b2b-2"),
        alert(name="company", supplier="某某有限公司"),
        alert(name="batch", batch="nightly"),
        alert(name="other", batch="weekly"),
    ]
    look(engine, offer(9), chosen, 1, run_id=run.id)
    assert {name for (name,) in firings(engine, "alert")} == {"supplier", "company", "batch"}
    assert look(engine, offer(9, OTHER), chosen[:1], 1) == 1


def test_four_workers_that_see_it_at_once_fire_once(engine):
    start = threading.Barrier(4)
    look(engine, offer(12), [alert()], 0)

    def meet(number: int) -> int:
        start.wait(10)
        return look(engine, offer(9), [alert()], number, run_id=number)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(meet, range(1, 5))) == 1
    assert len(firings(engine, "id")) == 1


def test_a_worker_that_dies_before_its_commit_has_fired_nothing(engine):
    look(engine, offer(12), [alert()], 0)
    at = seen(token=1)

    def die(conn) -> None:
        saved = save(conn, offer(9), at)
        assert saved.change is Change.CHANGED
        assert watch(conn, [alert()], offer(9), saved, at) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transact(engine, die)
    assert firings(engine, "id") == []
    assert look(engine, offer(9), [alert()], 2) == 1


# -- delivery ----------------------------------------------------------------------------------------


def fire(engine, hook, number: int = 1) -> None:
    alerts = [alert(targets=(mark_of(hook.url),))]
    for place in range(number):
        look(engine, offer(9, str(600_000_000_001 + place)), alerts, 1)


def test_a_webhook_hears_of_each_firing_once_and_a_restart_repeats_nothing(engine, hook):
    fire(engine, hook)
    posts = posts_of([hook.url])
    assert [deliver(engine, posts), deliver(engine, posts)] == [1, 0]
    [told] = hook.taken
    assert told["title"] == f"watch: {item().title}"
    assert "price_min 9" in told["message"]
    assert item().url in told["message"]
    assert firings(engine, "state", "attempts") == [("sent", 1)]


def test_two_couriers_share_the_work(engine, hook):
    fire(engine, hook, 30)
    couriers = [Courier(engine, posts_of([hook.url])) for _ in range(2)]
    for courier in couriers:
        courier.close()
    assert len(hook.taken) == 30
    assert len({told["message"] for told in hook.taken}) == 30


def test_what_is_refused_is_tried_again_later_and_given_up_in_the_end(engine, hook):
    fire(engine, hook)
    hook.refuses = True
    posts = posts_of([hook.url])
    assert [deliver(engine, posts), deliver(engine, posts)] == [1, 0], "it waits"
    [(state, attempts, reason)] = firings(engine, "state", "attempts", "reason")
    assert (state, attempts, reason) == ("queued", 1, "json: the message was not taken")
    for _ in range(MOST_TRIES):
        transact(engine, lambda conn: conn.execute(update(FIRING).values(not_before=now())))
        deliver(engine, posts)
    assert firings(engine, "state", "attempts") == [("failed", MOST_TRIES)]
    assert hook.refused == MOST_TRIES


def test_what_a_killed_courier_held_is_another_s_after_a_while(engine, hook):
    fire(engine, hook)

    def die(_: Message) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(engine, {mark_of(hook.url): die})
    assert deliver(engine, posts_of([hook.url])) == 0
    transact(engine, lambda conn: conn.execute(update(FIRING).values(not_before=now(-1))))
    assert deliver(engine, posts_of([hook.url])) == 1
    assert len(hook.taken) == 1


def test_a_courier_leaves_alone_what_it_has_no_address_for(sqlite_engine, hook):
    fire(sqlite_engine, hook)
    assert deliver(sqlite_engine, posts_of(["json://127.0.0.1:1/other"])) == 0
    look(sqlite_engine, offer(9, OTHER), [alert(targets=())], 1)
    assert [state for (state,) in firings(sqlite_engine, "state")] == ["queued", "unsent"]


# -- settings and the command ------------------------------------------------------------------------


CONFIG = """
[notify]
urls = ["{url}"]

[[alert]]
name = "cheap"
all = true
price_drop = "0.1%"

[[alert]]
name = "mine"
offers = ["https://detail.1688.com/offer/600000000001.html"]
on = ["restock", "gone"]
notify = []
"""


@pytest.fixture
def configured(tmp_path, monkeypatch, hook):
    path = tmp_path / "pwsync.toml"
    path.write_text(CONFIG.format(url=hook.url))
    monkeypatch.chdir(tmp_path)
    return path


def test_alerts_are_read_from_the_settings(configured, hook):
    cheap, mine = alerts_of(load())
    assert (cheap.condition, cheap.offers) == (PriceDrop(Decimal("0.1")), None)
    assert cheap.targets == (mark_of(hook.url),)
    assert mine.condition == Happened(frozenset({Kind.RESTOCK, Kind.GONE}))
    assert (mine.offers, mine.targets) == (frozenset({OFFER_ID}), ())
    assert addresses_of(load()) == (hook.url,)
    assert "geheim" not in repr(load())


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ('name="a"\nall=true', "'a', condition: give exactly one of price_drop"),
        ('name="a"\nall=true\nstock_below=3\non=["gone"]', "'a', condition: give exactly one"),
        ('name="a"\nstock_below=3', "'a', watch: give exactly one of offers"),
        ('name="a"\nall=true\non=["prices"]', "'a', on: prices is none of price"),
        ("all=true\nstock_below=3", "without a name, name: Field required"),
        (
            'name="a"\nall=true\nprice_drop="lots"',
            "'a', price_drop: Input should be a valid decimal",
        ),
        ('name="a"\nall=true\nstock_below=3\nnotify=["geheim"]', "an address begins with its kind"),
        ('name="a"\nall=true\nstok_below=3', "'a', stok_below: Extra inputs"),
        ('name="a"\noffers=["nonsense"]\nstock_below=3', "alert 'a': nonsense: "),
        ('name="a"\nfile="none.txt"\nstock_below=3', "alert 'a', file: none.txt: "),
    ],
    ids=lambda told: told.replace("\n", " ")[:50],
)
def test_what_is_wrong_with_an_alert_is_one_sentence(tmp_path, monkeypatch, declared, told):
    (tmp_path / "pwsync.toml").write_text(f"[[alert]]\n{declared}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        alerts_of(load())
    assert told in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_secret_is_told_by_nothing(pwsync, configured, hook, caplog):
    hook.refuses = True
    with caplog.at_level(logging.DEBUG), pytest.raises(Undelivered) as caught:
        post(hook.url, Message(subject="s", body="b"))
    said = [caplog.text, str(caught.value)]
    for words in (["config", "show"], ["alerts", "list"], ["alerts", "test", "cheap"]):
        done = pwsync(*words, PWSYNC_CONFIG=str(configured))
        said += [done.stdout, done.stderr]
    assert "json: the message was not taken" in said[-1]
    assert "**********" in said[2], "that there is one is told"
    assert "geheim" not in "".join(said)
    assert hook.url.rpartition("@")[2] not in "".join(said)


def test_a_person_lists_and_tests_alerts(pwsync, configured, hook):
    done = pwsync("alerts", "test", "cheap", PWSYNC_CONFIG=str(configured))
    assert (done.returncode, done.stdout) == (0, "json: taken\n")
    assert hook.taken[0]["title"] == "cheap: a test"
    rows = json.loads(pwsync("alerts", "list", "--json", PWSYNC_CONFIG=str(configured)).stdout)
    assert [(row["name"], row["told"], row["sent"], row["last"]) for row in rows] == [
        ("cheap", 1, 0, None), ("mine", 0, 0, None),
    ]  # fmt: skip
    refused = pwsync("alerts", "test", "mine", PWSYNC_CONFIG=str(configured))
    assert (refused.returncode, "tells nobody" in refused.stderr) == (2, True)


def test_a_sync_tells_whoever_watches_and_a_second_one_tells_nothing(pwsync, configured, hook):
    more = {"PWSYNC_CONFIG": str(configured)}
    with running(offers=9, seed=3, padded=False) as site:
        refs = [row["url"] for row in site.listed() if row["standing"] == "live"]
        for epoch in (1, 4, 4):
            site.turn(epoch)
            done = pwsync("sync", "--replica", site.address, "--progress", "none", *refs, **more)
            assert done.returncode == 0, done.stderr
        log = site.changes(1, 4)
    fell = {
        row["offer_id"]
        for row in log
        if row["kind"] == "price" and float(row["after"]) < float(row["before"])
    }
    assert fell
    told = {offer_id for offer_id in fell for one in hook.taken if offer_id in one["message"]}
    assert told == fell
    assert len(hook.taken) == len(fell)
