"""Loading one page: a `RenderRequest` in, a `Render` out, or one of `errors.RenderError`.

Read `render` first. With `launch.py` the only place where Playwright's exceptions become ours.
What a page's events mean is decided in `visit.py`, what becomes of the slot in `pool.py`.
"""

import asyncio
import time

from browsers import behaviour, blocks, traffic
from browsers.slot import Slot, bounded
from browsers.values import Mode, Render, RenderRequest, SlotState
from browsers.visit import Act, Visit

_SPARE = 0.5
"""Seconds of the deadline that behaviour leaves for what comes after it."""
_UNTOLD = frozenset({"set-cookie", "set-cookie2"})


async def render(slot: Slot, request: RenderRequest, *, deadline: float) -> Render:
    """Load `request.url` in a leased slot within `deadline` seconds from now.

    Raises Refused (our own guard) before anything is loaded, else a RenderError whose `verdict`
    tells the pool what to do with the slot. A browser that no longer answers is noticed within
    the pool's `Patience.probe` after the deadline.
    """
    traffic.check(request.url)
    began = time.monotonic()
    async with bounded(slot, deadline, "page") as ends:
        visit = await _visit(slot, request, ends=ends)
    document = visit.document
    assert document is not None
    return Render(
        url=request.url,
        final_url=document.url,
        status=document.status,
        document=document.body,
        headers={name: text for name, text in document.headers.items() if name not in _UNTOLD},
        interstitial=blocks.interstitial(visit.frames),
        mode=request.mode,
        seconds=time.monotonic() - began,
    )


async def _visit(slot: Slot, request: RenderRequest, *, ends: float) -> Visit:
    """Go there and carry out what the visit orders until it is finished.

    `ends` is the loop's time at which it is cut off.
    """
    slot.enter(SlotState.LOADING)
    todo = _behaviour(request)
    visit = Visit(lean=request.mode is Mode.LEAN, behave=bool(todo.steps))
    tab = await slot.tab()
    slot.count(request.mode)
    try:
        await tab.go(request.url, lean=request.mode is Mode.LEAN)
        while True:
            order = visit.see(await tab.event())
            if order is None:
                continue
            if order.act is Act.FINISH:
                return visit
            if order.act is Act.PLAY:
                slot.enter(SlotState.BEHAVING)
                left = ends - asyncio.get_running_loop().time() - _SPARE
                tab.play(behaviour.play(tab.page, todo.within(left)))
            if order.act is Act.TAKE:
                slot.enter(SlotState.READING)
            await tab.carry_out(visit, order)
    finally:
        tab.rest()


def _behaviour(request: RenderRequest) -> behaviour.Plan:
    if request.mode is Mode.LEAN:
        return behaviour.Plan()
    return behaviour.plan(request.seed, request.kind, pace=request.pace)
