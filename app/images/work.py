"""Fetching what is due, some addresses at once, until nothing is: bytes in, files and rows out.

Nothing here holds a browser's slot or an item's lease. Whatever kills it, its addresses are due
again when their claims end, for the next run or `pwsync images fetch`.
"""

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Engine

from app.extract.base import ExtractError
from app.extract.description import description_images
from app.images import rows
from app.images.failures import Failure, PictureFailed
from app.images.fetch import Fetcher, NotNow
from app.images.files import Shelf, ShelfFailed, place
from app.images.picture import Picture
from app.images.plan import Kind
from app.images.rows import EVERYTHING, Known, Scope, Source
from app.images.studio import Studio
from app.store.engine import StoreError, consult, transact

T = TypeVar("T")

AT_ONCE = 4
LEASE_SECONDS = 300.0
"""Longer than any picture takes: a claim that ends while somebody works costs a second request."""
LOOK_SECONDS = 5.0
"""How often is looked for what became due by itself."""
AWAY_SECONDS = 15.0
"""After the database or the folder failed, or while the hosts are not to be asked."""

OpenFetcher = Callable[[str], Fetcher]
"""Makes the fetcher of a profile's way out. Raises PictureFailed for a profile nobody knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What came of one address, for whoever watches."""

    url: str
    kind: Kind
    failure: Failure | None = None
    text: str = ""
    """Why it was not had; may quote the site, so it is escaped where it is shown."""
    again: float | None = None
    """Seconds to the next try."""
    bytes: int = 0
    """Of the original."""
    is_new: bool = False
    """Whether nobody had this picture before."""


def _tell_nobody(_: Fetched) -> None:
    """The default listener."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What pictures are fetched, made and kept with."""

    engine: Engine
    shelf: Shelf
    studio: Studio
    books: Executor
    """Threads for the database and the files."""
    open_fetcher: OpenFetcher
    form: str = "webp"
    say: Callable[[str], None] = field(default=lambda _: None)
    """Tells a person what is nobody's picture's fault."""


