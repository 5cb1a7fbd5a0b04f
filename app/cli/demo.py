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
    offers: Annotated[int, typer.Option(min=1, max=5000, help="How many offers to sync.")] = 20,
    contexts: Annotated[int, typer.Option("--contexts", "-c", help="Browser contexts.")] = 4,
    mode: Annotated[str | None, typer.Option(help="natural, mixed or lean.")] = None,
    progress: Annotated[str, typer.Option("--progress", help="auto, tui, plain, none.")] = "auto",
) -> None:
    """Sync offers of a local 1688 through a real browser, live.

    Everything is real but the site: the browser, the pages' shapes and weight, the database. Run it
    again: some prices have moved since.
    """
    from app.cli.inputs import Wanted
    from app.cli.sync import flags, open_or_continue
    from app.cli.working import Way, work
    from app.refs import read_refs
    from app.replica.serve import running
    from app.runs.states import recent_runs
    from app.settings import load
    from app.wiring import open_database

    way = Way(progress=progress, here=True)
    home = load().data_dir / "demo"
    own = {"data_dir": home, "database_url": f"sqlite:///{home / 'pwsync.db'}"}
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
        _say_next(settings, engine, run.id)
        engine.dispose()
    raise typer.Exit(code)


def _say_next(settings: "Settings", engine: "Engine", run_id: int) -> None:
    from app.runs.counts import offers_with
    from app.runs.outcomes import STORED

    command = "scripts/pwsync" if Path("scripts/pwsync").is_file() else "pwsync"
    folder = shlex.quote(str(settings.data_dir))
    shown = next(iter(offers_with(engine, run_id, [*STORED])), "OFFER")
    typer.echo("\nnext:")
    typer.echo(f"  {command} --data-dir {folder} show {shown}")
    typer.echo(f"  {command} sync https://detail.1688.com/offer/<id>.html")
