"""Where a page can get to when it tries everything: nowhere but to the listed hosts.

Counters on addresses of this machine stay at zero, without a proxy and behind one that would lead
anywhere. The same pages with the guard taken out make the counters count, so they can.
"""

import contextlib
import json
import re
import socket
import threading

import pytest
from playwright.async_api import Error as PlaywrightError

from app.profiles.proxies import read_proxy
from browsers import launch, traffic, tree
from browsers.errors import NetworkFailed, ProxyFailed
from browsers.pool import BrowserPool
from browsers.values import Launch, Mode
from tests.browsers.conftest import BRISK, SITE, Recorder, Rig
from tests.browsers.fault_server import FaultServer
from tests.browsers.proxy_server import ProxyServer

USER, PASSWORD = "c4nary-user", "c4nary-p4ssword"

WAYS = {
    "fetch": "await fetch(url,{mode:'no-cors'})",
    "image": "await new Promise(r=>{let i=new Image();i.onload=i.onerror=r;i.src=url})",
    "script": "await new Promise(r=>{let s=document.createElement('script');"
    "s.onload=s.onerror=r;s.src=url;document.head.append(s)})",
    "iframe": "await new Promise(r=>{let f=document.createElement('iframe');"
    "f.onload=r;f.src=url;document.body.append(f)})",
    "beacon": "navigator.sendBeacon(url,'x')",
    "websocket": "await new Promise(r=>{let w=new WebSocket(url.replace('http','ws'));"
    "w.onerror=w.onopen=r})",
    "events": "await new Promise(r=>{let e=new EventSource(url);e.onerror=e.onopen=r})",
    "prefetch": "await new Promise(r=>{let l=document.createElement('link');"
    "l.rel='prefetch';l.href=url;l.onload=l.onerror=r;document.head.append(l)})",
    "preconnect": "for(const rel of ['preconnect','dns-prefetch']){let l="
    "document.createElement('link');l.rel=rel;l.href=url;document.head.append(l)}",
    "popup": "window.open(url)",
    "worker": "await new Promise(r=>{let w=new Worker(URL.createObjectURL(new Blob("
    "[`fetch('${url}',{mode:'no-cors'}).finally(()=>postMessage(1))`])));w.onmessage=r})",
    "serviceworker": "await navigator.serviceWorker.register('/worker.js?'+encodeURIComponent(url))",
    "form": "let f=document.createElement('form');f.method='post';f.action=url;"
    "f.target='sink';let s=document.createElement('iframe');s.name='sink';"
    "document.body.append(s,f);f.submit()",
}
"""Ways of a script to a URL; each is tried on every address."""

RTC = """async ([tcp, udp]) => {
  const way = urls => new Promise(done => {
    const pc = new RTCPeerConnection({iceServers: [{urls, username: 'a', credential: 'b'}]});
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(pc.close());
    pc.createDataChannel('x');
    pc.createOffer().then(offer => pc.setLocalDescription(offer));
  });
  const ways = ['127.0.0.2', '2130706434'].flatMap(host => [
    `stun:${host}:${udp}`, `turn:${host}:${udp}?transport=udp`, `turn:${host}:${tcp}?transport=tcp`]);
  const over = new Promise(done => setTimeout(done, 2000));  // a silent server is asked for long
  await Promise.race([Promise.allSettled(ways.map(way)), over]);
  for (const port of [tcp, udp])
    await Promise.race([new WebTransport(`https://127.0.0.2:${port}/x`).ready, over]).catch(() => 0);
}"""

NAVIGATIONS = {
    "link": "let a=document.createElement('a');a.href=url;document.body.append(a);a.click()",
    "jump": "location.href=url",
    "refresh": "let m=document.createElement('meta');m.httpEquiv='refresh';m.content='0;url='+url;"
    "document.head.append(m)",
    "form": "let f=document.createElement('form');f.method='post';f.action=url;"
    "document.body.append(f);f.submit()",
}
"""Ways in which a page leaves for another."""


