"""Waiting before the site's login page, in a browser of its own, until somebody is in.

admit(booking, launch, show=print)     opens a browser, tells what happens, closes the browser
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from app.logins.booking import RENEW_SECONDS, Booking
from browsers.login import Admitted, Event, LoginFailed
from browsers.login import login as wait_at_the_page
from browsers.loop import LoopThread
from browsers.pool import BrowserPool
from browsers.values import Launch, Visitor

CLOSE_SECONDS = 20.0
LOOK_SECONDS = 1.0
"""How often is looked whether somebody still wants it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The browser's side of a login, on its own loop."""

    visitor: Visitor
    launch: Launch
    tell: Callable[[Event], None]
    seconds: float

    async def enter(self, loop: LoopThread) -> Admitted:
        """Open a browser, log in, close it. Raises what `browsers.login` and the pool do."""
        pool = BrowserPool(self.launch, size=1)
        loop.on_stall = pool.kill
        await pool.open()
        try:
            await pool.become(self.visitor)
            async with pool.lease("login") as slot:
                return await wait_at_the_page(
                    slot, deadline=self.seconds, tell=self.tell, window=not self.launch.headless
                )
        finally:
            await pool.close()


def admit(
    booking: Booking,
    launch: Launch,
    *,
    seconds: float,
    show: Callable[[Event], None],
    is_wanted: Callable[[], bool] = lambda: True,
) -> Admitted:
    """Wait `seconds` at most until somebody is in; `show` is called here, in this thread.

    The profile is held by whoever calls; holding is renewed here. It ends when `is_wanted` says no.
    Raises LoginFailed, LoginBlocked, EngineMissing, RenderError, ProfileHeld, CookiesRefused.
    """
    told: SimpleQueue[Event | None] = SimpleQueue()
    entry = Entry(visitor=booking.visitor(), launch=launch, tell=told.put, seconds=seconds)
    loop = LoopThread(name="browsers")
    loop.start()
    renewed = time.monotonic()
    try:
        task = loop.run(entry.enter(loop))
        task.add_done_callback(lambda _: told.put(None))
        while True:
            if not is_wanted():
                raise LoginFailed("the login was given up")
            if time.monotonic() - renewed > RENEW_SECONDS:
                booking.renew()
                renewed = time.monotonic()
            try:
                event = told.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
            if event is None:
                return task.result()
            show(event)
    finally:
        loop.stop(within=CLOSE_SECONDS)
