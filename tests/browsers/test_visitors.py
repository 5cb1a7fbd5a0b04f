"""The pool as one visitor after another: decisions without Chromium, cookies and ways out with it."""

import asyncio
import json

import pytest

from app.profiles.proxies import read_proxy
from browsers.errors import BrowserLost, EngineMissing, PoolClosed, TimedOut
from browsers.pool import BrowserPool
from browsers.testing import FakeLauncher
from browsers.values import Launch, Mode, Proxy, SlotState, Visitor
from tests.browsers.conftest import SITE, until
from tests.browsers.proxy_server import ProxyServer
from tests.browsers.test_pool import QUICK, fail, hold, lease_once


def cookies(**values):
    listed = [
        {"name": name, "value": value, "domain": ".1688.com", "path": "/", "expires": -1}
        | {"httpOnly": False, "secure": True, "sameSite": "Lax"}
        for name, value in values.items()
    ]
    return {"cookies": listed, "origins": []}


MAIN = Visitor(name="main", storage=cookies(unb="1"), contexts=1)
SECOND = Visitor(name="second", storage=cookies(unb="2"), contexts=1)
AWAY = Visitor(name="away", storage=cookies(unb="3"), contexts=1, proxy=Proxy(server="http://p:1"))


@pytest.fixture
def launcher():
    return FakeLauncher()


@pytest.fixture
async def make_pool(launcher):
    pools = []

    async def make(size=1, patience=QUICK, **settings) -> BrowserPool:
        pool = BrowserPool(Launch(**settings), size=size, launcher=launcher, patience=patience)
        pools.append(pool)
        await pool.open()
        return pool

    yield make
    for pool in pools:
        await pool.close()
        assert pool._tasks == pool._endings == set()
    assert launcher.living == 0


def open_storages(browser):
    return [context.storage for context in browser.contexts if context.is_open]