class Counter:
    """Sockets of this machine that nothing of ours may reach."""

    def __init__(self) -> None:
        self.hits: list[bytes] = []
        self.sockets = [_tcp("127.0.0.2"), _tcp("::1"), _udp("127.0.0.2")]
        self.tcp, self.tcp6, self.udp = (each.getsockname()[1] for each in self.sockets)
        self._threads = [
            threading.Thread(target=self._count, args=(each,), daemon=True) for each in self.sockets
        ]
        for thread in self._threads:
            thread.start()

    @property
    def urls(self) -> list[str]:
        return [
            f"http://127.0.0.2:{self.tcp}/",
            f"https://127.0.0.2:{self.tcp}/",
            f"http://2130706434:{self.tcp}/",
            f"http://0x7f.2:{self.tcp}/",
            f"http://[::1]:{self.tcp6}/",
            f"http://[::ffff:127.0.0.2]:{self.tcp}/",
            f"http://localhost:{self.tcp}/",
            f"http://counter.localhost:{self.tcp}/",
        ]

    def _count(self, opened: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                if opened.type == socket.SOCK_DGRAM:
                    self.hits.append(opened.recvfrom(500)[0])
                    continue
                client, _ = opened.accept()
                with client:
                    self.hits.append(client.recv(200))

    def close(self) -> None:
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _tcp(host: str) -> socket.socket:
    return socket.create_server(
        (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )


def _udp(host: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((host, 0))
    opened.settimeout(30)
    return opened


@pytest.fixture
def counter():
    counter = Counter()
    yield counter
    counter.close()


@pytest.fixture(params=[None, "http", "socks5"])
def way_out(request):
    """None, or a proxy that asks for a password and leads anywhere."""
    if request.param is None:
        yield None
        return
    with ProxyServer(request.param, USER, PASSWORD) as proxy:
        yield proxy


def wanted(server, way_out, scratch) -> Launch:
    proxy = way_out and read_proxy(way_out.url)
    return Launch(replica=server.address, proxy=proxy, scratch=scratch)


@contextlib.asynccontextmanager
async def started(settings):
    browser = await launch.start(settings)
    try:
        yield browser
    finally:
        await browser.close(within=5)


@contextlib.asynccontextmanager
async def page_of(browser, server, *, guarded=True):
    """A harmless page of the site, from which a script sets out."""
    server.documents["blank"] = ("text/html", b"<!doctype html><body>blank")
    server.documents["worker.js"] = (
        "text/javascript",
        b"fetch(decodeURIComponent(location.search.slice(1)),{mode:'no-cors'})",
    )
    opens = browser.open_context if guarded else browser._browser.new_context
    context = await opens()
    page = await context.new_page()
    await page.goto(f"{SITE}blank")
    yield page
    await context.close()


async def try_everything(browser, server, counter, *, guarded=True) -> None:
    """Every way to every URL: all scripts at once on one page, then each way of leaving."""
    tries = ",".join(
        f"...urls.map(async base=>{{const url=base+'{name}';{way}}})" for name, way in WAYS.items()
    )
    # Some ways never tell that they failed; to count them there is time.
    over = f"new Promise(r=>setTimeout(r,{2000 if guarded else 10_000}))"
    script = f"async urls=>{{await Promise.race([Promise.allSettled([{tries}]),{over}])}}"
    urls = [*counter.urls, f"{SITE}moved-egress?"]
    async with page_of(browser, server, guarded=guarded) as page:
        await page.evaluate(script, urls)
        await page.evaluate(RTC, [counter.tcp, counter.udp])
    for name, way in NAVIGATIONS.items():
        for url in urls[::3]:
            async with page_of(browser, server, guarded=guarded) as page:
                with contextlib.suppress(PlaywrightError):
                    async with page.expect_event(
                        "framenavigated", timeout=1000 if guarded else 10_000
                    ):
                        await page.evaluate(f"url=>{{{way}}}", url + name)


async def test_no_way_leads_to_an_address_that_is_not_listed(server, counter, way_out, tmp_path):
    before = server.hits["moved-egress"]
    async with started(wanted(server, way_out, tmp_path)) as browser:
        await try_everything(browser, server, counter)
    assert server.hits["moved-egress"] > before + len(WAYS) // 2
    assert counter.hits == []
    assert server.egress_hits == []
    if way_out:
        assert {f"{host}:{port}" for host, port in way_out.asked} == {server.address}
        assert (way_out.denied, way_out.plain) == (0, 0)


async def test_without_the_guard_the_same_ways_are_counted(counter, way_out, tmp_path, monkeypatch):
    """Else the test above would prove nothing."""
    rules, leads = traffic.resolver_rules, traffic.destination
    flags = traffic.arguments
    monkeypatch.setattr(
        traffic, "resolver_rules", lambda to: rules(to).replace(", MAP * ~NOTFOUND", "")
    )
    monkeypatch.setattr(
        traffic, "destination", lambda host, port, to: leads(host, port, to) or (host, port)
    )
    monkeypatch.setattr(
        traffic, "arguments", lambda *which: [f for f in flags(*which) if "webrtc" not in f]
    )
    expected = {name.encode() for name in (*WAYS, *NAVIGATIONS)} | {STUN, b"moved"}
    expected -= {b"popup", b"preconnect"}  # blocked by another flag; sends nothing with a name
    with FaultServer() as server:
        async with started(wanted(server, way_out, tmp_path)) as browser:
            for _ in range(5):  # a machine under load may be too slow for some way at first
                await try_everything(browser, server, counter, guarded=False)
                missing = expected - ways(counter.hits) - ways(server.egress_hits)
                if not missing:
                    return
    pytest.fail(f"not counted: {missing}")


STUN = b"\x21\x12\xa4\x42"
"""In every request by UDP for one's own address (RFC 8489)."""


def ways(hits: list[bytes]) -> set[bytes]:
    """By which ways the counters were reached."""
    by_name = {found[1] for hit in hits if (found := re.match(rb"[A-Z]+ /(\w+)", hit))}
    return by_name | {STUN for hit in hits if hit[4:8] == STUN}


async def everything_shown(page) -> str:
    """What stands in a page and its frames."""
    cdp = await page.context.new_cdp_session(page)
    return json.dumps(await cdp.send("DOMSnapshot.captureSnapshot", {"computedStyles": []}))


async def test_file_in_a_frame_would_be_seen(server, tmp_path):
    """Else the test below would prove nothing: a page that is a file may frame another."""
    (tmp_path / "secret.html").write_text("c4nary")
    (tmp_path / "page.html").write_text("<iframe src='secret.html'></iframe>")
    async with (
        started(wanted(server, None, None)) as browser,
        page_of(browser, server) as page,
    ):
        await page.goto((tmp_path / "page.html").as_uri())
        assert "c4nary" in await everything_shown(page)


@pytest.mark.parametrize("way", ["iframe", "link", "jump", "popup", "fetch", "refresh"])
async def test_files_of_this_machine_are_not_read(server, way_out, tmp_path, way):
    secret = tmp_path / "secret.html"
    secret.write_text("<title>c4nary</title>c4nary")
    script = (WAYS | NAVIGATIONS)[way]
    async with (
        started(wanted(server, way_out, None)) as browser,
        page_of(browser, server) as page,
    ):
        race = f"Promise.race([(async()=>{{{script}}})(),new Promise(r=>setTimeout(r,700))])"
        with contextlib.suppress(PlaywrightError):
            await page.evaluate(f"url=>{race}", secret.as_uri())
        seen = await everything_shown(page)
        assert "blank" in seen
        assert "c4nary" not in seen
        assert not any(frame.url.startswith("file:") for frame in page.frames)
        assert page.context.pages == [page]


async def test_proxy_of_the_environment_is_not_taken(server, counter, tmp_path, monkeypatch):
    """It would look names up itself, past the rules."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.2:{counter.tcp}")
        monkeypatch.setenv(name.upper(), f"http://127.0.0.2:{counter.tcp}")
    async with (
        started(wanted(server, None, tmp_path)) as browser,
        page_of(browser, server) as page,
    ):
        assert "blank" in await page.content()
    assert counter.hits == []


async def test_pages_come_through_the_proxy_in_both_modes(server, way_out, tmp_path):
    recorder = Recorder()
    pool = BrowserPool(wanted(server, way_out, tmp_path), size=1, launcher=recorder, patience=BRISK)
    await pool.open()
    rig = Rig(pool, recorder)
    try:
        for mode in Mode:
            await rig.check(mode)
    finally:
        await pool.close()
    if way_out:
        assert {f"{host}:{port}" for host, port in way_out.asked} == {server.address}


async def test_secrets_of_a_proxy_are_nowhere_to_be_read(server, way_out, tmp_path, caplog):
    """Not in a command line or an environment, of whichever process; not in a log or a repr."""
    caplog.set_level(0)
    settings = wanted(server, way_out, tmp_path)
    async with started(settings) as browser, page_of(browser, server):
        own = [
            tree._words(member.pid, part)
            for member in tree.family(browser._roots)
            for part in ("cmdline", "environ")
        ]
        shown = [*own, repr(settings), repr(browser._relay), vars(browser), caplog.text]
        assert len(own) >= 6
        assert "c4nary" not in str(shown)


FAILURES = [
    ("503 Service Unavailable", NetworkFailed, "cannot reach"),
    ("407 Proxy Authentication Required", ProxyFailed, ""),
    ("500 Internal Server Error", ProxyFailed, ""),
]


@pytest.mark.parametrize(("status", "error", "words"), FAILURES)
async def test_fault_of_the_proxy_is_told_from_that_of_the_host(
    server, tmp_path, status, error, words
):
    with ProxyServer("http", USER, PASSWORD) as proxy:
        pool = BrowserPool(wanted(server, proxy, tmp_path), size=1, patience=BRISK)
        await pool.open()
        try:
            rig = Rig(pool, Recorder())
            proxy.status = status
            with pytest.raises(error) as caught:
                await rig.load("ok")
            assert type(caught.value) is error
            assert caught.value.charged is (error is NetworkFailed)
            proxy.status = None
            await rig.check()
        finally:
            await pool.close()


async def test_proxy_that_is_gone_costs_no_page_its_try(server, tmp_path):
    with ProxyServer() as proxy:
        settings = wanted(server, proxy, tmp_path)
    pool = BrowserPool(settings, size=1, patience=BRISK)
    await pool.open()
    try:
        with pytest.raises(ProxyFailed) as caught:
            await Rig(pool, Recorder()).load("ok")
        assert not caught.value.charged
    finally:
        await pool.close()
