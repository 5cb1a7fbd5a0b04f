"""Loading one page: a `RenderRequest` in, a `Render` out, or one of `errors.RenderError`.

Read `render` first. With `launch.py` the only place where Playwright's exceptions become ours.
What a page's events mean is decided in `visit.py`, what becomes of the slot in `pool.py`.
"""

import time

from browsers import behaviour, traffic
from browsers.slot import Slot, bounded
from browsers.values import Mode, Render, RenderRequest, SlotState
from browsers.visit import Act, Document, Visit

_UNTOLD = frozenset({"set-cookie", "set-cookie2"})


async def render(slot: Slot, request: RenderRequest, *, deadline: float) -> Render:
    """Load `request.url` in a leased slot within `deadline` seconds from now.

    Raises Refused (our own guard) before anything is loaded, else a RenderError whose `verdict`
    tells the pool what to do with the slot. A browser that no longer answers is noticed within
    the pool's `Patience.probe` after the deadline.
    """
    traffic.check(request.url)
    began = time.monotonic()
    async with bounded(slot, deadline, "page"):
        document = await _visit(slot, request)
    return Render(
        url=request.url,
        final_url=document.url,
        status=document.status,
        document=document.body,
        headers={name: text for name, text in document.headers.items() if name not in _UNTOLD},
        mode=request.mode,
        seconds=time.monotonic() - began,
    )


async def _visit(slot: Slot, request: RenderRequest) -> Document:
    """Go there and carry out what the visit orders until it is finished."""
    slot.enter(SlotState.LOADING)
    steps = _behaviour(request)
    visit = Visit(lean=request.mode is Mode.LEAN, behave=bool(steps))
    tab = await slot.tab()
    slot.count(request.mode)
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
            await tab.carry_out(visit, order)
    finally:
        tab.rest()


def _behaviour(request: RenderRequest) -> tuple[behaviour.Step, ...]:
    if request.mode is Mode.LEAN:
        return ()
    return behaviour.plan(request.seed, request.kind, pace=request.pace)
