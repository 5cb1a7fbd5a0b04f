"""Which visit of an offer goes wrong, and how: drawn from a seed, so that a run can be repeated.

Only the draw is here; what a fault does to the answer is in `server.py`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from app.replica.values import Offer


class Fault(StrEnum):
    """What can go wrong instead of an offer's page."""

    LOGIN = "login"
    PUNISH = "punish"
    SLIDER = "slider"
    REFUSED = "refused"
    BUSY = "busy"
    """503 with `Retry-After: 1`."""
    TOO_MANY = "toomany"
    """429 with `Retry-After: 1` and the rate limit text."""
    TRUNCATED = "truncated"
    """`Content-Length` promises more than comes; the connection closes."""
    CUT = "cut"
    """A complete answer whose state breaks off in the middle."""
    RESET = "reset"
    EMPTY = "empty"
    """The connection closes without a byte."""
    SLOW = "slow"
    """The body comes drop by drop and does not end."""
    SILENT = "silent"
    """Not even headers come."""
    HANG = "hang"
    """A script of the page never ends."""
    CRASH = "crash"
    """A script of the page takes its renderer down."""
    OVERLAY = "overlay"
    """A slider comes up over the page once it is loaded; the page itself is sound."""
    REDIRECT_LOOP = "redirect_loop"
    GARBAGE = "garbage"
    """The page's frame without its state."""
    INVALID = "invalid"
    """Values that break a rule: negative stock and prices, a title of 2,500 characters."""
    FOREIGN = "foreign"
    """The state of another offer."""


class Scope(StrEnum):
    """What a fault strikes."""

    OFFER = "offer"
    LIST = "list"
    """The document of a search or shop page."""
    CALL = "call"
    """The gateway's answer that brings a page of a list."""


_TRANSPORT = frozenset(
    {
        *(Fault.LOGIN, Fault.PUNISH, Fault.SLIDER, Fault.REFUSED, Fault.BUSY, Fault.TOO_MANY),
        *(Fault.TRUNCATED, Fault.RESET, Fault.EMPTY, Fault.SLOW, Fault.SILENT),
    }
)
STRIKES: dict[Scope, frozenset[Fault]] = {
    Scope.OFFER: frozenset(Fault),
    Scope.LIST: _TRANSPORT | {Fault.HANG, Fault.CRASH, Fault.GARBAGE, Fault.OVERLAY},
    Scope.CALL: _TRANSPORT | {Fault.CUT, Fault.GARBAGE},
}
"""Which faults there are where. GARBAGE is a page without its scripts, an answer without its list."""


class BadFault(ValueError):
    """A fault specification that cannot be read; the message says what was expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """How often a fault comes, on which visits of one offer or list page, and what it strikes."""

    fault: Fault
    rate: float
    visits: int | None = None
    """Only the first so many visits; None means all."""
    scope: Scope = Scope.OFFER


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """The plan of faults. A visit draws at most one."""

    rates: tuple[Rate, ...] = ()
    seed: int = 0

    def draw(self, key: str, visit: int, scope: Scope = Scope.OFFER) -> Fault | None:
        """What goes wrong on this visit (the first is 1); the same question has the same answer.

        `key` is the offer's id, or what names the page of a list.
        """
        point = random.Random(f"{self.seed}:{key}:{visit}").random()
        for rate in self.rates:
            if rate.scope is not scope or (rate.visits is not None and visit > rate.visits):
                continue
            if point < rate.rate:
                return rate.fault
            point -= rate.rate
        return None


def parse(text: str, seed: int) -> Faults:
    """Reads `login=0.05,reset=0.1:first,busy=1:2,refused=0.1:call`. Raises BadFault."""
    rates = tuple(_rate(part.strip()) for part in text.split(",") if part.strip())
    for scope in Scope:
        if sum(rate.rate for rate in rates if rate.scope is scope) > 1 + 1e-9:
            raise BadFault(f"the rates of {text!r} add up to more than 1")
    return Faults(rates=rates, seed=seed)


def _rate(part: str) -> Rate:
    name, _, value = part.partition("=")
    number, *more = value.split(":")
    if name not in set(Fault):
        raise BadFault(f"no fault is called {name!r}; there are: {', '.join(Fault)}")
    scope = Scope(more.pop()) if more and more[-1] in set(Scope) else Scope.OFFER
    visits = more.pop() if more else ""
    try:
        rate = float(number)
        first = {"": None, "first": 1}[visits] if not visits.isdigit() else int(visits)
    except (ValueError, KeyError):
        first, rate = None, -1.0
        more = [visits]
    if more:
        raise BadFault(
            f"{part!r} is not KIND=RATE, with :first or :VISITS and :list or :call where wanted"
        )
    if not 0 <= rate <= 1:
        raise BadFault(f"the rate of {part!r} is not between 0 and 1")
    if name not in STRIKES[scope]:
        raise BadFault(f"{name!r} does not strike a {scope}: {', '.join(sorted(STRIKES[scope]))}")
    return Rate(fault=Fault(name), rate=rate, visits=first, scope=scope)


def spoiled(offer: Offer) -> Offer:
    """The offer with values that no rule allows."""
    bad = Decimal("-3.00")
    tiers = tuple(replace(tier, price=bad, discount_price=bad) for tier in offer.tiers)
    skus = tuple(
        replace(sku, stock=-5, price=sku.price and bad, discount_price=sku.discount_price and bad)
        for sku in offer.skus
    )
    title = (offer.title * 200)[:2500]
    return replace(offer, title=title, stock=-5, tiers=tiers, skus=skus)


def cut(document: bytes) -> bytes:
    """The document up to the middle of its state, ended as if nothing were missing."""
    start = _state_start(document)
    end = document.find(b"</script>", start)
    return document[: start + (end - start) // 2] + b"\n</script></body></html>\n"


def stripped(document: bytes) -> bytes:
    """The document without its state."""
    start = _state_start(document)
    begin = document.rfind(b"<script", 0, start)
    return document[:begin] + document[document.find(b"</script>", start) + len(b"</script>") :]


def haunted(document: bytes, fault: Fault) -> bytes:
    """The document with a script at its end that never ends, ends its renderer or covers it."""
    return document.replace(b"</body>", _SCRIPTS[fault] + b"</body>")


_SCRIPTS = {
    Fault.HANG: b"<script>for(;;){}</script>",
    # Layout recurses: so deep a tree overflows its stack (Chromium 156: gone in 1.5 s, little memory).
    Fault.CRASH: b"<script>var r=document.createElement('div'),n=r;for(var i=0;i<30000;i++)"
    b"{var c=document.createElement('div');n.appendChild(c);n=c}"
    b"document.body.appendChild(r);document.body.offsetHeight</script>",
    Fault.OVERLAY: b"<script>addEventListener('load',function(){document.body.insertAdjacentHTML("
    b"'beforeend','<div class=\"baxia-dialog\"><iframe src=\"'+location.pathname+"
    b"'/_____tmd_____/punish?x5secdata=0&x5step=2\"><\\/iframe><\\/div>')})</script>",
}

SCRIPTED = frozenset(_SCRIPTS)
"""Faults that a script in a whole page is: who is gone has no page for it to stand in."""

_MARKS: Sequence[bytes] = (b"window.context=(", b"window.__INIT_DATA=", b"var iDetailConfig = ")


def _state_start(document: bytes) -> int:
    return max(document.find(mark) for mark in _MARKS)
