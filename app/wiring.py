"""From settings to working objects; the only room below the doors that reads settings."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, closing, nullcontext
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from app.archive.archive import Archive
from app.archive.retention import Retention
from app.images.failures import Failure, PictureFailed
from app.images.fetch import Fetcher
from app.images.studio import Studio
from app.images.turns import PictureTurns, picture_gate
from app.images.ways import Way
from app.images.work import Means, PictureWork
from app.noting import noted
from app.pace.quiet import read_quiet
from app.pace.values import Pace
from app.places import archive_folder, jar_of, shelf_of
from app.profiles.proxies import egress_of, read_proxy
from app.profiles.values import Profile, ProfileError
from app.refs import OfferRef
from app.runs.journal import Journal
from app.runs.owners import owner_name
from app.runtime import Event, Evidence, Loading, Manners, Runtime
from app.sections import Profile as DeclaredProfile
from app.settings import Settings
from app.telling import alerts_of, courier_of
from browsers import identity, traffic
from browsers.crowd import Crowd
from browsers.engine import find_engine
from browsers.errors import EngineMissing
from browsers.limits import Limits
from browsers.machine import waited_for_processor
from browsers.pool import BrowserPool
from browsers.throttle import Move
from browsers.values import Launch

BOOK_THREADS = {"sqlite": 1}
"""By kind of database, else two. SQLite has one writer at a time: a second thread waits for it and
for the interpreter, which costs a tenth of the speed; a server leaves the first one waiting."""
MOST_BOOK_THREADS = 2
PICTURE_THREADS = 2
DECODERS = 2
NATURAL_PER_CORE = 2
"""Rendered pages at once beside lean ones; they mostly wait for a core."""
LEAN_PER_CORE = 4
"""Lean pages at once, at least; with more the processors have no more to do (docs/benchmark.md)."""


def launch_of(settings: Settings) -> Launch:
    """How the engine is started."""
    browser = settings.browser
    return Launch(
        executable=browser.executable,
        headless=browser.headless,
        sandbox=browser.sandbox,
        replica=settings.site.replica,
        stealth=browser.stealth,
        retire_after_pages=browser.retire_after_pages,
        memory_limit_mb=browser.memory_limit_mb,
    )


def limits_of(settings: Settings, tell: Callable[[Event], None]) -> Limits:
    """How many pages there may be at once; where most are lean, rendered ones by the cores."""

    def told(move: Move) -> None:
        word = "eased" if move.cause is None else "throttled"
        tell(Event(at=datetime.now(UTC), name="slots", word=word, text=str(move)))

    loading, cores = Loading(settings.browser.mode), len(os.sched_getaffinity(0))
    natural = None if loading is Loading.NATURAL else NATURAL_PER_CORE * cores
    least = (NATURAL_PER_CORE if natural is None else LEAN_PER_CORE) * cores
    crowd = Crowd(settings.browser.contexts, least=least, waited=waited_for_processor)
    return Limits(settings.browser.contexts, natural=natural, told=told, crowd=crowd)


def pace_of(settings: Settings) -> Pace:
    """The pace in force; a replica is ours and needs none but what somebody asked for."""
    pace = settings.pace
    real = settings.site.replica is None

    def told(name: str) -> bool:
        return real or name in pace.model_fields_set

    return Pace(
        gap=pace.page_gap_seconds if told("page_gap_seconds") else (0.0, 0.0),
        list_gap=pace.list_gap_seconds if told("list_gap_seconds") else (0.0, 0.0),
        per_day=pace.per_day if told("per_day") else None,
        egress_per_day=pace.egress_per_day if told("egress_per_day") else None,
        quiet=read_quiet(pace.quiet_hours) if pace.quiet_hours else None,
        zone=ZoneInfo(pace.tz),
        floor=pace.FLOOR if real else 0.0,
        lead=settings.run.deadline_seconds,
    )


def manners_of(settings: Settings) -> Manners:
    """How we behave as guests; what is learned at a replica is kept apart from the real site."""
    is_replica = settings.site.replica is not None
    return Manners(
        pace=pace_of(settings),
        profiles={one.name: profile_of(one, settings) for one in settings.profile},
        jar=jar_of(settings),
        rests=tuple(timedelta(minutes=minutes) for minutes in settings.pace.rests_minutes),
        egress=settings.pace.egress,
        realm="replica:" if is_replica else "",
    )


def canaries_of(settings: Settings) -> tuple[str, ...]:
    """Ids of the offers that are read at the beginning of each run."""
    return tuple(OfferRef.parse(text).offer_id for text in settings.quality.canaries)


def check_profile(settings: Settings, name: str) -> None:
    """Raise ProfileUnknown unless runs can be asked as this profile."""
    manners_of(settings).profile(name)


def profile_of(declared: DeclaredProfile, settings: Settings) -> Profile:
    """A declared profile. A proxy is an address of its own. Raises ProxyRefused."""
    proxy = read_proxy(declared.proxy.get_secret_value()) if declared.proxy else None
    return Profile(
        name=declared.name,
        proxy=proxy,
        per_day=declared.per_day,
        egress=egress_of(proxy) if proxy else settings.pace.egress,
    )


def journal_of(settings: Settings, owner: str) -> AbstractContextManager[Journal | None]:
    """The file where this process notes what it settled, if that is wanted."""
    folder = settings.run.journal
    return nullcontext() if folder is None else closing(Journal(folder, owner))


def retention_of(settings: Settings) -> Retention:
    """How long, and how much of it."""
    wanted = settings.archive
    return Retention(days=wanted.retention_days, megabytes=wanted.max_mb)


def archive_of(settings: Settings, engine: Engine) -> AbstractContextManager[Archive | None]:
    """Where this process keeps the documents it loads, if that is wanted."""
    if not settings.archive.keep:
        return nullcontext()
    return closing(Archive(archive_folder(settings), engine, retention_of(settings)))


def user_agent(settings: Settings) -> str:
    """Who we are where no engine asks: the same as it, or, where there is none, ourselves."""
    try:
        engine = find_engine(settings.browser.executable, headless=settings.browser.headless)
    except EngineMissing:
        return f"pwsync/{version('pwsync')}"
    return identity.USER_AGENT.format(major=engine.version.partition(".")[0])


@asynccontextmanager
async def open_pictures(
    settings: Settings, engine: Engine, *, say: Callable[[str], None] = lambda _: None
) -> AsyncIterator[PictureWork]:
    """Who fetches pictures; idle until asked. `say` hears what is no picture's fault."""
    manners, images = manners_of(settings), settings.images
    replica = traffic.loopback(settings.site.replica) if settings.site.replica else None
    agent = await asyncio.to_thread(user_agent, settings)
    with ThreadPoolExecutor(PICTURE_THREADS, thread_name_prefix="pictures") as books:

        def open_fetcher(name: str) -> Fetcher:
            try:
                profile = manners.profile(name)
            except ProfileError as error:
                raise PictureFailed(Failure.NO_PROFILE, str(error)) from error
            gate = picture_gate(engine, manners.pace, realm=manners.realm, egress=profile.egress)
            return Fetcher(
                Way(proxy=profile.proxy, replica=replica),
                user_agent=agent,
                max_bytes=images.max_bytes,
                turns=PictureTurns(gate, books),
            )

        async with Studio(benches=DECODERS, form=images.format, quality=images.quality) as studio:
            means = Means(
                engine=engine,
                shelf=shelf_of(settings),
                studio=studio,
                books=books,
                open_fetcher=open_fetcher,
                form=images.format,
                say=say,
            )
            async with PictureWork(means) as work:
                yield work


