"""What a visitor of every epoch sees change, told by the generator in the contract's field names.

Written from the truth and the table of what each era's page carries; knows nothing of how anybody
compares two items. A row is `{epoch, offer_id, kind, field, key, before, after}`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.replica.cases import Era, Pricing, Standing
from app.replica.expected import CARRIES, expected_price_kind, expected_sku
from app.replica.faces import money
from app.replica.offers import catalog
from app.replica.values import Offer, Sku

Row = dict[str, Any]
_THERE = (Standing.LIVE, Standing.SOLD_OUT)
_UNTOLD = ("sku_id", "sold")
"""Of a whole SKU: it is the row's key, and a counter."""


@dataclass(kw_only=True, slots=True)
class _Watch:
    """One visitor of one offer: what was last seen of it, and whether it is away."""

    seen: Offer | None
    away: bool


def changes(
    seed: int, count: int, *, first: int, last: int, eras: Sequence[Era] = tuple(Era)
) -> list[Row]:
    """What changes after `first`, up to `last`, for whoever looks at every epoch from `first` on."""
    watches = [
        _Watch(seen=one if one.standing in _THERE else None, away=False)
        for one in catalog(seed, count, epoch=first, eras=eras)
    ]
    rows = []
    for epoch in range(first + 1, last + 1):
        for watch, now in zip(watches, catalog(seed, count, epoch=epoch, eras=eras), strict=True):
            rows += [{"epoch": epoch, "offer_id": now.offer_id, **row} for row in _look(watch, now)]
    return rows


def _look(watch: _Watch, now: Offer) -> Iterator[Row]:
    before = watch.seen
    if now.standing not in _THERE:
        if before is not None and not watch.away:
            watch.away = True
            yield _row("gone", "status", _status(before), "off_shelf", key="off_shelf")
        return
    if before is not None:
        if watch.away:
            yield _row("back", "status", "off_shelf", _status(now), key="off_shelf")
        for told in _ASPECTS:
            yield from told(before, now)
    watch.seen, watch.away = now, False


def _row(kind: str, field: str, before: Any, after: Any, *, key: str = "") -> Row:
    return {"kind": kind, "field": field, "key": key, "before": before, "after": after}


def _pair(kind: str, field: str, before: Any, after: Any, *, key: str = "") -> Iterator[Row]:
    if before != after:
        yield _row(kind, field, before, after, key=key)


def _tells(offer: Offer, fact: str) -> bool:
    return fact in CARRIES[offer.era]


def _status(offer: Offer) -> str | None:
    if not _tells(offer, "status"):
        return None
    return "sold_out" if offer.standing is Standing.SOLD_OUT else "on_sale"


def _words(before: Offer, now: Offer) -> Iterator[Row]:
    yield from _pair("title", "title", before.title, now.title)
    yield from _pair("moq", "min_order_quantity", before.min_order, now.min_order)
    if _tells(now, "lead_times"):
        was, new = ([list(step) for step in one.lead_times] for one in (before, now))
        yield from _pair("lead_time", "lead_times", was, new)
    if _tells(now, "dates"):
        was_at, now_at = _instant(before.modified_at), _instant(now.modified_at)
        yield from _pair("date", "modified_at", was_at, now_at)


def _instant(time: datetime) -> str:
    return time.isoformat()


def _prices(before: Offer, now: Offer) -> Iterator[Row]:
    if now.kind.pricing is Pricing.HIDDEN:
        return
    was, new = ([price for _, price in one.priced] for one in (before, now))
    yield from _pair(
        "price_kind", "price_kind", expected_price_kind(before), expected_price_kind(now)
    )
    yield from _pair("price", "price_min", money(min(was)), money(min(new)))
    yield from _pair("price", "price_max", money(max(was)), money(max(new)))
    if now.kind.promotion:
        was, new = ([price for price, _ in one.priced] for one in (before, now))
        yield from _pair("list_price", "list_price_min", money(min(was)), money(min(new)))
        yield from _pair("list_price", "list_price_max", money(max(was)), money(max(new)))


def _ladder(before: Offer, now: Offer) -> Iterator[Row]:
    was, new = (
        {str(tier.min_quantity): money(tier.discount_price) for tier in one.tiers}
        for one in (before, now)
    )
    for start, price in was.items():
        if start in new:
            yield from _pair("price", "price_tiers", price, new[start], key=start)
        else:
            yield _row("tier_removed", "price_tiers", price, None, key=start)
    for start, price in new.items():
        if start not in was:
            yield _row("tier_added", "price_tiers", None, price, key=start)


def _skus(before: Offer, now: Offer) -> Iterator[Row]:
    was, new = ({str(sku.sku_id): sku for sku in one.skus} for one in (before, now))
    for sku_id, sku in was.items():
        if sku_id in new:
            yield from _sku(now, sku_id, sku, new[sku_id])
        else:
            yield _row("sku_removed", "skus", _whole(before, sku), None, key=sku_id)
    for sku_id, sku in new.items():
        if sku_id not in was:
            yield _row("sku_added", "skus", None, _whole(now, sku), key=sku_id)


def _sku(offer: Offer, sku_id: str, was: Sku, new: Sku) -> Iterator[Row]:
    if was.discount_price is not None and new.discount_price is not None:
        prices = money(was.discount_price), money(new.discount_price)
        yield from _pair("price", "skus.price", *prices, key=sku_id)
    if offer.kind.promotion and was.price is not None and new.price is not None:
        prices = money(was.price), money(new.price)
        yield from _pair("list_price", "skus.list_price", *prices, key=sku_id)
    yield from _stocked("skus.stock", was.stock, new.stock, sku_id)


def _whole(offer: Offer, sku: Sku) -> dict[str, Any]:
    told = expected_sku(offer, sku)
    return {name: v for name, v in told.items() if v is not None and name not in _UNTOLD}


def _stocks(before: Offer, now: Offer) -> Iterator[Row]:
    yield from _stocked("stock", before.stock, now.stock, "")


def _stocked(field: str, was: int, new: int, key: str) -> Iterator[Row]:
    kind = "stock_out" if new == 0 else "restock" if was == 0 else "stock"
    yield from _pair(kind, field, was, new, key=key)


def _choices(before: Offer, now: Offer) -> Iterator[Row]:
    """A new value of the first axis; the attributes name the first two axes' values as well."""
    for was, new in zip(before.axes, now.axes, strict=True):
        names = [value.name for value in was.values], [value.name for value in new.values]
        yield from _pair("options", "sku_axes", *names, key=was.name)
    if _tells(now, "lists"):
        told = dict(before.attributes), dict(now.attributes)
        for name in told[0]:
            yield from _pair(
                "attribute", "attributes", *(list(one[name]) for one in told), key=name
            )


def _pictures(before: Offer, now: Offer) -> Iterator[Row]:
    """One by one: out with the last first, then in from the first; each with its place then."""
    for place in reversed(range(len(before.images))):
        if (url := before.images[place]) not in now.images:
            yield _row("image_removed", "images", url, None, key=str(place))
    for place, url in enumerate(now.images):
        if url not in before.images:
            yield _row("image_added", "images", None, url, key=str(place))


_ASPECTS = (_words, _prices, _ladder, _skus, _stocks, _choices, _pictures)
