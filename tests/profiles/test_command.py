"""`pwsync profile` as a person runs it, and what a run says of a profile's secrets: nothing."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from app.models import RunItem, table
from app.profiles import rows
from app.profiles.jar import Jar
from app.replica.serve import Replica, running
from app.store.engine import consult, open_engine
from app.store.schema import migrate
from browsers.login import login
from browsers.pool import BrowserPool
from browsers.values import Launch
from tests.browsers.proxy_server import ProxyServer
from tests.login.conftest import CONFIRM, Hand

USER, PASSWORD = "c4nary-user", "c4nary-p4ssword"


@dataclass(kw_only=True)
class Account:
    jar: Jar
    engine: Engine
    cookies: list[dict]


@pytest.fixture
def site():
    with running(offers=6, padded=False, members_only=True) as replica:
        yield replica


@pytest.fixture
def proxy():
    with ProxyServer("http", USER, PASSWORD) as server:
        yield server


@pytest.fixture
def jar(tmp_path) -> Jar:
    return Jar(tmp_path / "data" / "replica-profiles")


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "data").mkdir(exist_ok=True)
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'pwsync.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def declare(tmp_path):
    """Write profiles with proxies into the settings."""

    def write(**proxies: str) -> None:
        told = (f'[[profile]]\nname = "{name}"\nproxy = "{url}"\n' for name, url in proxies.items())
        (tmp_path / "pwsync.toml").write_text("".join(told))

    return write


@pytest.fixture
def account(site, jar, engine):
    """A profile `main` whose owner has logged in."""
    admitted = asyncio.run(_admitted(site))
    jar.save("main", admitted.storage)
    rows.note_login(engine, "replica:main", "买家")
    return Account(jar=jar, engine=engine, cookies=admitted.storage["cookies"])


async def _admitted(site: Replica):
    pool = BrowserPool(Launch(replica=site.address), size=1)
    await pool.open()
    try:
        async with pool.lease("login") as slot:
            return await login(slot, deadline=60, tell=Hand(site, *CONFIRM).tell)
    finally:
        await pool.close()


def listed(pwsync, site):
    done = pwsync("profile", "list", "--replica", site.address, "--json")
    assert done.returncode == 0, done.stderr
    return {one["name"]: one for one in json.loads(done.stdout)}


def test_list_tells_how_each_fares_and_no_secret(pwsync, site, account, engine, declare):
    declare(second=f"http://{USER}:{PASSWORD}@127.0.0.1:9")
    rows.note_block(engine, "replica:guest", "slider: [red]x\x1b[0m", (timedelta(minutes=15),))
    rows.hold(engine, "replica:main", "desk:7:0", 60)
    found = listed(pwsync, site)
    assert list(found) == ["guest", "main", "second"]
    assert (found["guest"]["state"], found["guest"]["kind"]) == ("resting", "nobody")
    assert found["main"]["logged_in_as"] == "买家"
    assert found["main"]["in_use_by"] == "desk:7:0"
    assert found["second"]["proxy"] == "http://127.0.0.1:9"
    assert (found["second"]["has_cookies"], found["main"]["has_cookies"]) == (False, True)
    table = pwsync("profile", "list", "--replica", site.address).stdout
    assert "买家" in table
    assert "[red]x" in table
    assert "\x1b" not in table
    assert "c4nary" not in table + json.dumps(found)


def test_check_asks_the_site_as_the_profile(pwsync, site, account, jar, engine):
    before = jar.path("main").stat().st_mtime_ns
    done = pwsync("profile", "check", "main", "--visit", "--replica", site.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "page for members" in done.stdout
    assert jar.path("main").stat().st_mtime_ns > before
    assert rows.read(engine, "replica:main").holder is None
    rows.hold(engine, "replica:main", "desk:7:0", 60)
    done = pwsync("profile", "check", "main", "--visit", "--replica", site.address)
    assert (done.returncode, "in use by process 7" in done.stdout) == (9, True)


def test_check_of_a_login_that_is_over_says_what_to_type(pwsync, site, account, jar):
    over = [one | {"value": "1"} for one in account.cookies]
    jar.save("main", {"cookies": over, "origins": []})
    done = pwsync("profile", "check", "main", "--visit", "--replica", site.address)
    assert done.returncode == 4
    assert "pwsync login --profile main" in done.stdout


def test_check_tells_what_stands_in_the_way(pwsync, site, proxy, engine, declare):
    declare(second=proxy.url, third="socks5://127.0.0.1:9")
    words = ("profile", "check", "second", "--replica", site.address)
    done = pwsync(*words, "--visit")
    assert (done.returncode, "pwsync login --profile second" in done.stdout) == (4, True)
    assert "connects in" in done.stdout
    assert "visit" not in done.stdout
    proxy.status = "407 No"
    done = pwsync(*words, "--json")
    assert done.returncode == 7
    assert {one["name"] for one in json.loads(done.stdout) if one["code"]} == {"proxy", "cookies"}
    assert pwsync("profile", "check", "third", "--replica", site.address).returncode == 7
    rows.note_block(engine, "replica:guest", "slider", (timedelta(minutes=15),))
    assert pwsync("profile", "check", "guest", "--replica", site.address).returncode == 5
    unknown = pwsync("profile", "check", "nobody-there", "--replica", site.address)
    assert (unknown.returncode, "pwsync login --profile" in unknown.stderr) == (2, True)
    assert "c4nary" not in done.stdout + unknown.stderr


def test_removing_counts_first_and_needs_a_yes(pwsync, site, account, jar, engine):
    words = ("profile", "rm", "main", "--replica", site.address)
    done = pwsync(*words)
    assert (done.returncode, "add -y" in done.stderr) == (2, True)
    assert jar.names() == ("main",)
    rows.hold(engine, "replica:main", "desk:7:0", 60)
    assert pwsync(*words, "-y").returncode == 9
    assert jar.names() == ("main",)
    rows.release(engine, "replica:main", "desk:7:0")
    assert pwsync(*words, "-y").returncode == 0
    assert (jar.names(), rows.listing(engine)) == ((), [])
    assert pwsync(*words, "-y").returncode == 2
    assert pwsync("profile", "rm", "guest", "-y").returncode == 2


def test_a_run_through_a_proxy_tells_its_secrets_nowhere(pwsync, site, account, proxy, declare):
    jar, data = account.jar, account.jar.folder.parent
    declare(main=proxy.url)
    secret = next(one["value"] for one in account.cookies if one["name"] == "cookie2")
    refs = [one["url"] for one in site.listed()]
    done = pwsync("-vv", "sync", *refs, "--profile", "main", "--replica", site.address, "--json")
    assert done.returncode == 0, done.stderr
    assert {f"{host}:{port}" for host, port in proxy.asked} == {site.address}
    said = done.stdout + done.stderr
    kept = b"".join(
        path.read_bytes() for path in data.rglob("*") if path.is_file() and path != jar.path("main")
    )
    for canary in (USER, PASSWORD, secret):
        assert canary not in said
        assert canary.encode() not in kept
    assert listed(pwsync, site)["main"]["pages"] >= len(refs)


def test_proxy_that_fails_rests_its_profile_and_no_item_pays(pwsync, site, account, proxy, declare):
    declare(main=proxy.url)
    proxy.status = "407 No"
    refs = [one["url"] for one in site.listed()]
    words = ("sync", *refs, "--profile", "main", "--replica", site.address, "--json")
    done = pwsync(*words)
    assert done.returncode == 5, done.stderr
    item = table(RunItem)
    states = consult(
        account.engine, lambda conn: list(conn.execute(select(item.c.state, item.c.charges)))
    )
    assert set(states) == {("queued", 0)}
    assert not site.log(kind="offer")
