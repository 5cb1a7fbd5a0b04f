"""What a page that was read again changes of what is stored, field by field. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.items import OfferItem
from app.reextract.pages import Reading, Refusal
from app.reextract.spool import Repair
from app.store.memory import EVERYBODY
from app.store.offers import StoredOffer

GONE, NEW = "gone", "new"
"""Stand among the fields: an offer that is gone, or there again; one that was not stored."""
_FETCHED = "description_images"
"""Not of the page."""

Fields = Mapping[str, tuple[Any, Any]]
"""Before and after of each field that differs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to be written of an offer."""

    repair: Repair
    fields: Fields


def change_of(
    reading: Reading, stored: StoredOffer | None, only: Sequence[str] = ()
) -> Change | Refusal | None:
    """What a page changes; None if nothing, a refusal if its `only` fields do not fit the others.

    With `only`, what is stored keeps all its other fields, and no offer comes or goes.
    """
    if reading.gone is not None:
        return None if only else _leaves(reading, stored, reading.gone)
    assert reading.item is not None
    if stored is None:
        new = {NEW: (None, reading.item.title)}
        return None if only else Change(repair=_repair(reading, reading.item), fields=new)
    try:
        item = merged(stored.item, reading.item, only) if only else reading.item
    except ValidationError as error:
        return _unfit(error)
    fields = differences(stored.item, item)
    if stored.gone and not only:
        fields = {GONE: (stored.gone, None), **fields}
    repair = _repair(reading, item, view=_view(reading, stored))
    return Change(repair=repair, fields=fields) if fields else None


def _leaves(reading: Reading, stored: StoredOffer | None, rule: str) -> Change | None:
    if stored is None or stored.gone == rule:
        return None
    return Change(repair=_repair(reading, gone=rule), fields={GONE: (stored.gone, rule)})


def _repair(
    reading: Reading,
    item: OfferItem | None = None,
    *,
    gone: str | None = None,
    view: str = EVERYBODY,
) -> Repair:
    record = reading.record
    return Repair(
        offer_id=record.key,
        record_id=record.id,
        observed_at=record.observed_at,
        item=item,
        gone=gone,
        view=view,
    )


def _view(reading: Reading, stored: StoredOffer) -> str:
    """To whom the page was shown: known of the one that the stored item was read from."""
    is_own = stored.observed_at == reading.record.observed_at
    return stored.memory.view if is_own else EVERYBODY


def merged(stored: OfferItem, item: OfferItem, only: Sequence[str]) -> OfferItem:
    """What is stored, with some fields as the page tells them. Raises ValidationError."""
    values = stored.model_dump(exclude={"provenance"})
    values |= item.model_dump(include=set(only))
    told = {name: source for name, source in stored.provenance.items() if name not in only}
    told |= {name: source for name, source in item.provenance.items() if name in only}
    return OfferItem.model_validate(values | {"provenance": told})


def _unfit(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or None
    message = f"does not fit the other fields: {first['msg'][:300]}"
    return Refusal(type="Invalid", rule=first["type"], field=where, message=message)


def differences(before: OfferItem, after: OfferItem) -> Fields:
    """Every field that differs."""
    found = {}
    for name in OfferItem.model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was != now and not (name == _FETCHED and now is None):
            found[name] = (was, now)
    return found
