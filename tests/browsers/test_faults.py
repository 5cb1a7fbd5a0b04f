"""What each kind of bad page comes to, in both modes, one after another on the same pool.

After every fault an ordinary page must load, in the same browser: no page costs more than itself.
"""

import pytest
import pytest_asyncio

from browsers.errors import (
    Busy,
    Looped,
    NetworkFailed,
    OffSite,
    Oversized,
    Refused,
    RenderError,
    TimedOut,
    Truncated,
)
from browsers.pool import BrowserPool
from browsers.render import render
from browsers.values import Launch, Mode, RenderRequest
from tests.browsers.conftest import BRISK, SITE, Recorder, Rig, closed
from tests.browsers.fault_server import HALF, PAGE

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOTH = (Mode.LEAN, Mode.NATURAL)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lasting(server, tmp_path_factory):
    """One pool for the whole table of faults: it has to survive them all in one browser."""
    scratch = tmp_path_factory.mktemp("scratch")
    wanted = Launch(replica=server.address, scratch=scratch, retire_after_pages=10_000)
    recorder = Recorder()
    pool = BrowserPool(wanted, size=2, launcher=recorder, patience=BRISK)
    await pool.open()
    yield Rig(pool, recorder)
    assert pool.status().browser_starts == 1
    await closed(Rig(pool, recorder), scratch)


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize(
    ("path", "final", "status"),
    [
        ("ok", "ok", 200),
        ("moved", "ok?after=302", 200),
        ("chunked", "chunked", 200),
        ("absent", "absent", 404),
        ("empty", "empty", 200),
        ("nocontent", "nocontent", 204),
        ("download", "download", 200),
    ],
)
async def test_answers_arrive_alike_in_both_modes(lasting, mode, path, final, status):
    page = await lasting.load(path, mode)
    assert (page.final_url, page.status, page.mode) == (SITE + final, status, mode)
    await lasting.check(mode)


@pytest.mark.parametrize("mode", BOTH)
async def test_document_is_the_bytes_that_were_sent(lasting, mode):
    assert (await lasting.load("ok", mode)).document == PAGE
    gbk = (await lasting.load("gbk", mode)).document
    assert gbk == "<title>收纳盒</title><p>批发</p>".encode("gbk")
    assert (await lasting.load("download", mode)).document == b"PK\x03\x04"


@pytest.mark.parametrize("mode", BOTH)
async def test_headers_are_told_without_cookies(lasting, mode):
    headers = (await lasting.load("ok", mode)).headers
    assert headers["x-served-by"] == "fault-server"
    assert "set-cookie" not in headers


async def test_cookies_of_a_lean_page_are_sent_with_the_next(server, rig_of_its_own):
    await rig_of_its_own.load("ok", Mode.LEAN)
    await rig_of_its_own.load("ok", Mode.NATURAL)
    assert "seen=yes" in server.requests[-1][1]["cookie"]


@pytest.mark.parametrize(
    ("path", "final"),
    [
        ("jump", "ok?after=jump"),
        ("late-jump", "ok?after=late"),
        ("link-jump", "ok?after=link"),
        ("hash", "hash"),
        ("stop", "stop"),
        ("jump-file", "jump-file"),
        ("leave-app", "leave-app"),
        ("alerts", "alerts"),
        ("popups", "popups"),
    ],
)
async def test_natural_page_is_followed_to_its_last_document(lasting, path, final):
    page = await lasting.load(path, Mode.NATURAL, pace=0.3)
    assert page.final_url == SITE + final
    await lasting.check(Mode.NATURAL)


async def test_scripts_do_not_run_in_a_lean_page(server, lasting):
    before = server.hits["ok"]
    page = await lasting.load("jump", Mode.LEAN)
    assert (page.final_url, server.hits["ok"]) == (SITE + "jump", before)


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("busy", Busy),
        ("unavailable", Busy),
        ("cut-length", Truncated),
        ("cut-chunked", Truncated),
        ("reset", NetworkFailed),
        ("hangup", NetworkFailed),
        ("moved-loop", Looped),
        ("moved-away", OffSite),
        ("moved-egress", OffSite),
        ("moved-file", OffSite),
        ("huge", Oversized),
        ("huge-unannounced", Oversized),
        ("never", TimedOut),
        ("drip", TimedOut),
    ],
)
async def test_fault_costs_one_page_its_try_and_nothing_else(lasting, server, mode, path, error):
    with pytest.raises(error) as caught:
        await lasting.load(path, mode, deadline=1.5 if error is TimedOut else 30)
    assert type(caught.value) is error
    assert caught.value.charged
    assert server.egress_hits == []
    await lasting.check(mode)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("spin", TimedOut),
        ("late-spin", TimedOut),
        ("alerts-for-ever", TimedOut),
        ("jump-away", OffSite),
        ("jump-egress", OffSite),
        ("jump-loop", Looped),
    ],
)
async def test_hostile_script_costs_one_page_its_try(lasting, server, path, error):
    with pytest.raises(RenderError) as caught:
        await lasting.load(path, Mode.NATURAL, deadline=1.5 if error is TimedOut else 30, pace=0.3)
    assert type(caught.value) is error
    assert server.egress_hits == []
    await lasting.check(Mode.NATURAL)


@pytest.mark.parametrize("mode", BOTH)
async def test_busy_tells_how_long_to_wait(lasting, mode):
    with pytest.raises(Busy) as caught:
        await lasting.load("busy", mode)
    assert caught.value.retry_after == 17
    with pytest.raises(Busy) as caught:
        await lasting.load("unavailable", mode)
    assert caught.value.retry_after is None


async def test_nothing_leaves_for_other_hosts(lasting, server):
    await lasting.load("reach-out", Mode.NATURAL, pace=0.5)
    assert server.hits["reach-out"]
    assert server.egress_hits == []
    await lasting.check(Mode.NATURAL)


@pytest.mark.parametrize(
    ("path", "mode", "rule"),
    [
        ("slider-over", Mode.NATURAL, "slider"),
        ("sec-over", Mode.NATURAL, "slider"),
        ("sign-on", Mode.NATURAL, None),
        ("slider-over", Mode.LEAN, None),
    ],
)
async def test_a_slider_over_a_healthy_page_is_told_beside_it(lasting, path, mode, rule):
    page = await lasting.load(path, mode, pace=1)
    assert page.interstitial == rule
    assert b"window.context=" in page.document
    assert page.final_url == SITE + path


async def test_images_and_beacons_are_not_fetched(lasting, server):
    await lasting.load("ok", Mode.NATURAL, pace=0.3)
    assert server.hits["a.jpg"] == 0
    assert server.hits["b.js"] == 0


async def test_half_a_page_is_sent_by_the_faults_that_say_so():
    assert PAGE.startswith(HALF)
    assert not HALF.rstrip().endswith(b">")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://evil.example/", SITE + "ok\t"])
async def test_foreign_url_is_refused_before_anything_is_loaded(lasting, url):
    async with lasting.pool.lease("refused") as slot:
        with pytest.raises(Refused):
            await render(slot, RenderRequest(url=url), deadline=1)
    await lasting.check()


@pytest_asyncio.fixture(loop_scope="module")
async def rig_of_its_own(server, tmp_path):
    recorder = Recorder()
    wanted = Launch(replica=server.address, scratch=tmp_path)
    pool = BrowserPool(wanted, size=1, launcher=recorder, patience=BRISK)
    await pool.open()
    yield Rig(pool, recorder)
    await closed(Rig(pool, recorder), tmp_path)
