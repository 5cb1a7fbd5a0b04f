"""Loading one page: a `RenderRequest` in, a `Render` out, or one of `errors.RenderError`.

Read `render` first. With `launch.py` the only place where Playwright's exceptions become ours.
What a page's events mean is decided in `visit.py`, what becomes of the slot in `pool.py`.
"""

import asyncio
import time

from playwright.async_api import Error as PlaywrightError

from browsers import behaviour, traffic
from browsers.errors import BrowserLost, PageCrashed, RenderError, TimedOut
from browsers.slot import Slot
from browsers.tab import Tab
from browsers.values import Mode, Render, RenderRequest, SlotState
from browsers.visit import Act, Document, Order, Visit

_NATURAL_ONE_IN = 10
_UNTOLD = frozenset({"set-cookie", "set-cookie2"})


async def render(slot: Slot, request: RenderRequest, *, deadline: float) -> Render:
    """Load `request.url` in a leased slot within `deadline` seconds from now.

    Raises Refused (our own guard) before anything is loaded, else a RenderError whose `verdict`
    tells the pool what to do with the slot. A browser that no longer answers is noticed within
    the pool's `Patience.probe` after the deadline.
    """
    traffic.check(request.url)
    began = time.monotonic()
    try:
        async with asyncio.timeout(deadline):
            document, mode = await _load(slot, request)
    except TimeoutError as error:
        raise await _worst(slot, TimedOut(f"no page within {deadline:g} s")) from error
    except PlaywrightError as error:
        raise await _worst(slot, PageCrashed(f"the page is gone: {_first_line(error)}")) from error
    return Render(
        url=request.url,
        final_url=document.url,
        status=document.status,
        document=document.body,
        headers={name: text for name, text in document.headers.items() if name not in _UNTOLD},
        mode=mode,
        seconds=time.monotonic() - began,
    )


async def _worst(slot: Slot, error: RenderError) -> RenderError:
    """`error`, unless the whole browser is dead or hangs: then that, which one page pays for."""
    if await slot.is_lost():
        return BrowserLost(f"the browser died or hangs ({error})", charged=slot.blame())
    return error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


async def _load(slot: Slot, request: RenderRequest) -> tuple[Document, Mode]:
    if request.mode is Mode.MIXED:
        if request.seed % _NATURAL_ONE_IN:
            document = await _visit(slot, request, Mode.LEAN)
            if request.has_state is None or request.has_state.within(document.body):
                return document, Mode.LEAN
        return await _visit(slot, request, Mode.NATURAL), Mode.NATURAL
    return await _visit(slot, request, request.mode), request.mode


async def _visit(slot: Slot, request: RenderRequest, mode: Mode) -> Document:
    """Go there and carry out what the visit orders until it is finished."""
    slot.enter(SlotState.LOADING)
    steps = behaviour.plan(request.seed, request.kind, pace=request.pace)
    visit = Visit(lean=mode is Mode.LEAN, behave=bool(steps) and mode is Mode.NATURAL)
    tab = await slot.tab()
    slot.count(mode)
    try:
        await tab.go(request.url)
        while True:
            order = visit.see(await tab.event())
            if order is None:
                continue
            if order.act is Act.FINISH:
                assert visit.document is not None
                return visit.document
            if order.act is Act.PLAY:
                slot.enter(SlotState.BEHAVING)
                tab.play(behaviour.play(tab.page, steps))
            if order.act is Act.TAKE:
                slot.enter(SlotState.READING)
                order = visit.took(await tab.body(order.hold))
            await _release(tab, order)
    finally:
        tab.rest()


async def _release(tab: Tab, order: Order) -> None:
    """Let a held document go, or drop it and raise what it was dropped for."""
    if order.act is Act.LET_GO:
        await tab.let_go(order.hold)
    elif order.act is Act.DROP:
        await tab.drop(order.hold)
        if order.error is not None:
            raise order.error
