"""A product as programs are told of it: money as text, ids as text, null is unknown. Pure."""

from dataclasses import asdict
from typing import Any

from app.groups.review import Product, Supply
from app.items import money


def as_document(product: Product) -> dict[str, Any]:
    """A product with its offers, in the order of `pwsync groups`."""
    return {
        "group_id": product.group_id,
        "confidence": product.confidence,
        "offers": [supply_as_document(each) for each in product.supplies],
    }


def supply_as_document(one: Supply) -> dict[str, Any]:
    """One supplier's offer: what it costs at the quantity, and why it is of the product."""
    item, quote = one.offer.item, one.quote
    because = one.because
    supplier, freight = item.supplier, item.freight
    amounts = {name: getattr(quote, name) for name in ("price", "price_max", "total", "total_max")}
    return {
        "offer_id": item.offer_id,
        "title": item.title,
        "supplier": supplier.company_name if supplier else None,
        "standing": quote.standing.name.lower(),
        "min_order_quantity": quote.min_order,
        "freight_free": freight.free if freight else None,
        "freight_of_one": money(freight.fee) if freight and freight.fee is not None else None,
        "note": quote.note or None,
        "confidence": one.confidence,
        "alike": because.confidence if because else None,
        "evidence": [asdict(each) for each in because.evidence] if because else [],
    } | {name: None if value is None else money(value) for name, value in amounts.items()}
