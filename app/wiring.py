"""From settings to working objects; the only room below the doors that reads settings."""

import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from browsers.pool import BrowserPool
from sqlalchemy import Engine

from app.pace import PageGap
from app.runtime import Event, Evidence, Runtime
from app.settings import Settings
from app.store.engine import open_engine
from app.store.schema import migrate
from browsers.values import Launch, Mode

BOOK_THREADS = 2


def open_database(settings: Settings) -> Engine:
    """The database in force, brought to the newest schema. Raises DatabaseUnavailable."""
    engine = open_engine(settings.database, pool_size=BOOK_THREADS + 3)
    migrate(engine)
    return engine


def launch_of(settings: Settings) -> Launch:
    """How the engine is started."""
    browser = settings.browser
    return Launch(
        executable=browser.executable,
        headless=browser.headless,
        sandbox=browser.sandbox,
        replica=settings.site.replica,
        retire_after_pages=browser.retire_after_pages,
        memory_limit_mb=browser.memory_limit_mb,
    )


def pace_of(settings: Settings) -> PageGap:
    """The gap between pages; a replica is ours and needs none."""
    low, high = (0.0, 0.0) if settings.site.replica else settings.pace.page_gap_seconds
    return PageGap(low=low, high=high)


def owner_name() -> str:
    """Who holds the leases of this process: host, pid, and when it said so."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{time.time_ns() // 1_000_000}"


@asynccontextmanager
async def open_runtime(
    settings: Settings, engine: Engine, *, tell: Callable[[Event], None]
) -> AsyncIterator[Runtime]:
    """A runtime with its browsers open; closed in order on the way out. Raises EngineMissing."""
    pool = BrowserPool(launch_of(settings), size=settings.browser.contexts)
    with ThreadPoolExecutor(BOOK_THREADS, thread_name_prefix="books") as books:
        await pool.open()
        try:
            yield Runtime(
                engine=engine,
                pool=pool,
                slots=settings.browser.contexts,
                books=books,
                evidence=Evidence(folder=settings.data_dir / "evidence"),
                pace=pace_of(settings),
                owner=owner_name(),
                mode=Mode(settings.browser.mode),
                deadline=settings.run.deadline_seconds,
                lease_seconds=settings.run.lease_seconds,
                tell=tell,
            )
        finally:
            await pool.close()
