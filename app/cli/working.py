"""How a command gets a run worked on, here or by workers with Redis between; and its report."""

import json
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

import typer

from app.cli import exits
from app.cli.errors import UsageError

if TYPE_CHECKING:
    from redis import Redis
    from sqlalchemy import Engine

    from app.runs.counts import Counts
    from app.runs.states import Run
    from app.settings import Settings
    from browsers.values import PoolStatus

Replica = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Ask this local 1688 instead of the site.")
]
Contexts = Annotated[int | None, typer.Option("--contexts", "-c", help="Browser contexts at once.")]
Mode = Annotated[str | None, typer.Option(help="How pages are loaded: natural, mixed or lean.")]
Shown = Annotated[str, typer.Option("--progress", help="auto, tui, plain, jsonl or none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the run report as JSON.")]
Detach = Annotated[
    bool, typer.Option("--detach", help="Leave it to the workers; print the run's number.")
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Stay with a parked run until it may go on by itself.")
]
Here = Annotated[bool, typer.Option("--here", help="Work in this process even with Redis.")]
Priority = Annotated[str, typer.Option(help="Among the workers' runs: high, default or low.")]
LimitOffers = Annotated[
    int | None, typer.Option("--limit", min=1, help="Pause after so many offers (exit 8).")
]
LimitTime = Annotated[
    str | None, typer.Option("--time-limit", metavar="30m", help="Pause after so long (exit 8).")
]
LimitFailures = Annotated[
    int | None, typer.Option("--max-failures", min=1, help="Pause after so many failures (exit 8).")
]

_log = logging.getLogger(__name__)

