"""A real Chromium whose pool is told to hold back while its pages load."""

import asyncio
import time

from browsers import throttle
from browsers.limits import Limits
from browsers.values import Mode, SlotState
from tests.browsers.conftest import until

LENT = (SlotState.LOADING, SlotState.BEHAVING, SlotState.READING)


def lent(rig) -> int:
    return sum(slot.state in LENT for slot in rig.pool.status().slots)


async def look(rig, times: int = 1) -> None:
    for _ in range(times):
        await rig.pool.limits.look(rig.pool._fleet, lag=0.0, is_wanted=True)
    rig.pool._step()


async def test_pages_that_load_are_finished_when_slots_are_cut_and_all_work_again(make_rig, server):
    shares = [0.1]
    limits = Limits(4, natural=1, memory=lambda: shares[0])
    rig = await make_rig(size=4, limits=limits)
    context_count = lambda: len(rig.recorder.browsers[0]._browser.contexts)  # noqa: E731
    server.hits["held"] = 0
    server.hold.clear()
    try:
        modes = (Mode.LEAN, Mode.LEAN, Mode.NATURAL)
        flying = [asyncio.create_task(rig.load("held", mode, deadline=20)) for mode in modes]
        await until(lambda: server.hits["held"] >= 3)
        second = asyncio.create_task(rig.load("ok?second", Mode.NATURAL))
        await rig.check()  # the fourth slot is for a lean page, not for a second rendered one
        assert (rig.pool.status().waiting, lent(rig)) == (1, 3)
        shares[0] = 0.95
        await look(rig)
        waiting = [asyncio.create_task(rig.check()) for _ in range(6)]
        await until(lambda: rig.pool.status().waiting == 7)
        await look(rig, 10)
        assert (rig.pool.status().allowed, lent(rig)) == (1, 3)
    finally:
        server.hold.set()
    assert [(await task).status for task in flying] == [200] * 3
    await asyncio.gather(*waiting)
    assert (await second).status == 200
    await until(lambda: context_count() == 1)
    shares[0] = 0.1
    await look(rig, 40)
    await asyncio.gather(*(rig.check() for _ in range(8)))
    assert (rig.pool.status().allowed, rig.starts) == (4, 1)
    assert context_count() == 4


async def test_a_loop_that_is_kept_from_turning_cuts_slots(make_rig, monkeypatch):
    monkeypatch.setattr(throttle, "LAG_SECONDS", 0.15)
    moves: list[throttle.Move] = []
    rig = await make_rig(size=4, limits=Limits(4, natural=4, memory=lambda: 0.1, told=moves.append))
    async with asyncio.timeout(10):
        while not moves:
            time.sleep(0.6)  # noqa: ASYNC251 - the fault that is looked for
            await asyncio.sleep(0.001)
    assert moves[0].cause is throttle.Pressure.LAG
    assert rig.pool.status().allowed == 2
