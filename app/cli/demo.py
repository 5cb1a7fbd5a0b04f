"""`pwsync demo`: the main job on a local 1688, with nothing to set up."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.settings import Settings

SEED = 1


def demo(
    offers: Annotated[int, typer.Option(min=1, max=5000, help="How many offers to sync.")] = 23,
    contexts: Annotated[int, typer.Option("--contexts", "-c", help="Browser contexts.")] = 4,
    mode: Annotated[str | None, typer.Option(help="natural, mixed or lean.")] = None,
    progress: Annotated[str, typer.Option("--progress", help="auto, tui, plain, none.")] = "auto",
    console: Annotated[
        bool, typer.Option("--console", help="Then serve the console, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port of the console; 0: a free one.")
    ] = None,
) -> None:
    """Sync offers of a local 1688 through a real browser, live.

    Everything is real but the site: the browser, the pages' shapes and weight, the database. Run it
    again: some prices have moved since.
    """
    from app.cli.sync import flags, open_or_continue
    from app.cli.working import Way, work
    from app.places import open_database
    from app.refs import read_refs
    from app.replica.serve import running
    from app.runs.states import recent_runs
    from app.services.wanted import Wanted
    from app.settings import load

    way = Way(progress=progress, here=True)
    data = load().data_dir
    home = data if data.name == "demo" else data / "demo"  # the folder that an earlier one named
    own = {"data_dir": home, "database_url": f"sqlite:///{home / 'pwsync.db'}"}
    own |= {"images": {"fetch": True}} if console else {}  # a console without pictures is a sad one
    before = open_database(load(own))
    epoch = 1 + len(recent_runs(before, limit=1000))
    before.dispose()
    with running(offers=offers, seed=SEED, epoch=epoch) as site:
        settings = load(own | flags(site.address, contexts, mode))
        engine = open_database(settings)
        wanted = Wanted(intake=read_refs(offer["url"] for offer in site.listed()))
        label = f"{offers} offers of the local 1688"
        run = open_or_continue(settings, engine, wanted, label=label)
        code = work(settings, engine, run, way)
        if not console:
            _say_next(settings, engine, run.id)
        engine.dispose()
        if console and code == 0:
            _serve(settings, port)
    raise typer.Exit(code)


def _serve(settings: "Settings", port: int | None) -> None:
    """Console and worker on what was synced, with the local 1688 still there.

    With a Redis of its own, whatever is configured: bells of a demo ring nowhere else.
    """
    from app.cli.own_redis import OwnRedis, find_program
    from app.cli.up import REDIS, SCHEDULER, server_words, services_of, supervise

    words = server_words(None, port)
    parts = [one for one in services_of(1, words) if one.stage != SCHEDULER]
    more = {
        "PWSYNC_DATA_DIR": str(settings.data_dir),
        "PWSYNC_DATABASE_URL": settings.database,
        "PWSYNC_SITE__REPLICA": settings.site.replica or "",
        "PWSYNC_IMAGES__FETCH": "true",
    }
    if find_program() is None:
        typer.echo("pwsync: no redis-server is installed: runs cannot be begun here", err=True)
        supervise(parts[:1], "", more)
        return
    with OwnRedis(settings.data_dir / "redis").locked() as redis:
        supervise([redis.service(REDIS), *parts], redis.url, more)


def _say_next(settings: "Settings", engine: "Engine", run_id: int) -> None:
    from app.runs.counts import offers_with
    from app.runs.outcomes import STORED

    command = "scripts/pwsync" if Path("scripts/pwsync").is_file() else "pwsync"
    folder = shlex.quote(str(settings.data_dir))
    shown = next(iter(offers_with(engine, run_id, [*STORED])), "OFFER")
    typer.echo("\nnext:")
    typer.echo(f"  {command} --data-dir {folder} show {shown}")
    typer.echo(f"  {command} demo --console")
    typer.echo(f"  {command} sync https://detail.1688.com/offer/<id>.html")
