"""Pictures being fetched while somebody watches: bars, signals, the report and its exit code."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from app.cli import exits
from app.cli.working import say

if TYPE_CHECKING:
    from rich.progress import Progress
    from sqlalchemy import Engine

    from app.images.rows import Scope
    from app.images.work import Fetched
    from app.settings import Settings

BATCH = 50
"""Offers or pictures of one transaction."""
TOLD = 20
"""Failures that are told one by one."""


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


@contextmanager
def bar(label: str, total: int | None) -> "Iterator[tuple[Progress, Any]]":
    """A bar on standard error; none without a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield progress, progress.add_task(label, total=total)


class Fetching:
    """One `images fetch`."""

    def __init__(self, settings: "Settings", engine: "Engine", scope: "Scope") -> None:
        self._settings = settings
        self._engine = engine
        self._scope = scope
        self._queued = 0
        self._had: list[Fetched] = []
        self._new = self._bytes = 0
        self._failed: list[Fetched] = []
        self._why_not = ""
        self._signal: int | None = None

    def go(self, *, missing: bool, failed: bool) -> int:
        """Queue, fetch; the exit code. Raises StoreError, ShelfFailed."""
        from app.images.fetch import NotNow

        self._queue(missing=missing, failed=failed)
        try:
            asyncio.run(self._fetch())
        except NotNow as error:
            self._why_not = str(error)
            return exits.PARKED
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 128 + (self._signal or signal.SIGINT)
        return exits.SOME_FAILED if self._failed else exits.GOOD

    def _queue(self, *, missing: bool, failed: bool) -> None:
        """See that all addresses that are meant are known."""
        from functools import partial

        from app.images import rows
        from app.store.engine import consult, transact

        offers = consult(self._engine, partial(rows.offers_in, scope=self._scope))
        profile = self._settings.site.profile
        with bar("looking through offers", len(offers)) as (progress, task):
            for start in range(0, len(offers), BATCH):
                some = offers[start : start + BATCH]
                queue = partial(rows.queue_all, offer_ids=some, profile=profile)
                self._queued += transact(self._engine, queue)
                progress.advance(task, len(some))
        if failed:
            transact(self._engine, partial(rows.ask_again, scope=self._scope))
        if missing:
            self._ask_again_for_lost()

    def _ask_again_for_lost(self) -> None:
        from functools import partial

        from app.images import checks, rows
        from app.places import shelf_of
        from app.store.engine import transact

        with bar("looking for files", checks.count(self._engine)) as (progress, task):
            found = checks.flaws(
                self._engine,
                shelf_of(self._settings),
                hashes=False,
                looked=lambda number: progress.advance(task, number),
            )
            lost = sorted({flaw.sha256 for flaw in found})
        for start in range(0, len(lost), BATCH):
            some = lost[start : start + BATCH]
            transact(self._engine, partial(rows.ask_again, scope=self._scope, sha256=some))

    async def _fetch(self) -> None:
        from functools import partial

        from app.images import holdings
        from app.store.engine import consult
        from app.wiring import open_pictures

        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end, task)
        totals = consult(self._engine, partial(holdings.totals, scope=self._scope))
        async with open_pictures(self._settings, self._engine, say=say) as work:
            with bar("fetching pictures", totals.get("waiting", 0)) as (progress, shown):

                def tell(fetched: "Fetched") -> None:
                    self._note(fetched)
                    progress.advance(shown)
                    row = progress.tasks[0]
                    if row.completed > (row.total or 0):  # descriptions bring more
                        progress.update(shown, total=row.completed)

                await work.through(self._scope, tell)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._signal = signal.SIGTERM
        task.cancel()

    def _note(self, fetched: "Fetched") -> None:
        if fetched.failure:
            self._failed.append(fetched)
            return
        self._had.append(fetched)
        self._new += fetched.is_new
        self._bytes += fetched.bytes

    def report(self, *, as_json: bool) -> None:
        """What came of it."""
        from functools import partial

        from app.images import holdings
        from app.store.engine import consult

        totals = consult(self._engine, partial(holdings.totals, scope=self._scope))
        told: dict[str, Any] = {
            "queued": self._queued,
            "requested": len(self._had) + len(self._failed),
            "fetched": len(self._had),
            "new": self._new,
            "bytes": self._bytes,
            "failed": len(self._failed),
            "waiting": totals.get("waiting", 0),
            "given_up": totals.get("failed", 0),
            "failures": consult(self._engine, partial(holdings.failures, scope=self._scope)),
            "why_not_now": self._why_not or None,
        }
        if as_json:
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            self._tell(told)

    def _tell(self, told: dict[str, Any]) -> None:
        from app.refs import plain

        for one in self._failed[:TOLD]:
            then = f"; tried again in {one.again / 60:.0f} min" if one.again else "; given up"
            say(plain(f"{one.url} {one.text}{then}"))
        if (more := len(self._failed) - TOLD) > 0:
            say(f"… and {more:,} more")
        if self._why_not:
            say(f"{plain(self._why_not)}; `pwsync images fetch` goes on later")
        typer.echo(
            f"{told['fetched']:,} fetched ({megabytes(self._bytes)}), {told['new']:,} of them new, "
            f"{told['failed']:,} failed; "
            f"{told['waiting']:,} wait, {told['given_up']:,} were given up"
        )
