"""Facts of any layout -> one validated item, with the provenance of every field.

All layouts tell their facts in one vocabulary (the keys of their tables), so what facts mean is
decided here, once. A fact named `supplier.years` is the member `years` of the field `supplier`.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from app.extract.base import FieldMissing, Invalid
from app.extract.fields import language, options
from app.extract.paths import Facts
from app.extract.pricing import Prices, Told, settle
from app.items import OfferItem, Source, Status
from app.refs import OfferRef, RefError

_AS_TOLD = (
    "title",
    "unit",
    "min_order_quantity",
    "mix_order",
    "stock",
    "attributes",
    "images",
    "video",
    "description_url",
    "services",
    "created_at",
    "posted_at",
    "modified_at",
)
_IN_PARTS = ("category", "sold", "freight", "supplier", "rating", "flags")

_WHENCE: Mapping[str, tuple[str, ...]] = {
    "url": ("offer_id",),
    "language": ("title",),
    "status": ("published", "selling", "sold_out"),
    "price_tiers": ("price_steps",),
    "skus": ("sku_rows",),
    "sold": ("sold.count", "sold.text", "sold_words"),
}
"""Which facts a field was made of, where it is not the fact of its own name or its members."""

_UNSOURCED = frozenset({"currency", "layout", "provenance"})
"""Fields no page tells: the site trades in CNY only, and the layout is ourselves."""

_NOWHERE = "$"
"""The path of a field whose value says that the whole state was searched in vain."""


def build(layout: str, carrier: str, facts: Facts) -> OfferItem:
    """The item. Raises FieldMissing for what no offer goes without, Invalid for a broken rule."""
    ref = _ref(facts)
    rows, axes = facts.get("sku_rows", []), facts.get("sku_axes", [])
    _refuse_half_an_offer(facts, rows, axes)
    prices = settle(_told(facts, rows))
    values = _values(ref, prices, facts)
    values["layout"] = layout
    values["provenance"] = _provenance(values, prices, carrier, facts)
    try:
        return OfferItem.model_validate(values)
    except ValidationError as error:
        raise _invalid(error) from error


def _values(ref: OfferRef, prices: Prices, facts: Facts) -> dict[str, Any]:
    rows, axes = facts.get("sku_rows", []), facts.get("sku_axes", [])
    values = {name: facts.get(name) for name in _AS_TOLD if name in facts.found}
    values |= {name: part for name in _IN_PARTS if (part := _part(name, facts))}
    values |= {
        "offer_id": ref.offer_id,
        "url": ref.url,
        "language": language(facts.get("title")),
        "status": _status(facts),
        "sku_axes": axes,
        "skus": _skus(rows, axes, prices, facts),
        "lead_times": _lead_times(facts),
        "flags": _flags(facts, prices),
        **_price_fields(prices),
    }
    return values


def _ref(facts: Facts) -> OfferRef:
    for required in ("offer_id", "title"):
        if required not in facts.found:
            raise FieldMissing(f"the page tells no {required}", rule="missing", field=required)
    try:
        return OfferRef.parse(facts.get("offer_id"))
    except RefError as error:
        raise Invalid(str(error), rule="offer_id", field="offer_id") from error


def _refuse_half_an_offer(facts: Facts, rows: list[Any], axes: list[Any]) -> None:
    """An offer that has SKUs and shows none would look as if all of them had been deleted."""
    if facts.get("sku_offer") and not rows:
        raise FieldMissing("the offer has SKUs, the page tells none", rule="missing", field="skus")
    if not axes and any(row["spec"] for row in rows):
        raise FieldMissing("SKUs are told without axes", rule="missing", field="sku_axes")


def _told(facts: Facts, rows: list[dict[str, Any]]) -> Told:
    shown = facts.get("price_steps") or facts.get("price_scale") or [r for r in rows if r["price"]]
    return Told(
        hidden=bool(facts.get("price_hidden")) or (bool(facts.get("price_masked")) and not shown),
        display=facts.get("price_display"),
        steps=facts.get("price_steps", ()),
        originals=facts.get("price_originals", ()),
        scale=facts.get("price_scale"),
        scale_before=facts.get("price_scale_before"),
        skus=rows,
        min_order=facts.get("min_order_quantity"),
    )


def _price_fields(prices: Prices) -> dict[str, Any]:
    return {
        "price_kind": prices.kind,
        "price_min": prices.lowest,
        "price_max": prices.highest,
        "list_price_min": prices.list_lowest,
        "list_price_max": prices.list_highest,
        "price_tiers": list(prices.tiers),
    }


def _status(facts: Facts) -> Status:
    """Only what the page says: signs that are missing or partial leave it unknown."""
    if facts.get("sold_out") is not None:
        return Status.SOLD_OUT if facts.get("sold_out") else Status.ON_SALE
    published, selling = facts.get("published"), facts.get("selling")
    if selling is False or (published and published != "PUBLISHED"):
        return Status.OFF_SHELF
    return Status.ON_SALE if published and selling else Status.UNKNOWN


def _part(name: str, facts: Facts) -> dict[str, Any]:
    part = facts.part(name)
    if name == "sold":
        return {**facts.get("sold_words", {}), **part}
    return part


def _flags(facts: Facts, prices: Prices) -> dict[str, Any]:
    flags = facts.part("flags")
    if prices.lowest is not None:
        flags["promotion"] = prices.list_lowest is not None
    return flags


def _lead_times(facts: Facts) -> list[dict[str, Any]]:
    """Steps with a quantity they begin at; the first may leave it out, further ones say nothing."""
    smallest = facts.get("min_order_quantity") or 1
    steps = facts.get("lead_times", [])
    return [
        {"min_quantity": start or smallest, "hours": hours}
        for number, (start, hours) in enumerate(steps)
        if start or number == 0
    ]


def _skus(
    rows: list[dict[str, Any]], axes: list[dict[str, Any]], prices: Prices, facts: Facts
) -> list[dict[str, Any]]:
    names = [(axis["name"], [value["name"] for value in axis["values"]]) for axis in axes]
    sizes, weights = facts.get("sku_sizes", {}), facts.get("sku_weights", {})
    skus = []
    for row in rows:
        sku = {name: value for name, value in row.items() if name != "spec"}
        if not prices.by_sku:
            sku["price"] = sku["list_price"] = None
        chosen = _chosen(row["spec"], names)
        size = sizes.get(row["sku_id"], {})
        weight = size.get("weight_kg") or weights.get(row["sku_id"])
        pictured = _image(chosen, axes)
        sku |= {"options": chosen, "image_url": pictured, **size, "weight_kg": weight}
        skus.append(sku)
    return _in_order_of_axes(skus, names)


def _chosen(spec: str, names: list[tuple[str, list[str]]]) -> dict[str, str]:
    if not names:
        return {}
    chosen = options(spec, names)
    if chosen is None:
        raise Invalid("an SKU names values no axis has", rule="sku_options", field="skus")
    return chosen


def _image(chosen: dict[str, str], axes: list[dict[str, Any]]) -> str | None:
    """The picture of the first of its values that has one."""
    for axis in axes:
        for value in axis["values"]:
            if value["image_url"] and chosen.get(axis["name"]) == value["name"]:
                return str(value["image_url"])
    return None


def _in_order_of_axes(
    skus: list[dict[str, Any]], names: list[tuple[str, list[str]]]
) -> list[dict[str, Any]]:
    """As a buyer sees them: pages list SKUs in the order of a hash map, another one each time."""
    places = [(axis, {value: at for at, value in enumerate(values)}) for axis, values in names]
    return sorted(skus, key=lambda sku: [at.get(sku["options"][axis], 0) for axis, at in places])


def _provenance(
    values: dict[str, Any], prices: Prices, carrier: str, facts: Facts
) -> dict[str, Source]:
    priced = dict.fromkeys(("price_kind", "price_min", "price_max"), (prices.decided_by,))
    listed = dict.fromkeys(("list_price_min", "list_price_max"), (prices.list_decided_by,))
    whence = {**_WHENCE, **priced, **listed}
    members: dict[str, list[str]] = {}
    for fact in facts.found:
        members.setdefault(fact.partition(".")[0], []).append(fact)
    sources = {}
    for name, value in values.items():
        if name in _UNSOURCED or value is None or value in ([], {}):
            continue
        source = facts.source(*whence.get(name, members.get(name, ())))
        sources[name] = source or Source.model_construct(carrier=carrier, path=_NOWHERE)
    return sources


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    return Invalid(f"{field or 'item'}: {first['msg'][:300]}", rule=first["type"], field=field)
