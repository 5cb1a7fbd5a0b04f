"""The relay before a proxy: whom it serves, where it leads, and what it makes of nonsense."""

import asyncio
import os
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.profiles.proxies import answers, read_proxy
from browsers import traffic
from browsers.errors import NetworkFailed, ProxyFailed
from browsers.relay import Relay
from tests.browsers.proxy_server import ProxyServer

REPLICA = "127.0.0.1:8443"


@pytest.fixture(params=["http", "socks5"])
def proxy(request):
    with ProxyServer(request.param, "me", "c4nary") as server:
        yield server


@pytest.fixture
async def relay(proxy, server):
    relay = Relay(read_proxy(proxy.url), server.address)
    await relay.open()
    yield relay
    await relay.close()
    await relay.close()


def asking(host: str, port: int, *, command=1, kind=3) -> bytes:
    name = host.encode()
    return bytes([5, command, 0, kind, len(name), *name]) + port.to_bytes(2)


async def answer_to(relay, *parts: bytes) -> bytes:
    """What the relay says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    try:
        for part in parts:
            writer.write(part)
        writer.write_eof()
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("evil.example", 443),
        ("127.0.0.1", 443),
        ("2130706433", 80),
        ("::1", 443),
        ("detail.1688.com", 22),
        ("detail.1688.com", 8443),
        ("detail.1688.com.evil.example", 443),
        ("evil1688.com", 443),
        ("detail.1688.com\x00.evil.example", 443),
        ("", 443),
        (traffic.RELAY, 80),
    ],
)
async def test_leads_nowhere_else(relay, proxy, host, port):
    assert await answer_to(relay, b"\x05\x01\x00", asking(host, port)) == (
        b"\x05\x00" + bytes([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])
    )
    assert proxy.asked == []


async def test_leads_to_the_site(relay, proxy, server):
    said = await answer_to(relay, b"\x05\x01\x00", asking("DETAIL.1688.com", 443))
    assert said.startswith(b"\x05\x00" + bytes([5, 0, 0, 1]))
    assert proxy.asked == [("127.0.0.1", server.port)]


@pytest.mark.parametrize(
    "request_",
    [
        asking("detail.1688.com", 443, command=2),
        asking("detail.1688.com", 443, command=3),
        bytes([5, 1, 0, 1, 127, 0, 0, 2, 1, 187]),
        bytes([5, 1, 0, 4, *bytes(15), 1, 1, 187]),
    ],
)
async def test_speaks_of_names_only(relay, proxy, request_):
    said = await answer_to(relay, b"\x05\x01\x00", request_)
    assert said == b"\x05\x00" + bytes([5, 7, 0, 1, 0, 0, 0, 0, 0, 0])
    assert proxy.asked == []


@pytest.mark.parametrize(
    "junk", [b"", b"\x05", b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01\x00\x50", b"\xff" * 600]
)
async def test_nonsense_gets_no_answer_and_does_no_harm(relay, proxy, server, junk):
    assert await answer_to(relay, junk) in (b"", b"\x05\x00")
    assert (await answer_to(relay, b"\x05\x01\x00", asking("1688.com", 443)))[3] == 0


async def test_other_users_of_the_machine_are_not_served(relay, proxy, monkeypatch):
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert await answer_to(relay, b"\x05\x01\x00", asking("1688.com", 443)) == b""
    assert proxy.asked == []


@given(st.text(), st.integers(0, 65535))
def test_no_name_leads_past_the_table(host, port):
    for name in (host, f"{host}.1688.com", f"1688.com{host}"):
        found = traffic.destination(name, port, None)
        assert found is None or (port in (80, 443) and found == (name, port))
    assert traffic.destination("s.1688.com", port, REPLICA) in (None, ("127.0.0.1", 8443))


@asynccontextmanager
async def other_server(says: bytes | None):
    """Something that is no proxy: says this to whoever comes, or keeps silent."""
    over = asyncio.Event()

    async def serve(reader, writer):
        await reader.read(10)
        if says is None:
            await reader.read()
        else:
            writer.write(says)
            with suppress(OSError):
                await writer.drain()
        writer.transport.abort() if says is None else writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await over.wait()


class TestProbe:
    async def test_tells_how_long_it_took(self, proxy, server):
        took = await answers(read_proxy(proxy.url), within=5, target=("127.0.0.1", server.port))
        assert 0 < took < 5

    async def test_wrong_password_is_told_without_it(self, proxy):
        wrong = read_proxy(proxy.url.replace("c4nary", "wr0ng"))
        with pytest.raises(ProxyFailed, match="user or the password") as caught:
            await answers(wrong, within=5)
        assert "wr0ng" not in str(caught.value)
        assert proxy.denied

    async def test_no_password_where_one_is_asked_for(self, proxy):
        bare = read_proxy(proxy.url.replace("me:c4nary@", ""))
        with pytest.raises(ProxyFailed):
            await answers(bare, within=5)

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    @pytest.mark.parametrize(
        "says", [b"", b"HTTP/1.1 200", b"SSH-2.0-x\r\n\r\n", b"\x00" * 200_000]
    )
    async def test_what_is_no_proxy_is_told(self, scheme, says):
        async with other_server(says) as port:
            with pytest.raises(ProxyFailed):
                await answers(read_proxy(f"{scheme}://127.0.0.1:{port}"), within=5)

    @pytest.mark.parametrize("scheme", ["http", "socks5"])
    async def test_silence_is_waited_for_so_long(self, scheme):
        async with other_server(None) as port:
            with pytest.raises(ProxyFailed, match=r"no answer within 0\.2 s"):
                await answers(read_proxy(f"{scheme}://127.0.0.1:{port}"), within=0.2)

    async def test_unknown_name_and_closed_port_are_told(self, unused_tcp_port):
        for place in (f"127.0.0.1:{unused_tcp_port}", "no-such-host.invalid:1"):
            with pytest.raises(ProxyFailed, match="does not answer"):
                await answers(read_proxy(f"http://{place}"), within=5)

    async def test_host_that_is_not_there_is_the_hosts_fault(self):
        with ProxyServer() as proxy:
            proxy.status = "502 Bad Gateway"
            with pytest.raises(NetworkFailed, match="cannot reach"):
                await answers(read_proxy(proxy.url), within=5)
