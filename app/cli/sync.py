"""`pwsync sync`, `resume` and `retry`: offers in, rows out, seen live."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import working
from app.cli.errors import Parked, UsageError
from app.cli.working import (
    AsJson,
    Contexts,
    Detach,
    Here,
    LimitFailures,
    LimitOffers,
    LimitTime,
    Mode,
    Priority,
    Replica,
    Shown,
    Way,
    say,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.refs import Intake
    from app.runs.states import Run
    from app.settings import Settings


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
    limit: LimitOffers = None,
    time_limit: LimitTime = None,
    max_failures: LimitFailures = None,
    progress: Shown = "auto",
    new: Annotated[
        bool, typer.Option("--new", help="Open a new run even if the same one is unfinished.")
    ] = False,
    detach: Detach = False,
    here: Here = False,
    priority: Priority = "default",
    as_json: AsJson = False,
) -> None:
    """Bring offers into the database: REF..., -i FILE, -i -.

    Running the same input again goes on with the run that was not finished. With a redis_url the
    workers do it and this command watches; without, it is done here.

    Exit code 0: all stored or seen gone; 3: some failed, were invalid or unreadable; 4 or 5:
    parked, the site asks for a login or has blocked us; 8: a limit was reached; 130: stopped by
    Ctrl-C, nothing lost.
    """
    from app.settings import load
    from app.wiring import open_database

    way = Way(progress=progress, as_json=as_json, detach=detach, here=here, priority=priority)
    working.seconds_of(time_limit)
    intake = _read(refs or [], inputs or [])
    settings = load(flags(replica, contexts, mode))
    working.check_workers(settings, way)
    engine = open_database(settings)
    try:
        run = open_or_continue(settings, engine, intake, new=new, priority=priority)
        working.put_limits(engine, run.id, limit, time_limit, max_failures)
        code = working.work(settings, engine, run, way)
    finally:
        engine.dispose()
    raise typer.Exit(code)


def resume(
    run: Annotated[int, typer.Argument(help="Number of the run.")],
    replica: Replica = None,
    contexts: Contexts = None,
    mode: Mode = None,
    limit: LimitOffers = None,
    time_limit: LimitTime = None,
    max_failures: LimitFailures = None,
    progress: Shown = "auto",
    detach: Detach = False,
    here: Here = False,
    priority: Annotated[
        str | None, typer.Option(help="high, default or low; as it was without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was stopped, killed, paused or parked."""
    from app.runs import states
    from app.settings import load
    from app.wiring import open_database

    way = Way(progress=progress, as_json=as_json, detach=detach, here=here)
    if priority is not None:
        working.check_word("--priority", priority)
    working.seconds_of(time_limit)
    settings = load(flags(replica, contexts, mode))
    working.check_workers(settings, way)
    engine = open_database(settings)
    try:
        _same_site(settings, states.read_run(engine, run))
        if priority is not None:
            states.set_option(engine, run, "priority", priority)
        found = states.resume(engine, run)
        working.put_limits(engine, run, limit, time_limit, max_failures)
        code = working.work(
            settings, engine, found, replace(way, priority=found.options.get("priority", "default"))
        )
    finally:
        engine.dispose()
    raise typer.Exit(code)


def retry(
    run: Annotated[int, typer.Argument(help="Number of the run.")],
    only: Annotated[
        str, typer.Option(metavar="OUTCOME,...", help="Which of its offers.")
    ] = "failed,blocked",
    replica: Replica = None,
    contexts: Contexts = None,
    mode: Mode = None,
    progress: Shown = "auto",
    detach: Detach = False,
    here: Here = False,
    priority: Priority = "default",
    as_json: AsJson = False,
) -> None:
    """Open a new run with the offers of another that ended so."""
    from app.runs import states
    from app.settings import load
    from app.wiring import open_database

    way = Way(progress=progress, as_json=as_json, detach=detach, here=here, priority=priority)
    settings = load(flags(replica, contexts, mode))
    working.check_workers(settings, way)
    engine = open_database(settings)
    try:
        old = states.read_run(engine, run)
        _same_site(settings, old)
        again = open_or_continue(
            settings,
            engine,
            _of_outcomes(engine, old, only),
            label=f"retry of run {run}: {only}",
            priority=priority,
        )
        code = working.work(settings, engine, again, way)
    finally:
        engine.dispose()
    raise typer.Exit(code)


def flags(replica: str | None, contexts: int | None, mode: str | None) -> dict[str, Any]:
    """Command-line flags in the shape of the settings."""
    return {"site": {"replica": replica}, "browser": {"contexts": contexts, "mode": mode}}


def open_or_continue(
    settings: "Settings",
    engine: "Engine",
    intake: "Intake",
    *,
    new: bool = False,
    label: str = "",
    priority: str = "default",
) -> "Run":
    """The unfinished run with exactly this input, or a new one."""
    from app.runs import states
    from app.runs.opening import open_run
    from app.runs.outcomes import RunState

    options = {"input": _fingerprint(intake), "replica": settings.site.replica is not None}
    same = (run for run in states.find_unfinished(engine) if options.items() <= run.options.items())
    if not new and (found := next(same, None)):
        if found.state is RunState.PARKED:
            raise Parked(
                f"run {found.id} is parked ({found.reason}): {_how_to_resume(found)}", found
            )
        say(f"going on with run {found.id}, which was not finished (--new opens another)")
        if priority != "default":
            states.set_option(engine, found.id, "priority", priority)
        return states.resume(engine, found.id)
    return open_run(
        engine,
        intake,
        kind="refs",
        label=label or f"{len(intake.accepted):,} offers",
        options=options | {"priority": priority},
        attempts=settings.run.attempts,
    )


def _how_to_resume(run: "Run") -> str:
    replica = " --replica 127.0.0.1:PORT" if run.options.get("replica") else ""
    return f"when you have cleared it, `pwsync resume {run.id}{replica}` goes on"


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
        content = Path(name).read_bytes()
        try:
            return content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:  # as a Chinese Excel writes CSV
            return content.decode("gb18030").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise UsageError(
            f"{name}: {reason}; give a file with one offer URL or id a line"
        ) from error


def _fingerprint(intake: "Intake") -> str:
    import hashlib

    ids = "\n".join(sorted(ref.offer_id for ref in intake.accepted))
    return hashlib.sha256(ids.encode()).hexdigest()[:32]


def _same_site(settings: "Settings", run: "Run") -> None:
    """A run of a replica is never continued on the real site, nor the other way round."""
    if bool(run.options.get("replica")) == (settings.site.replica is not None):
        return
    if settings.site.replica:
        raise UsageError(f"run {run.id} is of the real site; resume it without --replica")
    raise UsageError(f"run {run.id} is of a local 1688; add --replica 127.0.0.1:PORT")


def _of_outcomes(engine: "Engine", run: "Run", only: str) -> "Intake":
    from app.refs import read_refs
    from app.runs.counts import offers_with
    from app.runs.outcomes import Outcome

    words = [word.strip() for word in only.split(",") if word.strip()]
    if unknown := set(words) - set(Outcome):
        raise UsageError(f"--only {min(unknown)}: choose from {', '.join(Outcome)}")
    found = read_refs(offers_with(engine, run.id, words))
    if not found.accepted:
        raise UsageError(f"run {run.id} has no offer that is {' or '.join(words)}")
    return found