class TestBecoming:
    async def test_idle_contexts_of_the_former_are_closed(self, make_pool, launcher):
        pool = await make_pool(size=3)
        held = [await hold(pool) for _ in range(3)]
        for task, go in held:
            go.set()
            await task
        (browser,) = launcher.browsers
        assert browser.open_contexts == 3
        await pool.become(MAIN)
        await until(lambda: browser.open_contexts == 0)
        await lease_once(pool)
        assert open_storages(browser) == [MAIN.storage]
        assert pool.status().browser_starts == 1

    async def test_the_same_again_is_free(self, make_pool, launcher):
        pool = await make_pool()
        for visitor in (Visitor(), MAIN):
            await pool.become(visitor)
            await lease_once(pool)
            before = len(launcher.browsers[0].contexts)
            await pool.become(visitor)
            await lease_once(pool)
            assert len(launcher.browsers[0].contexts) == before

    async def test_the_same_with_the_cookies_that_were_told_is_free(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        launcher.browsers[0].contexts[-1].storage = cookies(unb="1", isg="new")
        told = json.loads(json.dumps(await pool.storage()))
        assert told == cookies(unb="1", isg="new")
        before = len(launcher.browsers[0].contexts)
        await pool.become(Visitor(name="main", storage=told, contexts=1))
        await lease_once(pool)
        assert len(launcher.browsers[0].contexts) == before

    async def test_with_other_cookies_opens_a_context_with_them(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        again = Visitor(name="main", storage=cookies(unb="new login"), contexts=1)
        await pool.become(again)
        await lease_once(pool)
        assert open_storages(launcher.browsers[0]) == [again.storage]

    async def test_waits_for_what_is_lent_and_nobody_gets_the_wrong_one(self, make_pool, launcher):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        change = asyncio.create_task(pool.become(MAIN))
        await until(lambda: pool.status().waiting == 1)
        seen = []

        async def work():
            async with pool.lease("after") as slot:
                seen.append(slot._context.storage)

        after = asyncio.create_task(work())
        await until(lambda: pool.status().waiting == 2)
        assert (seen, change.done()) == ([], False)
        go.set()
        await asyncio.gather(task, change, after)
        assert seen == [MAIN.storage]

    async def test_who_asked_before_is_served_as_the_former(self, make_pool):
        pool = await make_pool()
        task, go = await hold(pool)
        seen = []

        async def work():
            async with pool.lease("before") as slot:
                seen.append(slot.guise.visitor.name)

        before = asyncio.create_task(work())
        await until(lambda: pool.status().waiting == 1)
        changes = [asyncio.create_task(pool.become(each)) for each in (MAIN, SECOND)]
        await until(lambda: pool.status().waiting == 3)
        after = asyncio.create_task(work())
        go.set()
        await asyncio.gather(task, before, *changes, after)
        assert seen == ["guest", "second"]

    async def test_cancelled_holds_nobody_up(self, make_pool):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        change = asyncio.create_task(pool.become(MAIN))
        await until(lambda: pool.status().waiting == 1)
        after = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 2)
        change.cancel()
        await asyncio.gather(change, return_exceptions=True)
        await after
        assert pool._guise.visitor.name == "guest"
        go.set()
        await task

    async def test_context_that_is_being_mended_is_closed_then(self, make_pool, launcher):
        pool = await make_pool()
        (browser,) = launcher.browsers
        with pytest.raises(TimedOut):
            await fail(pool, TimedOut("x"), browser.opens.clear)
        await pool.become(MAIN)
        waiting = asyncio.create_task(lease_once(pool))
        browser.opens.set()
        await waiting
        assert open_storages(browser) == [MAIN.storage]

    async def test_context_that_does_not_close_costs_the_browser(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].hang()
        await pool.become(MAIN)
        await lease_once(pool)
        assert [browser.is_ended for browser in launcher.browsers] == [True, False]
        assert open_storages(launcher.browsers[1]) == [MAIN.storage]

    async def test_of_a_closed_pool_is_refused(self, make_pool, launcher):
        pool = await make_pool()
        task, go = await hold(pool)
        change = asyncio.create_task(pool.become(MAIN))
        await until(lambda: pool.status().waiting == 1)
        await pool.close()
        with pytest.raises(PoolClosed):
            await change
        with pytest.raises(PoolClosed):
            await pool.become(SECOND)
        go.set()
        await task


class TestContexts:
    async def test_no_more_are_open_than_the_visitor_allows(self, make_pool, launcher):
        pool = await make_pool(size=3)
        await pool.become(MAIN)
        await until(lambda: launcher.browsers[0].open_contexts == 0)
        task, go = await hold(pool)
        others = [asyncio.create_task(lease_once(pool)) for _ in range(3)]
        await until(lambda: pool.status().waiting == 3)
        assert launcher.browsers[0].open_contexts == 1
        go.set()
        await asyncio.gather(task, *others)
        assert launcher.browsers[0].open_contexts == 1

    async def test_renewed_after_an_error_keeps_its_cookies(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        (browser,) = launcher.browsers
        browser.contexts[-1].storage = cookies(unb="1", isg="new")
        with pytest.raises(TimedOut):
            await fail(pool, TimedOut("x"), lambda: None)
        await lease_once(pool)
        assert open_storages(browser) == [cookies(unb="1", isg="new")]

    async def test_of_a_guest_begins_anew_after_an_error(self, make_pool, launcher):
        pool = await make_pool()
        (browser,) = launcher.browsers
        browser.contexts[-1].storage = cookies(cna="old")
        with pytest.raises(TimedOut):
            await fail(pool, TimedOut("x"), lambda: None)
        await lease_once(pool)
        assert open_storages(browser) == [cookies()]

    async def test_after_the_browsers_death_begins_with_the_last_known(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        launcher.browsers[0].contexts[-1].storage = cookies(unb="1", isg="new")
        await pool.storage()
        launcher.browsers[0].die()
        await lease_once(pool)
        assert open_storages(launcher.browsers[1]) == [cookies(unb="1", isg="new")]


class TestStorage:
    async def test_is_none_where_no_context_is_open(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        assert await pool.storage() is None
        await lease_once(pool)
        launcher.browsers[0].die()
        await lease_once(pool)
        assert await pool.storage() == MAIN.storage

    async def test_waits_for_the_page_that_uses_it(self, make_pool):
        pool = await make_pool(size=2)
        await pool.become(MAIN)
        task, go = await hold(pool)
        told = asyncio.create_task(pool.storage())
        await until(lambda: pool.status().waiting == 1)
        go.set()
        await task
        assert await told == MAIN.storage

    async def test_of_a_browser_that_hangs_is_not_told(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        launcher.browsers[0].hang()
        with pytest.raises(BrowserLost) as caught:
            await pool.storage()
        assert not caught.value.charged
        await lease_once(pool)

    async def test_local_storage_without_bounds_is_left_out(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(MAIN)
        await lease_once(pool)
        local = [{"name": "x", "value": "y" * (2 << 20)}]
        launcher.browsers[0].contexts[-1].storage = MAIN.storage | {
            "origins": [{"origin": "https://detail.1688.com", "localStorage": local}]
        }
        assert await pool.storage() == MAIN.storage


class TestWayOut:
    async def test_another_takes_another_browser(self, make_pool, launcher):
        pool = await make_pool()
        for visitor in (AWAY, MAIN, SECOND):
            await pool.become(visitor)
            await lease_once(pool)
        await until(lambda: launcher.living == 1)
        ways = [browser.launch.proxy for browser in launcher.browsers]
        assert ways == [None, AWAY.proxy, None]

    async def test_of_a_browser_still_starting_is_not_taken(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].die()
        launcher.starts.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: launcher.attempts == 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await pool.become(AWAY)
        waiting = asyncio.create_task(lease_once(pool))
        launcher.starts.set()
        await waiting
        assert [browser.launch.proxy for browser in launcher.browsers] == [None, None, AWAY.proxy]
        assert [len(browser.contexts) for browser in launcher.browsers] == [1, 0, 1]
        await until(lambda: launcher.living == 1)

    async def test_that_cannot_be_started_is_told(self, make_pool, launcher):
        pool = await make_pool()
        await pool.become(AWAY)
        launcher.failures = [EngineMissing("install one")]
        with pytest.raises(EngineMissing):
            await lease_once(pool)
        await lease_once(pool)


class TestInChromium:
    """Two accounts and a guest on a server that writes down every request."""

    async def test_no_cookie_goes_from_one_visitor_to_another(self, server, make_rig):
        rig = await make_rig(size=2)
        page = (
            b"<script>var mark='mark='+(document.cookie||'none').length;"
            b"document.cookie=mark+';domain=.1688.com;path=/';localStorage.who=mark</script>"
        )
        server.documents["mark"] = ("text/html", page)
        seen = {}
        for visitor in (MAIN, Visitor(), SECOND, MAIN):
            await rig.pool.become(visitor)
            server.requests.clear()
            await rig.load("mark", Mode.NATURAL)
            await rig.load("ok", Mode.LEAN)
            sent = [headers.get("cookie", "") for _, headers in server.requests]
            seen.setdefault(visitor.name, []).append(sent)
            told = await rig.pool.storage()
            assert all(slot.state is not SlotState.LOADING for slot in rig.pool.status().slots)
            names = {each["name"]: each["value"] for each in told["cookies"]}
            assert names.get("unb") == (visitor.storage and visitor.storage["cookies"][0]["value"])
            (origin,) = told["origins"]
            assert origin["origin"] == SITE.rstrip("/")
        assert rig.starts == 1
        assert seen["guest"] == [["", "mark=4"]]
        for each in seen["main"]:
            assert each[0] == "unb=1"
            assert each[1] == "unb=1; mark=5"
        assert seen["second"] == [["unb=2", "unb=2; mark=5"]]

    async def test_cookies_survive_the_death_of_page_and_browser(self, server, make_rig):
        rig = await make_rig()
        await rig.pool.become(MAIN)
        await rig.load("ok", Mode.NATURAL)
        with pytest.raises(TimedOut):
            await rig.load("spin", Mode.NATURAL, deadline=1)
        await rig.load("ok", Mode.LEAN)
        assert server.requests[-1][1]["cookie"] == "unb=1; seen=yes"
        told = await rig.pool.storage()
        rig.recorder.browser.kill()
        await until(lambda: not rig.recorder.browsers[0].is_alive)
        await rig.load("ok", Mode.LEAN)
        assert rig.starts == 2
        assert server.requests[-1][1]["cookie"] == "unb=1; seen=yes"
        assert {each["name"] for each in told["cookies"]} == {"unb", "seen"}

    async def test_each_goes_out_by_its_own_way(self, server, make_rig):
        rig = await make_rig()
        with ProxyServer("socks5", "me", "c4nary") as proxy:
            away = Visitor(name="away", proxy=read_proxy(proxy.url), contexts=1)
            for visitor, asked in ((away, True), (Visitor(), False), (away, True)):
                await rig.pool.become(visitor)
                proxy.asked.clear()
                await rig.check()
                assert bool(proxy.asked) is asked
        assert "c4nary" not in repr(vars(rig.pool))
