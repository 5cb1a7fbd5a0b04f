"""How often somebody may ask, counted in this program's memory: a restart forgets.

A token has so many reads and writes a minute; who shows none is counted by address. Wrong tokens
are counted apart, by address, and once there were too many no token from there is looked at: a
right one would otherwise be told from a wrong one by its answer.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from time import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from starlette.requests import HTTPConnection

SECONDS = 60
IPV6_NETWORK = 64
"""Bits that stand for one subscriber, who has all the addresses below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Requests a minute."""

    reads: int = 6_000
    """Of one token, or of one address without any."""
    writes: int = 300
    wrong: int = 20
    """Wrong tokens and logins of one address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How much of a rate is used."""

    rate: str
    """`reads`, `writes` or `wrong`."""
    limit: int
    left: int
    seconds: int
    """Until there is more."""
    is_over: bool

    @property
    def headers(self) -> Mapping[str, str]:
        """The fields of the IETF's draft on rate limits; Retry-After for who has to wait."""
        told = {
            "RateLimit-Policy": f'"{self.rate}";q={self.limit};w={SECONDS}',
            "RateLimit": f'"{self.rate}";r={self.left};t={self.seconds}',
        }
        return told | ({"Retry-After": str(self.seconds)} if self.is_over else {})


class Allowance:
    """Counts requests."""

    def __init__(self, rates: Rates) -> None:
        storage = MemoryStorage()
        self._items = {
            name: RateLimitItemPerMinute(getattr(rates, name), namespace=name)
            for name in ("reads", "writes", "wrong")
        }
        self._windows = FixedWindowRateLimiter(storage)
        self._guesses = MovingWindowRateLimiter(storage)

    def take(self, who: str, *, writes: bool) -> Standing:
        """Count a request of a token or an address; over the limit, it is to be refused."""
        item = self._items["writes" if writes else "reads"]
        taken = self._windows.hit(item, who)
        return _standing(self._windows, item, who, is_over=not taken)

    def guesses(self, address: str) -> Standing:
        """Whether tokens from this address are still looked at. Counts nothing."""
        item = self._items["wrong"]
        return _standing(
            self._guesses, item, address, is_over=not self._guesses.test(item, address)
        )

    def count_wrong(self, address: str) -> None:
        """Count a wrong token."""
        self._guesses.hit(self._items["wrong"], address)


def _standing(limiter: RateLimiter, item: RateLimitItem, who: str, *, is_over: bool) -> Standing:
    window = limiter.get_window_stats(item, who)
    return Standing(
        rate=item.namespace,
        limit=item.amount,
        left=max(0, window.remaining),
        seconds=min(SECONDS, max(1, ceil(window.reset_time - time()))),
        is_over=is_over,
    )


def address_of(request: HTTPConnection) -> str:
    """What who asks without a token is counted as; "" over a socket that has no addresses."""
    return subscriber(request.client.host) if request.client else ""


def subscriber(host: str) -> str:
    """What an address is counted as: itself, or its network where one has many (IPv6)."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
