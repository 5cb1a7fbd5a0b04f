"""`pwsync sync`, `resume` and `retry`: offers in, rows out, seen live."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import working
from app.cli.errors import Drifted, Parked, UsageError
from app.cli.inputs import Category, First, Inputs, Keyword, Refs, Shop, SkipSeen, read_wanted
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
    Wait,
    Way,
    say,
)
from app.services.wanted import Wanted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.runs.states import Run
    from app.settings import Settings


As = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="As whom; guest is nobody.")
]
IgnoreRobots = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Leave robots.txt aside; the run keeps the reason."),
]


def sync(
    refs: Refs = None,
    inputs: Inputs = None,
    keyword: Keyword = None,
    shop: Shop = None,
    category: Category = None,
    first: First = None,
    skip_seen: SkipSeen = None,
    profile: As = None,
    ignore_robots: IgnoreRobots = None,
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
    wait: Wait = False,
    detach: Detach = False,
    here: Here = False,
    priority: Priority = "default",
    as_json: AsJson = False,
) -> None:
    """Bring offers into the database: REF..., -i FILE, -i -, or those of a list.

    Running the same input again goes on with the run that was not finished. With a redis_url the
    workers do it and this command watches; without, it is done here.

    Exit code 0: all stored or seen gone; 3: some failed, were invalid or unreadable; 4 or 5:
    parked, the site asks for a login, has blocked us, or the day's pages are spent; 6: pages are
    not read as before (drift); 8: a limit was reached; 9: the profile is in use; 130: stopped by
    Ctrl-C, nothing lost.
    """
    from app.places import open_database
    from app.settings import load
    from app.wiring import check_profile

    way = Way(
        progress=progress, as_json=as_json, detach=detach, here=here, priority=priority, wait=wait
    )
    working.seconds_of(time_limit)
    wanted = read_wanted(
        refs,
        inputs,
        keyword=keyword,
        shop=shop,
        category=category,
        first=first,
        skip_seen=skip_seen,
    )
    settings = load(flags(replica, contexts, mode, profile))
    check_profile(settings, settings.site.profile)
    working.check_workers(settings, way)
    engine = open_database(settings)
    try:
        run = open_or_continue(
            settings,
            engine,
            wanted,
            new=new,
            priority=priority,
            ignore_robots=ignore_robots,
            waits=wait,
        )
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
    wait: Wait = False,
    detach: Detach = False,
    here: Here = False,
    priority: Annotated[
        str | None, typer.Option(help="high, default or low; as it was without it.")
    ] = None,
    accept_drift: Annotated[
        bool,
        typer.Option("--accept-drift", help="What alarmed the run is right and normal from now."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was stopped, killed, paused or parked."""
    from app.places import open_database
    from app.runs import states
    from app.runs.outcomes import CLOSED, RunState
    from app.services.profiles import end_rest
    from app.settings import load
    from app.wiring import check_profile, manners_of

    way = Way(progress=progress, as_json=as_json, detach=detach, here=here, wait=wait)
    if priority is not None:
        working.check_word("--priority", priority)
    working.seconds_of(time_limit)
    settings = load(flags(replica, contexts, mode))
    working.check_workers(settings, way)
    engine = open_database(settings)
    try:
        before = states.read_run(engine, run)
        _same_site(settings, before)
        if before.state not in CLOSED:  # of one that is, that is what there is to say
            check_profile(settings, before.options.get("profile") or "guest")
        if priority is not None:
            states.set_option(engine, run, "priority", priority)
        if accept_drift:
            _accept_drift(engine, run)
        found = states.resume(engine, run)
        if before.state is RunState.PARKED:  # else nothing was said of the profile
            end_rest(engine, manners_of(settings), found)
        working.put_limits(engine, run, limit, time_limit, max_failures)
        code = working.work(
            settings, engine, found, replace(way, priority=found.options.get("priority", "default"))
        )
    finally:
        engine.dispose()
    raise typer.Exit(code)


