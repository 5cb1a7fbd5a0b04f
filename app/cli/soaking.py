"""A soak from settings to its report: what is made, who watches, what is said in the end."""

import json
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import typer
from redis import Redis
from rich.console import Console
from rich.live import Live
from sqlalchemy import Engine

from app import wiring
from app.cli import exits
from app.jobs.doorbell import open_client
from app.monitor.progress import FRAME_SECONDS, PLAIN_SECONDS, Progress, choose
from app.replica.serve import Replica
from app.runs.states import Run
from app.services.profiles import end_rest
from app.settings import Settings
from app.soak import screen
from app.soak.evidence import Evidence
from app.soak.gates import Verdict
from app.soak.kin import Kin
from app.soak.place import Place
from app.soak.report import Left, Report, report_of
from app.soak.rounds import Plan, Rounds
from app.soak.sample import Sampler
from app.soak.samples import Samples, read
from app.soak.screen import View

DEATH_SECONDS = 5.0
LOOK_SECONDS = 0.1
NO_END = 10**9
"""Pages of a plan that ends with the time."""


class Soaking:
    """One soak: made, worked on in a thread while this one shows it, and judged."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        site: Replica,
        plan: Plan,
        *,
        place: Place,
        mark: str,
        faulty: bool,
    ) -> None:
        self.signal: int | None = None
        """The first signal that asked to stop, if any did."""
        self._settings, self._engine, self._plan, self._place = settings, engine, plan, place
        self._faulty = faulty
        self._began = time.monotonic()
        self._samples = Samples(path=place.samples)
        self._kin = Kin(mark=mark, aside=(site.pid,))
        self._rounds = Rounds(
            plan,
            engine,
            site,
            open_runtime=lambda tell: wiring.open_runtime(settings, engine, tell=tell),
            go_on=self._go_on,
            sampled=lambda: self._samples.add(self._sampler.take()),
        )
        self._sampler = Sampler(
            kin=self._kin,
            pages=self._rounds.pages,
            pulse=self._rounds.pulse,
            pool=self._rounds.kept.status,
            engine=engine,
            redis=_redis_of(settings),
            scratch=place.scratch,
            kept=place.kept,
        )

    def _go_on(self, run: Run) -> None:
        """As a person does who looked at the site. The run's profile rests no more."""
        end_rest(self._engine, wiring.manners_of(self._settings), run)

    def work(self, progress: str) -> Report:
        """Soak and judge. Raises what a drain raises."""
        console = Console(stderr=True)
        with ThreadPoolExecutor(1, thread_name_prefix="soak") as thread, self._signals():
            task = thread.submit(self._rounds.work)
            try:
                self._show(task, console, choose(cast("Progress", progress), console))
            finally:
                self._rounds.stop()
            task.result()
        return self._judged()

    def _show(self, task: "Future[None]", console: Console, progress: Progress) -> None:
        if progress == "tui":
            with Live(console=console, auto_refresh=False, redirect_stdout=False) as live:
                while not wait([task], FRAME_SECONDS).done:
                    live.update(screen.render(self._view(), width=console.width), refresh=True)
            return
        while not wait([task], PLAIN_SECONDS).done:
            if progress == "plain":
                console.print(screen.plain(self._view()), highlight=False, soft_wrap=True)

    def _view(self) -> View:
        pages, seconds = self._rounds.pages.number, time.monotonic() - self._began
        bounded = self._plan.pages < NO_END
        return View(
            done=max(pages / self._plan.pages, seconds / self._plan.seconds),
            pages=pages,
            of=self._plan.pages if bounded else 0,
            seconds=seconds,
            newest=self._samples.newest,
            memory=tuple(self._samples.memory),
            rates=tuple(self._samples.rates),
        )

    def _judged(self) -> Report:
        browser = self._settings.browser
        evidence = Evidence(
            samples=list(read(self._samples.path)), contexts=browser.contexts, mode=browser.mode
        )
        return report_of(
            evidence,
            self._rounds.tally,
            self._engine,
            journal=self._place.journal,
            left=self._left(),
            faulty=self._faulty,
            seconds=time.monotonic() - self._began,
        )

    def _left(self) -> Left:
        """What is still there a moment after all was closed."""
        until = time.monotonic() + DEATH_SECONDS
        while (programs := self._kin.left()) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        folders = sum(1 for one in self._place.scratch.iterdir() if one.is_dir())
        return Left(folders=folders, programs=programs)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """The first lets the pages in flight finish; a second one ends it at once."""

        def stop(number: int, _: object) -> None:
            if self.signal is not None:
                raise KeyboardInterrupt
            self.signal = number
            self._rounds.stop()

        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, stop) for number in wanted}
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)


def _redis_of(settings: Settings) -> Redis | None:
    """Only to be weighed."""
    return open_client(settings.redis_url) if settings.redis_url else None


def tell(found: Report, folder: Path, *, as_json: bool, signal: int | None) -> int:
    """Write and print the report; the exit code. What was synced stays only if something failed."""
    document = json.dumps(found.as_json(), indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(document + "\n", encoding="utf-8")
    if as_json:
        typer.echo(document)
    else:
        Console().print(screen.report(found))
    if found.verdict is Verdict.FAIL:
        typer.echo(f"pwsync: all of it is kept in {folder}", err=True)
    else:
        shutil.rmtree(folder / "data")
    return _code_of(found, signal)


def _code_of(found: Report, signal: int | None) -> int:
    if not found.balances:
        return exits.UNBALANCED
    if found.verdict is Verdict.FAIL:
        return exits.LIMIT
    return exits.GOOD if signal is None else 128 + signal
