"""`pwsync why`: how an offer came to be as it is stored."""

import json
from typing import Annotated

import typer

from app.cli.errors import UsageError


def why(
    offer: Annotated[str, typer.Argument(metavar="OFFER", help="Offer URL or id.")],
    latest: Annotated[
        int, typer.Option("-n", "--latest", min=1, help="Runs, pages and changes of each.")
    ] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell who asked for an offer, what was read when, and where each of its values stood."""
    from app import why as books
    from app.cli import origins
    from app.places import archive_folder, open_database
    from app.refs import OfferRef
    from app.settings import load

    offer_id = OfferRef.parse(offer).offer_id
    settings = load()
    found = books.why(open_database(settings), offer_id, latest=latest)
    if not found.is_known:
        raise UsageError(f"nobody asked for offer {offer_id} yet; `pwsync sync {offer_id}` does")
    if as_json:
        told = books.as_document(found) | {"archive": str(archive_folder(settings))}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(origins.told(found, archive_folder(settings)))
