"""`pwsync show`: one offer as it is stored."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.store.offers import StoredOffer


def show(
    offer: Annotated[str, typer.Argument(metavar="OFFER", help="Offer URL or id.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="The item as JSON, with where each value came from.")
    ] = False,
    all_skus: Annotated[bool, typer.Option("--all", help="Every SKU, not the first 30.")] = False,
) -> None:
    """Print what is stored of an offer."""
    import json

    from app.items import as_json as plain
    from app.places import open_database
    from app.refs import OfferRef
    from app.settings import load
    from app.store import offers
    from app.store.engine import reading

    ref = OfferRef.parse(offer)
    engine = open_database(load())
    with reading(engine) as conn:
        stored = offers.load(conn, ref.offer_id)
    if stored is None:
        raise UsageError(
            f"offer {ref.offer_id} is not stored; `pwsync sync {ref.offer_id}` gets it"
        )
    if as_json:
        typer.echo(json.dumps(plain(stored.item), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from app.cli.card import SKU_LINES, card

    lines = len(stored.item.skus) if all_skus else SKU_LINES
    Console().print(card(stored.item, facts=_facts(stored), sku_lines=lines))


def _facts(stored: "StoredOffer") -> dict[str, str]:
    when = "%Y-%m-%d %H:%M:%S"
    return {
        "gone": (stored.gone or "").replace("_", " "),
        "version": f"{stored.version}, since {stored.changed_at.astimezone():{when}}",
        "seen": f"{stored.observed_at.astimezone():{when}} in run {stored.run_id}",
    }
