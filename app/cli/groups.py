"""`pwsync groups`: the same product at several suppliers, the cheapest at your quantity first."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from rich.console import RenderableType
    from sqlalchemy import Engine

    from app.groups.review import Product, Supply

app = typer.Typer(invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Two = Annotated[str, typer.Argument(metavar="OFFER", help="URL or id.")]


@app.callback()
def groups(
    context: typer.Context,
    offer: Annotated[
        str | None, typer.Option(metavar="OFFER", help="Who else sells this one (URL or id).")
    ] = None,
    quantity: Annotated[
        int, typer.Option("--quantity", "-q", min=1, metavar="N", help="How many you buy.")
    ] = 1,
    min_confidence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Only groups that are so sure, 0 to 1.")
    ] = 0.0,
    review: Annotated[
        bool, typer.Option("--review", help="Pairs that a person should look at.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are shown.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show products that several suppliers sell, the cheapest at a quantity first.

    Who does not sell so few comes last, after those who do not show a price. `groups build` brings
    the groups up to date; `groups accept` and `groups reject` say what `--review` asks.
    """
    if context.invoked_subcommand:
        return
    from app.places import open_database
    from app.settings import load

    engine = open_database(load())
    try:
        if review:
            _show_doubts(engine, limit, as_json=as_json)
        elif offer:
            _show_one(engine, offer, quantity, as_json=as_json)
        else:
            _show_all(engine, quantity, limit, min_confidence, as_json=as_json)
    finally:
        engine.dispose()