WORDS = {
    "--progress": ("auto", "tui", "plain", "jsonl", "none"),
    "--priority": ("high", "default", "low"),
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How a person wants a run worked on and shown. Raises UsageError for unknown words."""

    progress: str = "auto"
    as_json: bool = False
    detach: bool = False
    here: bool = False
    priority: str = "default"
    wait: bool = False

    def __post_init__(self) -> None:
        check_word("--progress", self.progress)
        check_word("--priority", self.priority)
        if self.detach and self.here:
            raise UsageError("--detach and --here exclude each other: workers do it, or we here")


def check_word(option: str, word: str) -> None:
    """Refuse a word that the option does not know."""
    if word not in WORDS[option]:
        raise UsageError(f"{option} {word}: choose one of {', '.join(WORDS[option])}")


def seconds_of(text: str | None) -> float | None:
    """`90`, `90s`, `30m`, `2h`, `1d` as seconds. Raises UsageError."""
    if text is None:
        return None
    number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "s")
    try:
        found = float(number) * UNITS[unit]
    except ValueError:
        found = 0.0
    if not 0 < found < 10 * 365 * 86400:
        raise UsageError(f"{text} is no time; write 90s, 30m, 2h or 1d")
    return found


def check_workers(settings: "Settings", way: Way) -> None:
    """Refuse to leave a run to workers that there cannot be."""
    if way.detach and not settings.redis_url:
        raise UsageError("--detach needs workers: set redis_url, and start `pwsync worker`")


def put_limits(
    engine: "Engine", run_id: int, offers: int | None, time: str | None, failures: int | None
) -> None:
    """Bound a run from now on; without limits its old ones go."""
    from app.runs.limits import Limits, put

    put(engine, run_id, Limits(offers=offers, seconds=seconds_of(time), failures=failures))


def work(settings: "Settings", engine: "Engine", run: "Run", way: Way) -> int:
    """Get a run worked on, show it, print its report; the exit code."""
    from app.runs.outcomes import CLOSED

    if run.state in CLOSED and not way.detach:  # all of it was skipped
        return report(engine, run.id, as_json=way.as_json)
    if not settings.redis_url or way.here:
        return _work_here(settings, engine, run, way)
    connection = ring(settings, run, way.priority)
    if way.detach:
        typer.echo(run.id)
        return 0
    return follow(engine, connection, run, way)


def ring(settings: "Settings", run: "Run", priority: str) -> "Redis | None":
    """Tell the workers of a run. Redis may be away: they find the run when it is back."""
    from app.jobs import doorbell

    try:
        connection = doorbell.connect(settings.redis_url or "")
        doorbell.ring(connection, run.id, priority=priority, label=run.label)
    except doorbell.RedisUnavailable as error:
        say(f"{error}; run {run.id} is opened and begins when a worker finds it")
        return None
    return connection


def follow(engine: "Engine", connection: "Redis | None", run: "Run", way: Way) -> int:
    """Watch a run that workers work on, until it is over or the person leaves."""
    from rich.console import Console

    from app.monitor.keys import keys
    from app.monitor.progress import Follower, Progress, choose
    from app.monitor.watch import Watch

    left = threading.Event()
    watch = Watch(engine, run.id, pools=lambda: pools(connection, run.id), waits=way.wait)
    console = Console(stderr=True)
    shown = choose(cast("Progress", way.progress), console)
    wants = _Wants()
    follower = Follower(
        console=console, picture=watch.picture, progress=shown, asked=wants.was_asked
    )

    def pressed(key: str) -> None:
        if key in "qQ":
            left.set()

    reader = keys(pressed) if shown == "tui" else nullcontext()
    try:
        with wants.signals(), reader:
            follower.follow(lambda seconds: left.wait(seconds) or not watch.is_live)
    except KeyboardInterrupt:
        left.set()
    if left.is_set():
        say(f"run {run.id} goes on; `pwsync top {run.id}` watches it again")
        return wants.code
    return report(engine, run.id, as_json=way.as_json)


class _Wants:
    """What signals asked of a command that only watches."""

    def __init__(self) -> None:
        self.code = 0
        """Exit code of leaving: 0 for q and Ctrl-C, 143 for SIGTERM."""
        self._asked = False

    def was_asked(self) -> bool:
        """Whether SIGUSR1 asked for a picture; true once."""
        asked, self._asked = self._asked, False
        return asked

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Heed SIGUSR1 and SIGTERM; the latter leaves as Ctrl-C does, the screen in order."""

        def ask(*_: object) -> None:
            self._asked = True

        def leave(*_: object) -> None:
            self.code = exits.TERMINATED
            raise KeyboardInterrupt

        wanted = {signal.SIGUSR1: ask, signal.SIGTERM: leave}
        before = {number: signal.signal(number, act) for number, act in wanted.items()}
        try:
            yield
        finally:
            for number, act in before.items():
                signal.signal(number, act)


def pools(connection: "Redis | None", run_id: int) -> "list[PoolStatus]":
    """The pools of the workers that are at this run."""
    if connection is None:
        return []
    from app.jobs import beacons, doorbell

    try:
        return [beacon.pool for beacon in beacons.seen(connection) if beacon.run_id == run_id]
    except doorbell.RedisUnavailable:
        return []


def report(engine: "Engine", run_id: int, *, as_json: bool) -> int:
    """Print a run's report; the exit code it stands for."""
    from rich.console import Console

    from app.cli import reporting
    from app.cli.live import exit_code
    from app.runs.counts import counts, reasons
    from app.services.reports import as_document

    found, why = counts(engine, run_id), reasons(engine, run_id)
    if as_json:
        typer.echo(json.dumps(as_document(found, why), ensure_ascii=False))
    else:
        Console().print(reporting.report(found, why))
    return exit_code(found, None)


def _work_here(settings: "Settings", engine: "Engine", run: "Run", way: Way) -> int:
    from rich.console import Console

    from app.cli import reporting
    from app.cli.live import LiveRun, exit_code
    from app.monitor.progress import Progress
    from app.noting import begin_log
    from app.runs.counts import reasons
    from app.services.reports import as_document

    begin_log(settings, "sync")
    live = LiveRun(settings, engine, run.id, waits=way.wait)
    found: Counts = live.work(cast("Progress", way.progress), Console(stderr=True))
    why = reasons(engine, run.id)
    if way.as_json:
        typer.echo(json.dumps(as_document(found, why), ensure_ascii=False))
    else:
        Console().print(reporting.report(found, why, last=live.picture()))
    return exit_code(found, live.signal)


def say(sentence: str) -> None:
    """Tell a person something that is not the command's output; the log hears it, too."""
    _log.info("%s", sentence)
    typer.echo(f"pwsync: {sentence}", err=True)
