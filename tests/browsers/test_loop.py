"""The thread that browsers live in."""

import asyncio
import logging
import threading

import pytest

from browsers.loop import LoopThread


async def name() -> str:
    return threading.current_thread().name


async def for_ever(started: threading.Event, ended: threading.Event) -> None:
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        ended.set()


def test_work_runs_in_the_named_thread():
    with LoopThread(name="here") as loop:
        assert loop.run(name()).result(5) == "here"


def test_cancelling_the_future_cancels_the_work():
    started, ended = threading.Event(), threading.Event()
    with LoopThread() as loop:
        future = loop.run(for_ever(started, ended))
        assert started.wait(5)
        future.cancel()
        assert ended.wait(5)


def test_stopping_cancels_what_runs_and_lets_it_clean_up():
    started, ended = threading.Event(), threading.Event()
    loop = LoopThread()
    loop.start()
    future = loop.run(for_ever(started, ended))
    assert started.wait(5)
    loop.stop(within=5)
    assert ended.is_set()
    assert future.cancelled()
    loop.stop(within=5)


def test_stopped_loop_takes_no_work():
    loop = LoopThread()
    loop.start()
    loop.stop(within=5)
    with pytest.raises(RuntimeError, match="stopped"):
        loop.run(name())


def test_work_that_does_not_end_is_not_waited_for_for_ever():
    released = threading.Event()
    loop = LoopThread()
    loop.start()

    async def block():
        released.wait(20)

    loop.run(block())
    with pytest.raises(TimeoutError):
        loop.stop(within=0.1)
    released.set()


def test_blocked_loop_is_noticed_by_the_watchdog():
    released = threading.Event()
    loop = LoopThread(stall=0.1, on_stall=released.set)
    loop.start()

    async def block():
        return released.wait(10)  # blocks the loop; only the watchdog's hook frees it

    assert loop.run(block()).result(10) is True
    loop.stop(within=5)


def test_turning_loop_is_left_alone():
    stalls = []
    loop = LoopThread(stall=2, on_stall=lambda: stalls.append(1))
    loop.start()
    for _ in range(50):
        loop.run(name()).result(5)
    loop.stop(within=5)
    assert stalls == []


def test_error_that_nobody_awaits_is_one_line(caplog):
    async def drop():
        asyncio.get_running_loop().call_exception_handler(
            {"message": "never retrieved", "exception": OSError("lost")}
        )

    with caplog.at_level(logging.WARNING), LoopThread() as loop:
        loop.run(drop()).result(5)
    assert caplog.messages == ["never retrieved: OSError('lost')"]
