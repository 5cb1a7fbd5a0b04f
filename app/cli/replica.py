"""`pwsync replica`: the local 1688."""

from typing import Annotated

import typer

from app.cli.errors import UsageError


def replica(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8688,
    offers: Annotated[int, typer.Option(min=1, help="How many offers it has.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, other offers.")] = 1,
    faults: Annotated[
        str, typer.Option(metavar="KIND=RATE,...", help="Faults and blocks by rate (0 to 1).")
    ] = "",
    epoch: Annotated[int, typer.Option(min=1, help="Later epochs have other prices.")] = 1,
    refs: Annotated[bool, typer.Option("--refs", help="Print the offers' URLs and end.")] = False,
) -> None:
    """Serve a local 1688: its host names, pages and faults.

    Use it with `pwsync sync --replica 127.0.0.1:PORT REF...`; `--refs` prints what it has.
    """
    from app.replica.faults import BadFault
    from app.replica.serve import serve

    if refs:
        from app.replica.offers import catalog

        for offer in catalog(seed, offers):
            typer.echo(f"https://detail.1688.com/offer/{offer.offer_id}.html")
        return
    try:
        serve(port=port, offers=offers, seed=seed, faults=faults, epoch=epoch)
    except (BadFault, OSError) as error:
        raise UsageError(str(error)) from error
