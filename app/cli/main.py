"""The `pwsync` command: its groups, its global options, and the one place that prints errors.

Commands live one file a group and import what is heavy when they run.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli import (
    accuracy,
    alerts,
    audit,
    backup,
    batch,
    config,
    control,
    db,
    demo,
    docs,
    doctor,
    export,
    extract,
    groups,
    history,
    images,
    init,
    login,
    logs,
    plan,
    profile,
    quarantine,
    reextract,
    replica,
    runs,
    scheduler,
    search,
    serve,
    show,
    soak,
    sync,
    up,
    why,
    worker,
)
from app.cli.errors import explain

app = typer.Typer(
    name="pwsync",
    help="Keep a local database in step with offers (product pages) of 1688.com.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(init.init)
app.command()(demo.demo)
app.command()(sync.sync)
app.command()(plan.plan)
app.command()(sync.resume)
app.command()(sync.retry)
app.command()(control.pause)
app.command()(control.stop)
app.command()(control.top)
app.command()(control.status)
app.command()(extract.extract)
app.command()(show.show)
app.command()(why.why)
app.command()(history.history)
app.command()(history.diff)
app.command()(history.changes)
app.command()(search.search)
app.command()(reextract.reextract)
app.command()(export.export)
app.command("runs")(runs.runs)
app.command()(runs.report)
app.command()(audit.audit)
app.command()(accuracy.accuracy)
app.command()(login.login)
app.command()(logs.logs)
app.command()(worker.worker)
app.command()(scheduler.scheduler)
app.command()(serve.serve)
app.command()(up.up)
app.command()(replica.replica)
app.command()(soak.soak)
app.command()(doctor.doctor)
app.command()(docs.docs)
app.add_typer(alerts.app, name="alerts")
app.add_typer(backup.app, name="backup")
app.add_typer(batch.app, name="batch")
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(groups.app, name="groups")
app.add_typer(images.app, name="images")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(profile.app, name="profile")


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"pwsync {version('pwsync')}")
        raise typer.Exit


@app.callback()
def options(
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Folder of everything that is kept."),
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="Configuration file instead of pwsync.toml.")
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "-v", "--verbose", count=True, show_default=False, help="-vv shows tracebacks."
        ),
    ] = 0,
    version: Annotated[  # noqa: ARG001 - its callback did the work
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options that hold for every command."""
    # The environment carries them down, so that a worker or a subprocess sees the same settings.
    if data_dir:
        os.environ["PWSYNC_DATA_DIR"] = str(data_dir)
    if config_file:
        os.environ["PWSYNC_CONFIG"] = str(config_file)
    if verbose:
        os.environ["PWSYNC_VERBOSE"] = str(verbose)


def _note(error: Exception, code: int) -> None:
    """What nobody expected stands in the log of the program with its traceback."""
    import logging

    from app.cli.exits import UNEXPECTED
    from app.logs import is_begun

    if code == UNEXPECTED and is_begun():
        logging.getLogger(__name__).critical("ended by a bug", exc_info=error)


def main() -> None:
    """Run the command; a failure that has an explanation is one line and its exit code."""
    try:
        app()
    except Exception as error:
        if (
            os.environ.get("PWSYNC_VERBOSE", "").isdecimal()
            and int(os.environ["PWSYNC_VERBOSE"]) > 1
        ):
            raise
        sentence, code = explain(error)
        _note(error, code)
        typer.echo(f"pwsync: {sentence}", err=True)
        sys.exit(code)
