"""Canaries: offers known to be well, read at the beginning of a run before it spends its budget.

One that is stored must still tell what it is told by: title, price, pictures, seller. A canary that
is gone or not answered says nothing about our reading, and the run finds out by itself; a block and
a server that has no time are heeded as anywhere.
"""

from collections.abc import Awaitable, Callable

from app.extract import registry
from app.extract.base import Blocked, ExtractError, Gone, Truncated
from app.items import OfferItem
from app.quality.marks import marks_of
from app.refs import OfferRef
from app.runtime import Runtime
from app.store import offers
from app.store.engine import consult
from app.sync import snapshot_of
from browsers.errors import Busy, RenderError
from browsers.render import render
from browsers.values import Render, RenderRequest

KEYS = ("title", "status", "price_min", "images", "skus", "attributes", "supplier.company_name")
"""What every layout tells of an offer that has it."""
SILENT = (Gone, Truncated)


async def ailing(runtime: Runtime, may_ask: Callable[[], Awaitable[bool]]) -> str | None:
    """What is wrong with the first canary that is not read as it was; None if all are well.

    `may_ask` is awaited before each page; once it is false no more is asked for. Raises Blocked,
    Busy, GateClosed, and what is no page's matter.
    """
    for offer_id in runtime.canaries:
        if not await may_ask():
            break
        try:
            loaded = await _loaded(runtime, offer_id)
        except Busy:
            raise
        except RenderError:
            continue
        if wrong := await runtime.aside(_wrong, runtime, offer_id, loaded):
            return f"canary {offer_id}: {wrong}"
    return None


async def _loaded(runtime: Runtime, offer_id: str) -> Render:
    request = RenderRequest(
        url=OfferRef(offer_id=offer_id).url,
        kind="offer",
        mode=runtime.loading.modes(0)[-1],
        seed=int(offer_id),
        pace=runtime.dwell,
    )
    async with runtime.pool.lease(offer_id, request.mode) as slot:
        return await render(slot, request, deadline=runtime.deadline)


def _wrong(runtime: Runtime, offer_id: str, loaded: Render) -> str | None:
    stored = consult(runtime.engine, lambda conn: offers.load(conn, offer_id))
    try:
        item = registry.read(snapshot_of(loaded))
    except SILENT:
        return None
    except Blocked:
        raise
    except ExtractError as error:
        return f"{error.type}: {error}"
    return judge(item, stored.item if stored else None)


def judge(item: OfferItem, stored: OfferItem | None) -> str | None:
    """What the page does not tell any more of what is stored."""
    if stored is None:
        return None
    had, told = marks_of(stored), marks_of(item)
    lost = [key for key in KEYS if key in had and key not in told]
    return f"its page tells no {', '.join(lost)} any more" if lost else None