@app.command("build")
def build(
    since: Annotated[
        str | None,
        typer.Option(metavar="7d", help="Look only at offers that changed within so long."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the groups up to date; what did not change is not compared again."""
    from dataclasses import asdict

    from app.cli.fetching import bar
    from app.cli.working import seconds_of
    from app.groups.build import build
    from app.places import open_database
    from app.settings import load

    seconds = seconds_of(since)
    engine = open_database(load())
    try:
        with bar("looking at offers", None) as (progress, first):
            tasks: dict[str, Any] = {"looking at offers": first}

            def tell(step: str, count: int, total: int | None) -> None:
                if step not in tasks:
                    tasks[step] = progress.add_task(step, total=total)
                progress.update(tasks[step], advance=count, total=total)

            built = build(engine, seconds=seconds, tell=tell)
    finally:
        engine.dispose()
    if as_json:
        _print_json(asdict(built))
    else:
        typer.echo(
            f"{built.looked_at:,} offers looked at, {built.compared:,} were new or had changed and "
            f"were compared with {built.pairs:,} others; {built.regrouped:,} grouped anew"
        )


@app.command("accept")
def accept(offer: Two, other: Two) -> None:
    """Say that two offers are the same product; grouping obeys it from now on."""
    _decide(offer, other, "accepted", "are one product")


@app.command("reject")
def reject(offer: Two, other: Two) -> None:
    """Say that two offers are different products; they never stand in one group again."""
    _decide(offer, other, "rejected", "are different products")


@app.command("forget")
def forget(offer: Two, other: Two) -> None:
    """Take back what was said of two offers."""
    _decide(offer, other, None, "are as their evidence has it")


def _decide(offer: str, other: str, verdict: str | None, told: str) -> None:
    from functools import partial

    from app.groups.review import decide
    from app.places import open_database
    from app.refs import OfferRef
    from app.settings import load
    from app.store.engine import transact

    one, two = (OfferRef.parse(each).offer_id for each in (offer, other))
    engine = open_database(load())
    try:
        transact(engine, partial(decide, one=one, other=two, verdict=verdict))
    finally:
        engine.dispose()
    typer.echo(f"{one} and {two} {told}")


def _show_one(engine: "Engine", offer: str, quantity: int, *, as_json: bool) -> None:
    from app.groups.documents import as_document
    from app.groups.review import product_of
    from app.refs import OfferRef
    from app.store.engine import reading
    from app.store.offers import load

    offer_id = OfferRef.parse(offer).offer_id
    with reading(engine) as conn:
        if load(conn, offer_id) is None:
            raise UsageError(f"offer {offer_id} is not stored; `pwsync sync {offer_id}` fetches it")
        found = product_of(conn, offer_id, quantity)
    if as_json:
        _print_json({"quantity": quantity, "groups": [as_document(found)] if found else []})
    elif found:
        _print(_table(found, quantity, evidence=True))
    else:
        typer.echo(
            f"nobody else is known to sell {offer_id}; see `pwsync groups build`, `--review`"
        )


def _show_all(
    engine: "Engine", quantity: int, limit: int, min_confidence: float, *, as_json: bool
) -> None:
    from app.groups.documents import as_document
    from app.groups.review import products
    from app.store.engine import reading

    with reading(engine) as conn:
        found, total = products(conn, quantity, count=limit, min_confidence=min_confidence)
    if as_json:
        told = [as_document(each) for each in found]
        _print_json({"quantity": quantity, "found": total, "groups": told})
        return
    for each in found:
        _print(_table(each, quantity, evidence=False))
    shown = f"{len(found):,} of {total:,} products that several suppliers sell"
    typer.echo(shown if total else "no product is known of several suppliers; see `groups build`")


def _show_doubts(engine: "Engine", limit: int, *, as_json: bool) -> None:
    from app.groups.review import titles
    from app.groups.rows import doubtful
    from app.store.engine import reading

    with reading(engine) as conn:
        found, total = doubtful(conn, limit)
        named = titles(conn, {each for one in found for each in one.pair})
    if as_json:
        pairs = [
            {"offers": [_named(each, named) for each in one.pair], "confidence": one.confidence}
            | {"evidence": list(one.evidence)}
            for one in found
        ]
        _print_json({"found": total, "pairs": pairs})
        return
    from rich.text import Text

    from app.monitor.words import foreign

    for one in found:
        reasons = "; ".join(f"{each['text']} ({each['points']:+.1f})" for each in one.evidence)
        _print(Text(f"{one.confidence:.2f}{_why_asked(one.confidence)}", style="bold"))
        for each in one.pair:
            title, company = named.get(each, ("", None))
            _print(foreign(f"  {each}  {title}  {company or '–'}"))
        _print(foreign(f"  {reasons}", 400, "bright_black", wrap=True))
    typer.echo(f"{len(found):,} of {total:,} doubtful pairs")
    if found:
        typer.echo("`pwsync groups accept|reject OFFER OFFER` says what they are", err=True)


def _why_asked(confidence: float) -> str:
    from app.groups.evidence import SURE

    against = "  by itself; but one fits two products that differ, or others speak against it"
    return against if confidence >= SURE else ""


def _named(offer_id: str, named: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    title, company = named.get(offer_id, (None, None))
    return {"offer_id": offer_id, "title": title, "supplier": company}


def _table(product: "Product", quantity: int, *, evidence: bool) -> "RenderableType":
    from rich import box
    from rich.table import Table

    from app.monitor.words import foreign

    first = product.supplies[0].offer.item
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, padding=(0, 1))
    table.title = foreign(first.title, style="bold")
    for name in ("offer", "supplier", "¥ each", f"¥ for {quantity:,}", "freight", "sure", "note"):
        right = "¥" in name or name == "sure"
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "note")
    for one in product.supplies:
        item, quote = one.offer.item, one.quote
        supplier = item.supplier.company_name if item.supplier else None
        reasons = f"{one.because}" if evidence and one.because else ""
        table.add_row(
            item.offer_id,
            foreign(supplier or "–", 24),
            _range(quote.price, quote.price_max),
            _range(quote.total, quote.total_max),
            _freight(one),
            f"{one.confidence:.2f}",
            foreign("; ".join(filter(None, (quote.note, reasons))), 300, wrap=True),
        )
    return table


def _range(least: "Decimal | None", most: "Decimal | None") -> str:
    from app.cli.card import money

    low, high = money(least), money(most)
    return low if low == high else f"{low} – {high}"


def _freight(one: "Supply") -> str:
    from app.cli.card import money

    freight = one.offer.item.freight
    if freight is None or (not freight.free and freight.fee is None):
        return "?"
    return "free" if freight.free else f"{money(freight.fee)} for one"


def _print(shown: "RenderableType") -> None:
    from rich.console import Console

    Console().print(shown)


def _print_json(document: Any) -> None:
    import orjson

    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()
