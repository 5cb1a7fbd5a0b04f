"""The documents of list pages: the search's shell, shops on the desktop and on the phone, faults included."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app.replica import blocks, searching, shops
from app.replica.faults import Fault, Faults, Scope, haunted
from app.replica.lists import Lists
from app.replica.values import Offer
from app.replica.wire import HTML, Reply, Request

_FOLDER = Path(__file__).parent / "scripts"

SCRIPTS: dict[str, bytes] = {
    url: (_FOLDER / name).read_bytes()
    for url, name in (
        (searching.MTOP, "mtop.js"),
        (searching.BUNDLE, "search.js"),
        (shops.BUNDLE, "shop.js"),
    )
}
"""The scripts that list pages need, by address."""

MOBILE_HOST = "winport.m.1688.com"
MOBILE_CARDS = 21


class Pages:
    """Answers for the documents; the lists in them come from the gateway."""

    def __init__(self, lists: Lists, faults: Faults, offer_at: Callable[[int], Offer]) -> None:
        self._lists = lists
        self._faults = faults
        self._offer_at = offer_at
        self._visits: Counter[str] = Counter()

    def search(self, request: Request, _: str) -> Reply:
        """A search or category page."""
        named = request.query.get("categoryId") or request.query.get("keywords", "")
        return self._struck(request, f"search:{named}", searching.shell)

    def shop(self, request: Request, path: str) -> Reply:
        """A page of a shop; those that are no lists are empty."""
        is_mobile = request.host == MOBILE_HOST
        named = request.query.get("memberId", "") if is_mobile else request.host
        number = self._lists.shop_named(named)
        if number is None:
            return Reply(body=shops.no_shop())
        owner = self._lists.owner(number)

        def page(*, scripts: bool = True) -> bytes:
            if is_mobile:
                first = self._lists.found("shop", named)[:MOBILE_CARDS]
                return shops.mobile_page(owner, [self._offer_at(index) for index in first])
            return shops.list_page(owner, scripts=scripts and "/offerlist.htm" in path)

        return self._struck(request, f"shop:{named}:{path}", page)

    def _struck(self, request: Request, key: str, page: Callable[..., bytes]) -> Reply:
        """The page, or what a fault makes of it."""
        self._visits[key] += 1
        fault = self._faults.draw(key, self._visits[key], Scope.LIST)
        if fault in blocks.STUBS:
            body = blocks.STUBS[fault](request.host, request.path, self._faults.seed)
            return Reply(body=body, fault=fault)
        if fault in (Fault.BUSY, Fault.TOO_MANY):
            status = 503 if fault is Fault.BUSY else 429
            return Reply(status=status, body=b"busy", headers={"Retry-After": "1"}, fault=fault)
        body = page(scripts=fault is not Fault.GARBAGE)
        if fault in (Fault.HANG, Fault.CRASH, Fault.OVERLAY):
            body = haunted(body, fault)
        return Reply(body=body, content_type=HTML, fault=fault)