@asynccontextmanager
async def _pictures_beside(
    settings: Settings, engine: Engine, tell: Callable[[Event], None]
) -> AsyncIterator[PictureWork | None]:
    """Pictures being fetched in the background, if that is wanted."""
    if not settings.images.fetch:
        yield None
        return

    def say(sentence: str) -> None:
        tell(Event(at=datetime.now(UTC), name="pictures", word="retry", text=sentence))

    async with open_pictures(settings, engine, say=say) as work:
        work.start()
        yield work


@asynccontextmanager
async def open_runtime(
    settings: Settings, engine: Engine, *, tell: Callable[[Event], None]
) -> AsyncIterator[Runtime]:
    """A runtime with its browsers open; closed in order on the way out. Raises EngineMissing."""
    alerts, tell = alerts_of(settings), noted(tell)
    size, owner = settings.browser.contexts, owner_name()
    threads = BOOK_THREADS.get(engine.dialect.name, MOST_BOOK_THREADS)
    pool = BrowserPool(launch_of(settings), size=size, limits=limits_of(settings, tell))
    with (
        journal_of(settings, owner) as journal,
        archive_of(settings, engine) as archive,
        courier_of(settings, engine) as courier,
        ThreadPoolExecutor(threads, thread_name_prefix="books") as books,
    ):
        await pool.open()
        try:
            async with _pictures_beside(settings, engine, tell) as pictures:
                yield Runtime(
                    engine=engine,
                    pool=pool,
                    slots=size,
                    books=books,
                    evidence=Evidence(folder=settings.data_dir / "evidence"),
                    manners=manners_of(settings),
                    owner=owner,
                    loading=Loading(settings.browser.mode),
                    dwell=settings.browser.dwell,
                    deadline=settings.run.deadline_seconds,
                    lease_seconds=settings.run.lease_seconds,
                    archive=archive,
                    journal=journal,
                    alerts=alerts,
                    courier=courier,
                    pictures=pictures,
                    canaries=canaries_of(settings),
                    tell=tell,
                )
        finally:
            await pool.close()
