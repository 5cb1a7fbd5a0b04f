"""`pwsync sync` and `pwsync resume`: offers in, rows out, seen live."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.refs import Intake
    from app.runs.states import Run
    from app.settings import Settings

Replica = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Ask this local 1688 instead of the site.")
]
Contexts = Annotated[int | None, typer.Option("--contexts", "-c", help="Browser contexts at once.")]
Mode = Annotated[str | None, typer.Option(help="How pages are loaded: natural, mixed or lean.")]
Shown = Annotated[str, typer.Option("--progress", help="auto, tui, plain, jsonl or none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the run report as JSON.")]


def sync(
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="REF...", help="Offer URLs or ids.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="FILE", help="A ref a line; - is stdin."),
    ] = None,
    replica: Replica = None,
    contexts: Contexts = None,
    mode: Mode = None,
    progress: Shown = "auto",
    new: Annotated[
        bool, typer.Option("--new", help="Open a new run even if the same one is unfinished.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring offers into the database: REF..., -i FILE, -i -.

    Running the same input again goes on with the run that was not finished. Exit code 0: all stored
    or seen gone; 3: some failed, were invalid or unreadable; 4 or 5: parked, the site asks for a
    login or has blocked us; 130: stopped by Ctrl-C, nothing lost.
    """
    from app.settings import load
    from app.wiring import open_database

    check_progress(progress)
    intake = _read(refs or [], inputs or [])
    settings = load(flags(replica, contexts, mode))
    engine = open_database(settings)
    try:
        run = open_or_continue(settings, engine, intake, new=new)
        raise typer.Exit(work(settings, engine, run.id, progress=progress, as_json=as_json))
    finally:
        engine.dispose()


def resume(
    run: Annotated[int, typer.Argument(help="Number of the run.")],
    replica: Replica = None,
    contexts: Contexts = None,
    mode: Mode = None,
    progress: Shown = "auto",
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was stopped, killed, paused or parked."""
    from app.runs import states
    from app.settings import load
    from app.wiring import open_database

    check_progress(progress)
    settings = load(flags(replica, contexts, mode))
    engine = open_database(settings)
    try:
        found = states.resume(engine, run)
        settings = _as_opened(settings, found)
        raise typer.Exit(work(settings, engine, run, progress=progress, as_json=as_json))
    finally:
        engine.dispose()


def flags(replica: str | None, contexts: int | None, mode: str | None) -> dict[str, Any]:
    """Command-line flags in the shape of the settings."""
    return {"site": {"replica": replica}, "browser": {"contexts": contexts, "mode": mode}}


def open_or_continue(
    settings: "Settings", engine: "Engine", intake: "Intake", *, new: bool = False, label: str = ""
) -> "Run":
    """The unfinished run with exactly this input, or a new one."""
    from app.runs import states
    from app.runs.opening import open_run

    options = {"input": _fingerprint(intake), "replica": settings.site.replica is not None}
    same = (run for run in states.find_unfinished(engine) if run.options == options)
    if not new and (found := next(same, None)):
        say(f"going on with run {found.id}, which was not finished (--new opens another)")
        return states.resume(engine, found.id)
    return open_run(
        engine,
        intake,
        kind="refs",
        label=label or f"{len(intake.accepted):,} offers",
        options=options,
        attempts=settings.run.attempts,
    )


def work(
    settings: "Settings", engine: "Engine", run_id: int, *, progress: str, as_json: bool
) -> int:
    """Work on a run here, show it, print its report; the exit code."""
    from typing import cast

    from rich.console import Console

    from app.cli import reporting
    from app.cli.live import LiveRun, exit_code
    from app.monitor.progress import Progress
    from app.runs.counts import reasons

    live = LiveRun(settings, engine, run_id)
    found = live.work(cast("Progress", progress), Console(stderr=True))
    why = reasons(engine, run_id)
    if as_json:
        import json

        typer.echo(json.dumps(reporting.as_json(found, why), ensure_ascii=False))
    else:
        Console().print(reporting.report(found, why, last=live.picture()))
    return exit_code(found, live.signal)


def say(sentence: str) -> None:
    """Tell a person something that is not the command's output."""
    typer.echo(f"pwsync: {sentence}", err=True)


def check_progress(progress: str) -> None:
    """Refuse a word that is no way to show progress."""
    known = ("auto", "tui", "plain", "jsonl", "none")
    if progress not in known:
        raise UsageError(f"--progress {progress}: choose one of {', '.join(known)}")


def _read(refs: list[str], inputs: list[str]) -> "Intake":
    from app.refs import OfferRef, read_refs

    if not refs and not inputs:
        raise UsageError("nothing to sync: name offers, or -i FILE with one a line (-i - is stdin)")
    for ref in refs:
        OfferRef.parse(ref)  # a typing error on the command line ends here, before a run is opened
    intake = read_refs([*refs, *(line for name in inputs for line in _lines(name))])
    for bad in intake.rejected:
        say(f"line {bad.line}: {bad.reason}")
    if not intake.accepted:
        raise UsageError("no line of the input names an offer")
    return intake


def _lines(name: str) -> list[str]:
    try:
        if name == "-":
            return sys.stdin.read().splitlines()
        return Path(name).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise UsageError(
            f"{name}: {reason}; give a file with one offer URL or id a line"
        ) from error


def _fingerprint(intake: "Intake") -> str:
    import hashlib

    ids = "\n".join(sorted(ref.offer_id for ref in intake.accepted))
    return hashlib.sha256(ids.encode()).hexdigest()[:32]


def _as_opened(settings: "Settings", run: "Run") -> "Settings":
    """A run of a replica is never continued on the real site, nor the other way round."""
    if bool(run.options.get("replica")) == (settings.site.replica is not None):
        return settings
    if settings.site.replica:
        raise UsageError(f"run {run.id} is of the real site; resume it without --replica")
    raise UsageError(f"run {run.id} is of a local 1688; add --replica 127.0.0.1:PORT")
