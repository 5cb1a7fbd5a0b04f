"""One running browser: how it is started, what it is asked, and how it surely ends.

A `Chromium` is a Playwright driver, its browser and a scratch folder, all its own. It knows the
processes it consists of and can be killed when it no longer answers. Slots and leases are not here.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Playwright,
    StorageState,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from browsers import identity, traffic, tree
from browsers.engine import Engine, find_engine
from browsers.errors import BrowserLost, EngineMissing
from browsers.relay import Relay
from browsers.scratch import Scratch, sweep
from browsers.values import Launch

Storage = dict[str, Any]
"""Cookies and local storage in Playwright's form."""

_DRIVER_ENVIRONMENT = threading.Lock()
"""The driver copies our environment, which belongs to all threads: one start at a time."""
_REPLICA_PATIENCE = 5.0
_WIND_UP = 5.0


class Context(Protocol):
    """What the pool knows of a browser context."""

    async def close(self) -> None: ...
    async def cookies(self) -> Any: ...
    async def storage_state(self) -> Any: ...


class Browser(Protocol):
    """What the pool knows of a running browser; `launch.Chromium` is one, `testing` has another."""

    name: str
    on_lost: Callable[[], None]

    @property
    def is_alive(self) -> bool: ...
    @property
    def open_contexts(self) -> int: ...
    async def open_context(self, storage: Storage | None = None) -> Context: ...
    async def answers(self, *, within: float) -> bool: ...
    def blame(self) -> bool: ...
    def condemn(self) -> None: ...
    def kill(self) -> None: ...
    def weigh(self, limit_mib: int) -> int: ...
    async def close(self, *, within: float) -> None: ...


Launcher = Callable[[Launch], Awaitable[Browser]]


def sandboxed(wanted: bool | None = None) -> bool:
    """Whether Chromium's sandbox is on: as wanted, else unless we are root, whom it refuses."""
    return os.geteuid() != 0 if wanted is None else wanted


async def start(launch: Launch) -> "Chromium":
    """Start a browser.

    Raises EngineMissing if there is none to start, BrowserLost if it did not start this time and
    ValueError for a replica that is not on this machine.
    """
    if launch.replica:
        traffic.loopback(launch.replica)
    engine = await asyncio.to_thread(find_engine, launch.executable, headless=launch.headless)
    trust = await asyncio.to_thread(_replica_pin, launch.replica) if launch.replica else None
    await asyncio.to_thread(sweep, launch.scratch)
    relay = await _open_relay(launch)
    arguments = [
        *identity.arguments(engine.version),
        *traffic.arguments(launch.replica, relay.port if relay else None),
        *([f"--ignore-certificate-errors-spki-list={trust}"] if trust else []),
    ]
    scratch = Scratch(launch.scratch)
    driver = asyncio.ensure_future(_start_driver(scratch))
    try:
        return await _start_browser(driver, launch, engine, arguments, scratch=scratch, relay=relay)
    except Exception as error:
        await _give_up(driver, scratch, relay)
        raise BrowserLost(f"{engine} did not start: {error}", charged=False) from error
    except BaseException:  # cancelled
        await _give_up(driver, scratch, relay)
        raise


async def _open_relay(launch: Launch) -> Relay | None:
    if launch.proxy is None:
        return None
    relay = Relay(launch.proxy, launch.replica)
    await relay.open()
    return relay


async def _give_up(
    driver: asyncio.Future[Playwright], scratch: Scratch, relay: Relay | None
) -> None:
    """End a start in whichever state it is."""
    if relay is not None:
        await relay.close()
    _kill_all(scratch.members())
    await asyncio.wait([driver], timeout=_WIND_UP)
    members = scratch.members()
    _kill_all(members)
    has_driver = driver.done() and not driver.cancelled() and not driver.exception()
    await _wind_up(driver.result() if has_driver else None, members, scratch)


async def _start_driver(scratch: Scratch) -> Playwright:
    async with _temporary_folder(scratch.path):
        return await async_playwright().start()


async def _start_browser(
    starting: asyncio.Future[Playwright],
    launch: Launch,
    engine: Engine,
    arguments: list[str],
    *,
    scratch: Scratch,
    relay: Relay | None,
) -> "Chromium":
    driver = await asyncio.shield(starting)  # a cancelled start could not be stopped by anybody
    browser = await driver.chromium.launch(
        executable_path=engine.path,
        args=arguments,
        headless=launch.headless,
        chromium_sandbox=sandboxed(launch.sandbox),
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
    )
    return Chromium(
        engine=engine,
        driver=driver,
        browser=browser,
        monitor=await browser.new_browser_cdp_session(),
        scratch=scratch,
        stealth=launch.stealth,
        relay=relay,
    )


