"""No name, address or redirect leads into a private network."""

import asyncio

import pytest

from app.images.failures import Failure, PictureFailed
from app.images.fetch import Fetcher
from app.images.plan import Kind
from app.images.ways import Way, is_public

PUBLIC = ["47.246.20.1", "8.8.8.8", "2400:3200::1", "64:ff9b::8.8.8.8"]
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.88.99.1", "fec0::1", "::ffff:8.8.8.8", "198.18.0.1", "203.0.113.7", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "fc00::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::127.0.0.1", "", "localhost", "2130706433", "0x7f000001",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_nobody_else(address):
    assert not is_public(address)


class Knocks:
    """A server that only counts who comes."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, _, writer) -> None:
        self.number += 1
        writer.close()


@pytest.fixture
async def inside():
    """A service on loopback that must never be reached, and how often it was."""
    knocks = Knocks()
    server = await asyncio.start_server(knocks, "127.0.0.1", 0)
    async with server:
        yield knocks, server.sockets[0].getsockname()[1]


def names(*answers):
    """A name server that answers so, one after the other, and counts."""
    told = []

    async def resolve(host: str, port: int) -> list[str]:
        told.append((host, port))
        return list(answers[min(len(told), len(answers)) - 1])

    resolve.told = told
    return resolve


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], []],
)
async def test_a_name_that_leads_inside_is_not_connected_to(inside, addresses):
    knocks, port = inside
    with pytest.raises(PictureFailed) as caught:
        await Way(resolve=names(addresses)).connect("cbu01.alicdn.com", port)
    assert caught.value.word is Failure.PRIVATE_ADDRESS
    assert knocks.number == 0


async def test_a_name_server_that_changes_its_mind_is_asked_once_a_connection(inside, monkeypatch):
    """Rebinding: what was looked at is what is connected to, not what the name means a moment later."""
    knocks, port = inside
    connected = []

    async def open_connection(host, port):
        connected.append((host, port))
        raise OSError

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    resolve = names(["203.0.114.9"], ["127.0.0.1"])
    with pytest.raises(OSError):
        await Way(resolve=resolve).connect("cbu01.alicdn.com", port)
    assert connected == [("203.0.114.9", port)]
    assert len(resolve.told) == 1
    with pytest.raises(PictureFailed):
        await Way(resolve=resolve).connect("cbu01.alicdn.com", port)
    assert (len(connected), knocks.number) == (1, 0)


async def test_through_the_whole_client_a_private_name_is_a_failure_with_its_word(inside):
    knocks, _ = inside
    async with Fetcher(Way(resolve=names(["127.0.0.1"])), user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, "https://cbu01.alicdn.com/img/ibank/a.jpg")
    assert caught.value.word is Failure.PRIVATE_ADDRESS
    assert knocks.number == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://cbu01.alicdn.com/a.jpg", "https://cbu01.alicdn.com:8443/a.jpg", "file:///etc/passwd",
        "https://alicdn.com.evil.com/a.jpg", "https://evilalicdn.com/a.jpg", "https://127.0.0.1/a.jpg",
        "https://u:p@cbu01.alicdn.com/a.jpg", "https://cbu01.alicdn.com@evil.com/a.jpg",
        "https://cbu01.alicdn.com\\@evil.com/a.jpg", "https://cbu01.alicdn.com/a b.jpg",
        "https://cbu01.alicdn.com/\na.jpg", "https://itemcdn.tmall.com/a.jpg", "", "https://[::1]/a.jpg",
    ],
)  # fmt: skip
async def test_only_plain_addresses_of_the_image_hosts_are_asked_for(url):
    resolve = names(["8.8.8.8"])
    async with Fetcher(Way(resolve=resolve), user_agent="x") as fetcher:
        with pytest.raises(PictureFailed) as caught:
            await fetcher.fetch(Kind.PICTURE, url)
    assert caught.value.word is Failure.WRONG_ADDRESS
    assert resolve.told == []
