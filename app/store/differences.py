"""Typed differences between what is known of an offer and what its page tells now. Pure.

    compare(known, told)      what changed, in a fixed order
    apply(facts, differences), revert(facts, differences)    forwards and backwards in time

What is unknown on either side is no difference: not told is not removed, first seen is not new.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.items import OfferItem
from app.store.facts import RULES, SKU_FIELDS, Facts, Kind, Rule, facts_of

ADDED = frozenset(
    {Kind.IMAGE_ADDED, *(rule.added for rule in RULES.values() if rule.added is not None)}
)
REMOVED = frozenset(
    {Kind.IMAGE_REMOVED, *(rule.removed for rule in RULES.values() if rule.removed is not None)}
)
STOCKS = frozenset({Kind.STOCK, Kind.STOCK_OUT, Kind.RESTOCK})


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that changed between two observations."""

    kind: Kind
    field: str
    """As CONTRACT §1 names it: `price_min`, `freight.fee`, `skus.stock`."""
    key: str = ""
    """The SKU's id, a tier's least quantity, an attribute's name, a picture's place from 0, the
    rule by which an offer is gone; empty for what an offer has once."""
    before: Any = None
    """JSON, money as text. None only where nothing was: of what was added, or was not known."""
    after: Any = None
    view: str = ""
    """The profile that was shown it, where that may matter; empty: anybody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """What two pages have in common, which decides what of them can be compared."""

    layout: bool = True
    language: bool = True

    @classmethod
    def of(cls, before: OfferItem, now: OfferItem) -> "Likeness":
        return cls(layout=before.layout == now.layout, language=before.language == now.language)


def diff(before: OfferItem, now: OfferItem) -> tuple[Difference, ...]:
    """What changed between two items of one offer, if nothing else is known of it."""
    return compare(facts_of(before), facts_of(now), like=Likeness.of(before, now))


def compare(
    known: Facts, told: Facts, *, like: Likeness, seen: Facts | None = None
) -> tuple[Difference, ...]:
    """What changed from `known` to `told`; `seen` is what of it the last page itself had told.

    Only a page of the layout that has told a key can tell that it is gone.
    """
    found: list[Difference] = []
    for field, rule in RULES.items():
        if field in known and field in told:
            pair = _Pair(field=field, rule=rule, known=known[field], told=told[field], like=like)
            found += pair.differences((known if seen is None else seen).get(field, {}))
    return tuple(_whole(one, known, told) for one in found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """One field, as it was known and as it is told."""

    field: str
    rule: Rule
    known: Mapping[str, Any]
    told: Mapping[str, Any]
    like: Likeness

    def differences(self, seen: Iterable[str]) -> Iterator[Difference]:
        rule, like = self.rule, self.like
        same_layout = like.layout or not rule.by_layout
        same_words = like.language or not rule.by_language
        if self.field == "images":
            yield from _of_images(self.known[""], self.told[""]) if same_layout else ()
            return
        if same_words and (same_layout or rule.added):
            yield from self._of_values()
        if same_layout and (same_words or self.field == "skus"):  # ids are no words
            yield from self._of_keys(seen)

    def _of_values(self) -> Iterator[Difference]:
        for key, after in self.told.items():
            before = self.known.get(key)
            if before is not None and before != after:
                kind = _stock_kind(before, after) if self.rule.kind in STOCKS else self.rule.kind
                yield self._one(kind, key, before=before, after=after)

    def _of_keys(self, seen: Iterable[str]) -> Iterator[Difference]:
        if self.rule.removed is not None:
            for key in seen:
                if key not in self.told:
                    yield self._one(self.rule.removed, key, before=self.known[key])
        if self.rule.added is not None:
            for key, after in self.told.items():
                if key not in self.known:
                    yield self._one(self.rule.added, key, after=after)
        if self.field == "skus":
            before, after = list(self.known), list(self.told)
            if [key for key in before if key in after] != [key for key in after if key in before]:
                yield self._one(Kind.SKU_ORDER, "", before=before, after=after)

    def _one(self, kind: Kind, key: str, **sides: Any) -> Difference:
        return Difference(kind=kind, field=self.field, key=key, **sides)


def _stock_kind(before: int, after: int) -> Kind:
    return Kind.STOCK_OUT if after == 0 else Kind.RESTOCK if before == 0 else Kind.STOCK


def _of_images(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """Kept pictures into their new order, then out with the last first, then in from the first.

    So each place is the one that a list has at that moment, and the steps can be taken backwards.
    """
    was, now = _numbered(before), _numbered(after)
    turns = iter([one for one in now if one in was])
    turned = [next(turns) if one in now else one for one in was]
    if turned != was:
        yield Difference(
            kind=Kind.IMAGE_ORDER, field="images", before=list(before), after=[u for u, _ in turned]
        )
    for place, one in reversed(list(enumerate(turned))):
        if one not in now:
            yield Difference(kind=Kind.IMAGE_REMOVED, field="images", key=f"{place}", before=one[0])
    for place, one in enumerate(now):
        if one not in was:
            yield Difference(kind=Kind.IMAGE_ADDED, field="images", key=f"{place}", after=one[0])


def _numbered(urls: Sequence[str]) -> list[tuple[str, int]]:
    """Each URL with how often it stood before: a gallery may show a picture twice."""
    return [(url, list(urls[:place]).count(url)) for place, url in enumerate(urls)]


def _whole(one: Difference, known: Facts, told: Facts) -> Difference:
    """A SKU that came or went with all that is known of it, not its options alone."""
    if one.kind is Kind.SKU_ADDED:
        return replace(one, after=_sku(told, one.key))
    if one.kind is Kind.SKU_REMOVED:
        return replace(one, before=_sku(known, one.key))
    return one


def _sku(facts: Facts, sku_id: str) -> dict[str, Any]:
    parts = {name.removeprefix("skus."): facts.get(name, {}).get(sku_id) for name in SKU_FIELDS}
    told = {name: value for name, value in parts.items() if value is not None}
    return {"options": facts["skus"][sku_id], **told}


# -- through time --------------------------------------------------------------------------------


def apply(facts: Facts, differences: Iterable[Difference]) -> Facts:
    """The facts after the differences of one observation."""
    found = _copied(facts)
    for one in differences:
        _step(found, one, one.after)
    return found


def revert(facts: Facts, differences: Sequence[Difference]) -> Facts:
    """The facts before the differences of one observation, for as much as was known then.

    SKUs that went stand behind the others.
    """
    found = _copied(facts)
    for one in reversed(differences):
        _step(found, one, one.before)
    return found


def _copied(facts: Facts) -> Facts:
    return {field: dict(keys) for field, keys in facts.items()}


def _step(facts: Facts, one: Difference, new: Any) -> None:
    _STEPS.get(one.kind, _set)(facts, one, new)


def _set(facts: Facts, one: Difference, new: Any) -> None:
    keys = facts.setdefault(one.field, {})
    if new is None:
        keys.pop(one.key, None)
    else:
        keys[one.key] = new


def _set_status(facts: Facts, _: Difference, new: Any) -> None:
    """A status by a rule: the key says which rule, not where the fact stands."""
    facts["status"] = {} if new is None else {"": new}


def _set_sku(facts: Facts, one: Difference, new: Any) -> None:
    parts = {} if new is None else dict(new)
    options = parts.pop("options", None)
    _set(facts, one, options)
    for name in SKU_FIELDS:
        value = parts.get(name.removeprefix("skus."))
        if value is not None:
            facts.setdefault(name, {})[one.key] = value
        elif name in facts:
            facts[name].pop(one.key, None)


def _set_image(facts: Facts, one: Difference, new: Any) -> None:
    urls = list(facts.get("images", {}).get("", []))
    if new is None:
        urls.pop(int(one.key))
    else:
        urls.insert(int(one.key), new)
    facts["images"] = {"": urls}


def _set_order(facts: Facts, one: Difference, new: Any) -> None:
    keys = facts[one.field]
    facts[one.field] = {key: keys[key] for key in [*new, *keys] if key in keys}


_STEPS = {
    Kind.GONE: _set_status,
    Kind.BACK: _set_status,
    Kind.SKU_ADDED: _set_sku,
    Kind.SKU_REMOVED: _set_sku,
    Kind.IMAGE_ADDED: _set_image,
    Kind.IMAGE_REMOVED: _set_image,
    Kind.IMAGE_ORDER: _set,
    Kind.SKU_ORDER: _set_order,
}