class PictureWork:
    """`async with PictureWork(means) as work`: `through()` once, or `start()` and `finish()`."""

    def __init__(self, means: Means, *, at_once: int = AT_ONCE) -> None:
        self._means = means
        self._at_once = at_once
        self._stack = AsyncExitStack()
        self._fetchers: dict[str, Fetcher] = {}
        self._flights: dict[asyncio.Task[None], Source] = {}
        self._claim: asyncio.Future[list[Source]] | None = None
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._round = asyncio.Condition()
        self._asked = self._done = 0
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._stack.aclose()

    # In the background

    def start(self) -> None:
        """Fetch what is due from now on, beside whatever else goes on."""
        self._keeper = asyncio.create_task(self._keep_on())

    def wake(self) -> None:
        """Something became due."""
        self._news.set()

    async def finish(self) -> None:
        """Wait until nothing is due that was due when this was called."""
        async with self._round:
            self._asked += 1
            mine = self._asked
            self._news.set()
            await self._round.wait_for(lambda: self._done >= mine)

    async def _keep_on(self) -> None:
        try:
            while True:
                self._news.clear()
                asked = self._asked
                await self._one_round()
                await self._tell_round(asked)
                await _wait(self._news, LOOK_SECONDS)
        except Exception as error:
            self._means.say(f"no more pictures are fetched: {type(error).__name__}: {error}")
            raise
        finally:  # nobody waits for one that ended
            await self._tell_round(sys.maxsize)

    async def _one_round(self) -> None:
        try:
            await self.through()
        except (StoreError, ShelfFailed, NotNow) as error:
            self._means.say(f"pictures wait: {error}")
            await asyncio.sleep(AWAY_SECONDS)

    async def _tell_round(self, asked: int) -> None:
        async with self._round:
            self._done = asked
            self._round.notify_all()

    # Through what is due

    async def through(
        self, scope: Scope = EVERYTHING, tell: Callable[[Fetched], None] = _tell_nobody
    ) -> None:
        """Fetch what is due, and what that makes due, until nothing is.

        Cancelled, it gives back what it claimed. Raises StoreError, ShelfFailed, NotNow.
        """
        async with self._turn:
            try:
                while await self._more(scope, tell):
                    await self._landed()
            finally:
                await asyncio.shield(self._give_back())

    async def _more(self, scope: Scope, tell: Callable[[Fetched], None]) -> bool:
        """Fill up what is in the air; False if there is nothing any more."""
        room = self._at_once - len(self._flights)
        claim = partial(rows.claim, count=room, lease_seconds=LEASE_SECONDS, scope=scope)
        for source in await self._claimed(claim) if room else ():
            flight = asyncio.create_task(self._fly(source, tell))
            self._flights[flight] = source
        return bool(self._flights)

    async def _claimed(self, claim: Callable[..., list[Source]]) -> list[Source]:
        # who is cancelled here leaves a thread that claims all the same: `_give_back` waits for it
        self._claim = asyncio.ensure_future(self._written(claim))
        await asyncio.wait([self._claim])
        return await self._claimed_last()

    async def _landed(self) -> None:
        done, _ = await asyncio.wait(self._flights, return_when=asyncio.FIRST_COMPLETED)
        for flight in done:
            flight.result()  # still among the flights if it failed: its address is given back
            del self._flights[flight]

    async def _give_back(self) -> None:
        flights, self._flights = self._flights, {}
        for flight in flights:
            flight.cancel()
        ended = await asyncio.gather(*flights, return_exceptions=True)
        told = zip(flights.values(), ended, strict=True)
        left = [source for source, error in told if error is not None]
        try:
            left += await self._claimed_last()
            if left:
                await self._written(rows.give_back, left)
        except StoreError as error:
            self._means.say(f"{error}; {len(left)} pictures are due again in some minutes")

    async def _claimed_last(self) -> list[Source]:
        claim, self._claim = self._claim, None
        return await claim if claim else []

    async def _fly(self, source: Source, tell: Callable[[Fetched], None]) -> None:
        try:
            fetcher = await self._fetcher(source.profile)
            content = await fetcher.fetch(source.kind, source.url)
            steps = {Kind.PICTURE: self._keep_picture, Kind.SCRIPT: self._keep_script}
            is_new = await steps[source.kind](source, content)
        except PictureFailed as error:
            again = await self._written(rows.settle_failure, source, error)
            told = Fetched(
                url=source.url, kind=source.kind, failure=error.word, text=str(error), again=again
            )
        else:
            told = Fetched(url=source.url, kind=source.kind, bytes=len(content), is_new=is_new)
        tell(told)

    async def _fetcher(self, profile: str) -> Fetcher:
        if profile not in self._fetchers:
            fetcher = self._means.open_fetcher(profile)
            self._fetchers[profile] = fetcher
            await self._stack.enter_async_context(fetcher)
        return self._fetchers[profile]

    async def _keep_script(self, source: Source, content: bytes) -> bool:
        try:
            urls = await self._aside(description_images, content)
        except ExtractError as error:
            raise PictureFailed(Failure.NOT_A_DESCRIPTION, str(error)) from error
        await self._written(rows.settle_script, source, urls)
        return True

    async def _keep_picture(self, source: Source, content: bytes) -> bool:
        """Keep a picture unless it is kept already; True if it was not."""
        sha256 = hashlib.sha256(content).hexdigest()
        # two addresses of one picture at the same moment: the second finds it kept
        lock = self._making.setdefault(sha256, asyncio.Lock())
        async with lock:
            known = await self._read(rows.known, sha256)
            is_new = known is None or not await self._aside(self._is_kept, known)
            if is_new or known is None:
                picture = await self._means.studio.develop(content)
                known = await self._aside(self._shelve, sha256, len(content), picture)
            await self._written(rows.settle_picture, source, known)
        return is_new

    def _is_kept(self, known: Known) -> bool:
        return all(self._means.shelf.size(path) == size for path, size, _ in known.files())

    def _shelve(self, sha256: str, length: int, picture: Picture) -> Known:
        form = self._means.form
        file, thumb = place(sha256, form=form), place(sha256, form=form, thumb=True)
        self._means.shelf.put(file, picture.body)
        self._means.shelf.put(thumb, picture.thumb)
        return Known(
            sha256=sha256,
            format=picture.format,
            bytes=length,
            width=picture.width,
            height=picture.height,
            dhash=picture.dhash,
            file=file,
            file_bytes=len(picture.body),
            file_sha256=hashlib.sha256(picture.body).hexdigest(),
            thumb=thumb,
            thumb_bytes=len(picture.thumb),
            thumb_sha256=hashlib.sha256(picture.thumb).hexdigest(),
        )

    # Blocking work, off the loop

    def _aside(self, work: Callable[..., T], *args: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._means.books, work, *args)

    async def _written(self, work: Callable[..., T], *args: object) -> T:
        def alone(conn: Connection) -> T:
            return work(conn, *args)

        return await self._aside(transact, self._means.engine, alone)

    async def _read(self, work: Callable[..., T], *args: object) -> T:
        def alone(conn: Connection) -> T:
            return work(conn, *args)

        return await self._aside(consult, self._means.engine, alone)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
