"""`pwsync replica`: the local 1688."""

from typing import Annotated

import typer

from app.cli.errors import UsageError

TAPS = ("scan", "confirm", "cancel", "expire", "logout")


def replica(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8688,
    offers: Annotated[int, typer.Option(min=1, help="How many offers it has.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, other offers.")] = 1,
    faults: Annotated[
        str, typer.Option(metavar="KIND=RATE,...", help="Faults and blocks by rate (0 to 1).")
    ] = "",
    picture_faults: Annotated[
        str, typer.Option(metavar="KIND=RATE,...", help="Odd and broken pictures by rate.")
    ] = "",
    epoch: Annotated[int, typer.Option(min=1, help="Later epochs have other prices.")] = 1,
    finds: Annotated[int, typer.Option(min=0, help="How many of them a keyword finds.")] = 2000,
    large_shop: Annotated[
        int, typer.Option("--large-shop", min=0, metavar="N", help="Offers of its first shop.")
    ] = 0,
    twins: Annotated[
        bool, typer.Option("--twins", help="Several suppliers sell the same products.")
    ] = False,
    refs: Annotated[bool, typer.Option("--refs", help="Print the offers' URLs and end.")] = False,
    members_only: Annotated[
        bool, typer.Option("--members-only", help="Guests are sent to the login page.")
    ] = False,
    phone: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0, help="Login codes are scanned, then confirmed, by themselves."
        ),
    ] = None,
    tap: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(TAPS), help="Be the phone of the one that runs at --port, and end."
        ),
    ] = None,
) -> None:
    """Serve a local 1688: its host names, pages and faults.

    Use it with `pwsync sync --replica 127.0.0.1:PORT REF...`; `--refs` prints what it has. To log
    in there, type `pwsync login --replica 127.0.0.1:PORT`, and from another terminal
    `pwsync replica --tap scan`, then `--tap confirm`; or start it with `--phone 5`.
    """
    from app.replica.faults import BadFault
    from app.replica.serve import serve

    if refs:
        _print_refs(seed, offers)
    elif tap is not None:
        _tap(port, tap)
    else:
        try:
            serve(
                port=port,
                offers=offers,
                seed=seed,
                faults=faults,
                picture_faults=picture_faults,
                epoch=epoch,
                members_only=members_only,
                phone=phone,
                finds=finds,
                large_shop=large_shop,
                twins=twins,
            )
        except (BadFault, OSError) as error:
            raise UsageError(str(error)) from error


def _print_refs(seed: int, offers: int) -> None:
    from app.replica.offers import catalog

    for offer in catalog(seed, offers):
        typer.echo(f"https://detail.1688.com/offer/{offer.offer_id}.html")


def _tap(port: int, do: str) -> None:
    from app.replica.serve import tap

    if do not in TAPS:
        raise UsageError(f"--tap {do}: choose one of {', '.join(TAPS)}")
    try:
        typer.echo(tap(port, do))
    except (OSError, LookupError) as error:
        raise UsageError(f"--tap {do}: {error}") from error
