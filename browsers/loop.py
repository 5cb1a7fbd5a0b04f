"""One asyncio loop in one named thread: where browsers live while a synchronous program works.

Knows nothing of browsers but one hook: what to kill when the loop itself hangs.
"""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)


class LoopThread:
    """`start`, then `run` coroutines from any thread, then `stop`.

    If the loop does not turn for `stall` seconds (blocked by synchronous code, or by a pipe to a
    frozen browser), a watchdog thread calls `on_stall`, again after each further `stall`.
    """

    def __init__(
        self,
        *,
        name: str = "browsers",
        stall: float = 15.0,
        on_stall: Callable[[], None] | None = None,
    ) -> None:
        self.on_stall: Callable[[], None] = on_stall or (lambda: None)
        self._stall = stall
        self._loop = asyncio.new_event_loop()
        self._turned = threading.Event()
        self._stopping = threading.Event()
        self._running: set[concurrent.futures.Future[Any]] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._turn, name=name, daemon=True)
        self._watchdog = threading.Thread(target=self._watch, name=f"{name}-watchdog", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(within=self._stall)

    def start(self) -> None:
        self._thread.start()
        self._watchdog.start()

    def run(self, work: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Run a coroutine on the loop; to cancel it, cancel the future. RuntimeError if stopped."""
        with self._lock:
            if self._stopping.is_set():
                work.close()
                raise RuntimeError("the loop is stopped")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._running.add(future)
        future.add_done_callback(self._forget)
        return future

    def stop(self, *, within: float) -> None:
        """Cancel what runs, wait for it at most `within` seconds, end the loop. Twice is fine.

        Raises TimeoutError if the loop does not end in time; its thread is a daemon.
        """
        with self._lock:
            was_stopped = self._stopping.is_set()
            self._stopping.set()
        if not was_stopped and self._thread.is_alive():
            # Cancelled on the loop and waited for there: whoever runs may still clean up.
            self._loop.call_soon_threadsafe(self._wind_up, within)
        self._thread.join(within + 1)
        if self._thread.is_alive():
            raise TimeoutError(f"the loop did not end within {within:g} s")

    def _forget(self, future: "concurrent.futures.Future[Any]") -> None:
        with self._lock:
            self._running.discard(future)

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(_note)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _wind_up(self, within: float) -> None:
        task = self._loop.create_task(self._cancel_all(within))
        task.add_done_callback(lambda _: self._loop.stop())

    async def _cancel_all(self, within: float) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=within)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._turned.clear()
            self._loop.call_soon_threadsafe(self._turned.set)
            if not self._turned.wait(self._stall) and not self._stopping.is_set():
                self.on_stall()
            self._stopping.wait(self._stall / 4)


def _note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """One line for what nobody awaited: Playwright keeps such errors when its driver is killed."""
    _log.warning("%s: %r", context["message"], context.get("exception"))
