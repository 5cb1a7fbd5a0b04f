"""`pwsync soak`: does it stay as it is, over as many pages as three days have?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.replica.serve import Replica
    from app.settings import Settings
    from app.soak.place import Place
    from app.soak.rounds import Plan

PAGES = 3000
SEED = 1
MODES = ("lean", "natural", "mixed")
WEAR = {"lean": 0.1, "mixed": 0.19, "natural": 1.0}
"""What a page counts in `browser.retire_after_pages`."""
LIVES = 8
"""Browsers that a soak has at least: what they leave behind is seen when they go."""
FEWEST_OFFERS, MOST_OFFERS = 20, 500
SAMPLES = 1000
FEWEST_BETWEEN = 20
"""Pages between two samples, where a soak is short."""
REST_MINUTES = 0.02
"""Of a profile that was blocked; the local 1688 forgives."""
ARCHIVE_MB = 500
"""Little enough for a long soak to prune it."""


def soak(
    pages: Annotated[
        int | None, typer.Option(min=1, help=f"Pages to load; {PAGES:,} unless --hours is given.")
    ] = None,
    hours: Annotated[float | None, typer.Option(min=0.001, help="End after so long.")] = None,
    faults: Annotated[
        str, typer.Option(metavar="KIND=RATE,...", help="As of `pwsync replica`.")
    ] = "",
    contexts: Annotated[
        int, typer.Option("--contexts", "-c", min=1, max=200, help="Browser contexts.")
    ] = 8,
    mode: Annotated[
        str, typer.Option(metavar="|".join(MODES), help="How pages are loaded.")
    ] = "lean",
    offers: Annotated[
        int | None, typer.Option(min=1, help="Offers of the local 1688, asked for again and again.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database; SQLite without it.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="New or empty; for samples.jsonl, report.json and the rest.")
    ] = None,
    progress: Annotated[str, typer.Option("--progress", help="auto, tui, plain or none.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Sync a local 1688 for as long as you like, and see whether anything grows.

    Run follows run over the same offers while their world turns; memory by role, open files,
    threads, temporary files, connections, the loop's lag and the speed are measured all along, and
    judged by limits in the end, the books and the values, too.

    Exit code 0: nothing failed (a gate says `undecided` where there were too few pages); 8: a limit
    was passed; 10: books or values are wrong; 130: stopped by Ctrl-C.
    """
    from app.cli.soaking import Soaking, tell
    from app.cli.working import check_word
    from app.noting import begin_log
    from app.soak.place import marked, workplace

    check_word("--progress", progress)
    wanted = _wanted(pages, hours, mode, offers, faults)
    with workplace(folder) as place, _site(wanted, faults) as site:
        settings = _settings(place, site, wanted, contexts, database)
        begin_log(settings, "soak")
        engine = _empty_database(settings)
        try:
            with marked(place.scratch) as mark:
                soaking = Soaking(
                    settings, engine, site, wanted.plan, place=place, mark=mark, faulty=bool(faults)
                )
                found = soaking.work(progress)
        finally:
            engine.dispose()
        code = tell(found, place.folder, as_json=as_json, signal=soaking.signal)
    raise typer.Exit(code)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    plan: "Plan"
    mode: str
    offers: int


def _wanted(
    pages: int | None, hours: float | None, mode: str, offers: int | None, faults: str
) -> _Wanted:
    from app.replica.faults import BadFault, parse
    from app.soak.rounds import Plan

    if mode not in MODES:
        raise UsageError(f"--mode {mode}: choose one of {', '.join(MODES)}")
    try:
        parse(faults, SEED)
    except BadFault as error:
        raise UsageError(str(error)) from error
    most = pages or (PAGES if hours is None else 10**9)
    return _Wanted(
        plan=Plan(
            pages=most,
            seconds=3600 * (hours or 24 * 365),
            every=max(FEWEST_BETWEEN, min(most, 10**5) // SAMPLES),
            seed=SEED,
        ),
        mode=mode,
        offers=offers or min(MOST_OFFERS, max(FEWEST_OFFERS, most // 10)),
    )


@contextmanager
def _site(wanted: _Wanted, faults: str) -> Iterator["Replica"]:
    from app.replica.serve import running

    with running(offers=wanted.offers, seed=SEED, faults=faults) as site:
        yield site


def _settings(
    place: "Place", site: "Replica", wanted: _Wanted, contexts: int, database: str | None
) -> "Settings":
    """Nobody is told of a soak, and nothing of it is kept among what is real."""
    from app.settings import load

    usual = load().browser.retire_after_pages
    retire = max(1, min(usual, round(wanted.plan.pages * WEAR[wanted.mode] / LIVES)))
    own: dict[str, Any] = {
        "data_dir": place.kept,
        "database_url": database or f"sqlite:///{place.kept / 'pwsync.db'}",
        "site": {"replica": site.address, "profile": "guest"},
        "browser": {"contexts": contexts, "mode": wanted.mode, "retire_after_pages": retire},
        "run": {"journal": place.journal},
        "archive": {"keep": True, "max_mb": ARCHIVE_MB},
        "pace": {"rests_minutes": (REST_MINUTES,)},
        "quality": {"canaries": ()},
        "notify": {"urls": ()},
        "alert": (),
    }
    return load(own)


def _empty_database(settings: "Settings") -> "Engine":
    from app.places import open_database
    from app.runs.states import recent_runs

    engine = open_database(settings)
    if recent_runs(engine, limit=1):
        raise UsageError("--database: there are runs in it; a soak wants an empty one of its own")
    return engine