def _accept_drift(engine: "Engine", run: int) -> None:
    from app.quality import books

    marks = books.accept(engine, run)
    if not marks:
        raise UsageError(f"run {run} was not alarmed by drift: resume it without --accept-drift")
    say(f"normal from now on: {', '.join(marks)}")


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
    """Open a new run with those offers of another that failed, or ended as --only says."""
    from app.places import open_database
    from app.runs import states
    from app.settings import load

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
            ignore_robots=old.options.get("ignore_robots"),
            profile=old.options.get("profile"),
        )
        code = working.work(settings, engine, again, way)
    finally:
        engine.dispose()
    raise typer.Exit(code)


def flags(
    replica: str | None, contexts: int | None, mode: str | None, profile: str | None = None
) -> dict[str, Any]:
    """Command-line flags in the shape of the settings."""
    return {
        "site": {"replica": replica, "profile": profile},
        "browser": {"contexts": contexts, "mode": mode},
    }


def open_or_continue(
    settings: "Settings",
    engine: "Engine",
    wanted: Wanted,
    *,
    new: bool = False,
    label: str = "",
    priority: str = "default",
    ignore_robots: str | None = None,
    profile: str | None = None,
    waits: bool = False,
) -> "Run":
    """The unfinished run with exactly this input, or a new one. Raises Parked.

    `waits`: one that is parked and goes on by itself is waited with.
    """
    from app.runs import opening, parking, states
    from app.services import known

    options = wanted.options | {
        "replica": settings.site.replica is not None,
        "profile": profile or settings.site.profile,
        "ignore_robots": ignore_robots,
    }
    parking.wake(engine)
    same = (run for run in states.find_unfinished(engine) if options.items() <= run.options.items())
    if not new and (found := next(same, None)):
        return _go_on(engine, found, priority, waits=waits)
    told: dict[str, Any] = {
        "kind": wanted.kind,
        "label": label or wanted.label,
        "options": options | {"priority": priority},
        "attempts": settings.run.attempts,
    }
    if wanted.intake is None:
        return opening.open_list_run(engine, **told)
    skip = known.look(engine, wanted).skipped
    run = opening.open_run(engine, wanted.intake, skip=skip, **told)
    return states.close_if_finished(engine, run.id) if skip else run


def _go_on(engine: "Engine", found: "Run", priority: str, *, waits: bool) -> "Run":
    from app.quality.books import SAID as DRIFT
    from app.runs import states
    from app.runs.outcomes import RunState

    if found.state is RunState.PARKED:
        if waits and found.parked_until is not None:
            say(f"waiting with run {found.id}, which is parked: {found.reason}")
            return found
        raise Parked(f"run {found.id} is parked ({found.reason}): {_how_to_resume(found)}", found)
    if found.state is RunState.PAUSED and (found.reason or "").startswith(DRIFT):
        raise Drifted(f"run {found.id}, {found.reason}: {_how_to_resume(found)}")
    say(f"going on with run {found.id}, which was not finished (--new opens another)")
    if priority != "default":
        states.set_option(engine, found.id, "priority", priority)
    return states.resume(engine, found.id)


def _how_to_resume(run: "Run") -> str:
    from app.services.reports import next_step

    return next_step(run) or ""


def _same_site(settings: "Settings", run: "Run") -> None:
    """A run of a replica is never continued on the real site, nor the other way round."""
    if bool(run.options.get("replica")) == (settings.site.replica is not None):
        return
    if settings.site.replica:
        raise UsageError(f"run {run.id} is of the real site; resume it without --replica")
    raise UsageError(f"run {run.id} is of a local 1688; add --replica 127.0.0.1:PORT")


def _of_outcomes(engine: "Engine", run: "Run", only: str) -> Wanted:
    from app.runs.outcomes import Outcome
    from app.services.wanting import NothingWanted, want_again

    words = [word.strip() for word in only.split(",") if word.strip()]
    if unknown := set(words) - set(Outcome):
        raise UsageError(f"--only {min(unknown)}: choose from {', '.join(Outcome)}")
    try:
        return want_again(engine, run.id, words)
    except NothingWanted as error:
        raise UsageError(str(error)) from error
