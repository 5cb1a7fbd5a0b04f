"""From settings to working objects; the only room below the doors that reads settings."""

import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from app.pace import PageGap
from app.runs.journal import Journal
from app.runtime import Event, Evidence, Runtime
from app.settings import Batch as DeclaredBatch
from app.settings import Settings, config_path
from app.store.engine import open_engine
from app.store.schema import migrate
from browsers.pool import BrowserPool
from browsers.values import Launch, Mode

if TYPE_CHECKING:
    from app.schedule.sources import Batch
    from app.schedule.ticker import RunOpener

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


def batches_of(settings: Settings) -> "tuple[Batch, ...]":
    """The declared batches. A relative file lies beside the configuration file that names it."""
    found = config_path()
    folder = found.parent if found else Path()
    return tuple(_batch(one, folder.absolute()) for one in settings.batch)


def _batch(declared: DeclaredBatch, folder: Path) -> "Batch":
    from app.schedule import batches, sources  # noqa: PLC0415 - only who has batches pays for it

    source: sources.Source
    if declared.file is not None:
        source = sources.RefFile(path=folder / declared.file.expanduser())
    else:
        source = sources.StaleOffers(older=batches.read_duration(declared.stale or "0"))
    return sources.Batch(
        name=declared.name,
        timetable=batches.Timetable(cron=declared.cron, zone=batches.read_zone(declared.tz)),
        catchup=batches.read_duration(declared.catchup),
        source=source,
        limit=declared.limit,
    )


def opener_of(settings: Settings) -> "RunOpener":
    """How the runs of batches are opened."""
    from app.schedule.ticker import RunOpener  # noqa: PLC0415 - only who has batches pays for it

    options = {"replica": settings.site.replica is not None}
    return RunOpener(attempts=settings.run.attempts, options=options)


def owner_name() -> str:
    """Who holds the leases of this process: host, pid, and when it said so."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{time.time_ns() // 1_000_000}"


def journal_of(settings: Settings, owner: str) -> AbstractContextManager[Journal | None]:
    """The file where this process notes what it settled, if that is wanted."""
    folder = settings.run.journal
    return nullcontext() if folder is None else closing(Journal(folder, owner))


@asynccontextmanager
async def open_runtime(
    settings: Settings, engine: Engine, *, tell: Callable[[Event], None]
) -> AsyncIterator[Runtime]:
    """A runtime with its browsers open; closed in order on the way out. Raises EngineMissing."""
    pool = BrowserPool(launch_of(settings), size=settings.browser.contexts)
    owner = owner_name()
    with (
        journal_of(settings, owner) as journal,
        ThreadPoolExecutor(BOOK_THREADS, thread_name_prefix="books") as books,
    ):
        await pool.open()
        try:
            yield Runtime(
                engine=engine,
                pool=pool,
                slots=settings.browser.contexts,
                books=books,
                evidence=Evidence(folder=settings.data_dir / "evidence"),
                pace=pace_of(settings),
                owner=owner,
                mode=Mode(settings.browser.mode),
                deadline=settings.run.deadline_seconds,
                lease_seconds=settings.run.lease_seconds,
                journal=journal,
                tell=tell,
            )
        finally:
            await pool.close()
