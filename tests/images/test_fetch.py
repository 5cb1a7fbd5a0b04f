"""Asking the local 1688 for pictures: every way in which it goes wrong has its word."""

import asyncio
import itertools

import pytest

from app.images import fetch
from app.images.failures import Failure, PictureFailed
from app.images.fetch import Fetcher, NotNow
from app.images.plan import Kind
from app.images.turns import PictureTurns, picture_gate
from app.images.ways import Way
from app.replica.pictures import picture
from app.replica.serve import running
from app.settings import Settings
from app.wiring import pace_of
from browsers.values import Proxy
from tests.images.conftest import way_to

URL = "https://cbu01.alicdn.com/img/ibank/O1CN01abc_!!22-0-cib.jpg"


async def word_of(site, url: str = URL, **changes) -> PictureFailed:
    async with Fetcher(way_to(site), user_agent="x", **changes) as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, url)
    return caught.value


async def test_a_picture_comes_as_it_is_and_we_say_who_we_are(gallery):
    before = len(gallery.log(kind="picture"))
    async with Fetcher(way_to(gallery), user_agent="Mozilla/5.0 of ours") as fetcher:
        assert await fetcher.fetch(Kind.PICTURE, URL) == picture(
            "/img/ibank/O1CN01abc_!!22-0-cib.jpg"
        )
    [asked] = gallery.log(kind="picture")[before:]
    assert asked["user_agent"] == "Mozilla/5.0 of ours"


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("missing", Failure.MISSING), ("busy", Failure.BUSY), ("reset", Failure.TRUNCATED),
        ("truncated", Failure.TRUNCATED), ("private", Failure.WRONG_REDIRECT),
    ],
)  # fmt: skip
async def test_what_goes_wrong_has_its_word(fault, word):
    with running(offers=1, picture_faults=f"{fault}=1", padded=False) as site:
        error = await word_of(site)
        asked = site.log(kind="picture")
    assert error.word is word
    assert len(asked) == 1, "it is not tried again here"
    assert error.after == (1.0 if fault == "busy" else None)


async def test_a_server_that_drips_is_left(monkeypatch):
    monkeypatch.setattr(fetch, "SECONDS", 1.0)
    with running(offers=1, picture_faults="slow=1", padded=False) as site:
        assert (await word_of(site)).word is Failure.UNREACHABLE


async def test_nobody_there_is_a_failure_to_be_tried_again(unused_tcp_port):
    async with Fetcher(Way(replica=("127.0.0.1", unused_tcp_port)), user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, URL)
    assert caught.value.word is Failure.UNREACHABLE


async def test_bytes_are_counted_as_they_come(gallery):
    assert (await word_of(gallery, max_bytes=10_000)).word is Failure.TOO_LARGE


@pytest.fixture
async def plain_server(monkeypatch):
    """Answers whatever it is told over plain TCP; TLS is left out of the way to it."""
    server, told = None, {"answer": b"", "asked": 0}

    async def answer(reader, writer):
        while await reader.readuntil(b"\r\n\r\n"):
            told["asked"] += 1
            writer.write(told["answer"])
            await writer.drain()
            if b"close" in told["answer"]:
                writer.close()
                return

    async def ignore(reader, writer):
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def no_tls(self, *_, **__):
        return self

    monkeypatch.setattr("app.images.ways._Stream.start_tls", no_tls)
    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    async with server:
        yield Way(replica=("127.0.0.1", server.sockets[0].getsockname()[1])), told


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        (b"https://127.0.0.1/a.jpg", 1), (b"http://cbu01.alicdn.com/a.jpg", 1), (b"file:///etc/passwd", 1),
        (b"//evil.com/a.jpg", 1), (b"https://cbu01.alicdn.com@evil.com/", 1), (b"/b.jpg", 4), (b"", 4),
        (b"https://img.alicdn.com/again.jpg", 4),
    ],
)  # fmt: skip
async def test_each_redirect_is_looked_at_and_there_is_an_end_to_them(
    plain_server, location, asked
):
    way, told = plain_server
    told["answer"] = REDIRECT % location
    async with Fetcher(way, user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, URL)
    assert caught.value.word is Failure.WRONG_REDIRECT
    assert told["asked"] == asked


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", Failure.TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc", Failure.TRUNCATED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nab", Failure.TRUNCATED),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", Failure.REFUSED),
        (b"HTTP/1.1 204 No\r\n\r\n", Failure.REFUSED),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nRetry-After: soon\r\n\r\n", Failure.BUSY),
        (b"SSH-2.0 hello\r\nclose", Failure.TRUNCATED),
    ],
)  # fmt: skip
async def test_strange_answers_have_their_word(plain_server, answer, word):
    way, told = plain_server
    told["answer"] = answer
    async with Fetcher(way, user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, URL)
    assert caught.value.word is word


async def test_what_is_packed_is_not_unpacked(plain_server):
    way, told = plain_server
    told["answer"] = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    )
    async with Fetcher(way, user_agent="x") as fetcher:
        assert await fetcher.fetch(Kind.PICTURE, URL) == b"\x1f\x8b\x08\x00"


async def test_through_a_profiles_proxy_the_proxy_gets_the_name(gallery):
    """The proxy here is a CONNECT that leads to the replica; it sees the name, not an address."""
    host, _, port = gallery.address.partition(":")
    asked, over = [], asyncio.Event()

    async def relay(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        ways = (pump(reader, inner_writer), pump(inner_reader, writer))
        await asyncio.gather(*ways, return_exceptions=True)
        over.set()

    async def pump(source, sink):
        try:
            while chunk := await source.read(65536):
                sink.write(chunk)
                await sink.drain()
        finally:
            sink.close()

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        proxy = Proxy(server=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        way = Way(proxy=proxy)
        async with Fetcher(way, user_agent="x") as fetcher:
            with pytest.raises(PictureFailed) as caught:
                await fetcher.fetch(Kind.PICTURE, URL)
        await over.wait()
    assert asked == [b"cbu01.alicdn.com:443"]
    assert caught.value.word is Failure.UNREACHABLE, "the replica's certificate is nobody's"


async def test_a_proxy_that_does_not_answer_is_nobodys_bypass(unused_tcp_port):
    way = Way(
        proxy=Proxy(
            server=f"socks5://127.0.0.1:{unused_tcp_port}", username="u", password="topsecret"
        )
    )
    async with Fetcher(way, user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, URL)
    assert caught.value.word is Failure.UNREACHABLE
    assert "topsecret" not in str(caught.value)


# -- turns ----------------------------------------------------------------------------------------


async def test_turns_of_pictures_are_half_a_second_apart_over_two_askers(engine, executor):
    real = pace_of(Settings())
    booked = []
    for _ in range(3):
        for _ in range(2):  # two processes with the same address
            gate = picture_gate(engine, real, realm="", egress="direct")
            booked.append(gate.book("offer").at)
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(booked)]
    assert all(gap == pytest.approx(0.5) for gap in gaps)
    other = picture_gate(engine, real, realm="", egress="proxy")
    assert other.book("offer").seconds == 0


async def test_hosts_that_want_a_long_pause_get_it_from_everybody(engine, executor):
    turns = PictureTurns(
        picture_gate(engine, pace_of(Settings()), realm="", egress="direct"), executor
    )
    await turns.wait()
    await turns.put_off(3600, "an image host answers HTTP 429")
    others = PictureTurns(
        picture_gate(engine, pace_of(Settings()), realm="", egress="direct"), executor
    )
    with pytest.raises(NotNow, match="429"):
        await others.wait()