@contextlib.asynccontextmanager
async def _temporary_folder(folder: Path) -> AsyncIterator[None]:
    """The driver puts profiles where TMPDIR says and takes no other word for it."""
    while not _DRIVER_ENVIRONMENT.acquire(blocking=False):  # noqa: ASYNC110 - other loops hold it
        await asyncio.sleep(0.02)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        _DRIVER_ENVIRONMENT.release()


def _replica_pin(replica: str) -> str:
    """SHA-256 of the public key that the replica shows right now, as Chromium wants it."""
    try:
        shown = ssl.get_server_certificate(traffic.loopback(replica), timeout=_REPLICA_PATIENCE)
    except OSError as error:
        raise EngineMissing(
            f"No replica answers at {replica} ({error}). Start one:  pwsync replica"
        ) from error
    key = x509.load_pem_x509_certificate(shown.encode()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


class Chromium:
    """A browser that runs. Its owner calls `close` in the end, whatever happened to it."""

    def __init__(
        self,
        *,
        engine: Engine,
        driver: Playwright,
        browser: PlaywrightBrowser,
        monitor: CDPSession,
        scratch: Scratch,
        stealth: bool,
        relay: Relay | None,
    ) -> None:
        self.name = str(engine)
        self.on_lost: Callable[[], None] = lambda: None
        self._driver = driver
        self._browser = browser
        self._monitor = monitor
        self._scratch = scratch
        self._stealth = stealth
        self._relay = relay
        self._roots = tuple(member for member in scratch.members() if _is_vital(member))
        self._condemned = False
        self._blamed = False
        self._scale = tree.Scale()
        browser.on("disconnected", lambda _: self.on_lost())

    @property
    def is_alive(self) -> bool:
        # A driver that was killed leaves `is_connected()` true, hence the look at the processes.
        return (
            not self._condemned
            and self._browser.is_connected()
            and all(root.is_alive for root in self._roots)
        )

    @property
    def open_contexts(self) -> int:
        """How many contexts it has, whoever knows of them."""
        return len(self._browser.contexts)

    async def open_context(self, storage: Storage | None = None) -> BrowserContext:
        context = await self._browser.new_context(
            accept_downloads=False,
            service_workers="block",
            storage_state=cast("StorageState | None", storage),
            **identity.context_options(),
        )
        if self._stealth:
            await context.add_init_script(identity.stealth_script())
        return context

    async def answers(self, *, within: float) -> bool:
        """Ask the browser a small thing; False if it is dead, stopped or too busy to say."""
        if not self.is_alive:
            return False
        try:
            async with asyncio.timeout(within):
                await self._monitor.send("Browser.getVersion")
        except (PlaywrightError, TimeoutError):
            return False
        return True

    def blame(self) -> bool:
        """True for the first who asks: one page pays for a browser's death, no neighbour does."""
        first, self._blamed = not self._blamed, True
        return first

    def condemn(self) -> None:
        """End it by our own decision, for which no page pays."""
        self._blamed = True
        self.kill()

    def kill(self) -> None:
        """SIGKILL every process of it. Safe from any thread and any number of times."""
        self._condemned = True
        _kill_all(tree.family(self._roots))

    def members(self) -> tuple[tree.Member, ...]:
        return tree.family(self._roots)

    def weigh(self, limit_mib: int) -> int:
        """PSS of the process tree in MiB; a renderer above half the limit is killed on the way.

        Its page crashes and pays for it, which beats losing the browser, or the machine. Blocks
        for some milliseconds: call it off the loop.
        """
        members = self.members()
        for member in members:
            if member.private_kib() > limit_mib * 512 and "--type=renderer" in member.command():
                member.kill()
        return self._scale.weigh(members)

    async def close(self, *, within: float) -> None:
        """End it politely within that many seconds, or else by force; nothing is left behind."""
        members = self.members()
        try:
            if self.is_alive:
                with contextlib.suppress(PlaywrightError, TimeoutError):
                    async with asyncio.timeout(within):
                        await self._browser.close()
        finally:
            self.kill()
            if self._relay is not None:
                await self._relay.close()
            await _wind_up(self._driver, members, self._scratch)


async def _wind_up(
    driver: Playwright | None, members: tuple[tree.Member, ...], scratch: Scratch
) -> None:
    """After the killing: let Playwright's own tasks end, wait for the dead, clear the folder."""
    try:
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_WIND_UP):
                if driver is not None:
                    await driver.stop()
                while any(member.is_alive for member in members):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.01)
    finally:
        scratch.remove()


def _is_vital(member: tree.Member) -> bool:
    """Whether it is the driver or the browser itself (or a wrapper script round it)."""
    command = member.command()
    is_browser = "--remote-debugging-pipe" in command and " --type=" not in command
    return is_browser or command.endswith(" run-driver")


def _kill_all(members: tuple[tree.Member, ...]) -> None:
    for member in members:
        member.kill()
