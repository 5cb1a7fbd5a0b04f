"""One runtime, opened when it is first needed and kept for every slice after it.

The loop thread and the browsers live here; Redis and RQ are not known.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from app.drain import Drain
from app.runtime import Event, Runtime
from browsers.loop import LoopThread
from browsers.values import PoolStatus

OpenRuntime = Callable[[Callable[[Event], None]], AbstractAsyncContextManager[Runtime]]
"""Makes a runtime that tells its events to the listener given."""


class KeptRuntime:
    """Drains slices of runs, one at a time, on browsers that outlive them."""

    def __init__(self, open_runtime: OpenRuntime) -> None:
        self._open = open_runtime
        self.tell: Callable[[Event], None] = lambda _: None
        """Who hears of every offer; set before the first slice."""
        self._loop: LoopThread | None = None
        self._stack: AsyncExitStack | None = None
        self._runtime: Runtime | None = None
        self._drain: Drain | None = None
        self._task: asyncio.Task[None] | None = None
        self._enough = False  # a plain flag: it is set in a signal's frame, where locks are traps

    @property
    def owner(self) -> str | None:
        """Who holds the leases of the slices; None before the first one."""
        return self._runtime.owner if self._runtime else None

    def status(self) -> PoolStatus:
        """The pool as it is now; an empty one before the first slice."""
        return self._runtime.pool.status() if self._runtime else PoolStatus()

    def drain(self, run_id: int) -> "Future[None]":
        """Begin to work on a run; it ends with the run, or after `stop_soon` or `abandon`."""
        if self._loop is None:
            self._loop = LoopThread(name="browsers")
            self._loop.start()
        self._enough = False
        return self._loop.run(self._slice(self._loop, run_id))

    def stop_soon(self) -> None:
        """Let the pages in flight finish and begin none; from any thread or a signal's frame."""
        self._enough = True
        if drain := self._drain:
            drain.stop_soon()

    def abandon(self) -> None:
        """End the pages in flight, too; their leases are given back."""
        if task := self._task:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def reset(self, *, within: float) -> None:
        """Close the browsers; the next slice opens new ones. Raises TimeoutError."""
        if self._loop is not None and self._stack is not None:
            self._loop.run(self._close()).result(within)

    def close(self, *, within: float) -> None:
        """End everything, in order. Raises TimeoutError."""
        if self._loop is None:
            return
        try:
            self.reset(within=within)
        finally:
            self._loop.stop(within=within)

    async def _slice(self, loop: LoopThread, run_id: int) -> None:
        self._task = asyncio.current_task()
        try:
            self._drain = Drain(await self._opened(loop), run_id)
            if not self._enough:  # else it was stopped while the browsers were opened
                await self._drain.run()
        finally:
            self._drain = self._task = None

    async def _opened(self, loop: LoopThread) -> Runtime:
        if self._runtime is None:
            async with AsyncExitStack() as stack:
                runtime = await stack.enter_async_context(self._open(self.tell))
                loop.on_stall = runtime.pool.kill
                self._runtime, self._stack = runtime, stack.pop_all()
        return self._runtime

    async def _close(self) -> None:
        stack, self._stack = self._stack, None
        if stack is not None:
            await stack.aclose()
        self._runtime = None
