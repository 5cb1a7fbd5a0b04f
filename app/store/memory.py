"""What is known of an offer beyond what its latest page told, and what a new page changes. Pure.

A page that does not tell a fact leaves a gap in the row; the memory fills it, so that the next page
that tells it again is compared with what was known, not with nothing. Prices that a logged-in buyer
was shown are a view of their own: each view is compared with itself alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.items import OfferItem, Status
from app.store.differences import REMOVED, Difference, Likeness, compare
from app.store.facts import BUYER_FIELDS, SKU_FIELDS, Facts, Kind, facts_of

EVERYBODY = ""
"""The view of who is not logged in: the base, which alerts and charts are about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """Facts by view that the row does not hold, kept in it as JSON."""

    view: str = EVERYBODY
    """Whose view the row's prices are."""
    gaps: Mapping[str, Facts] = field(default_factory=dict)

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "Memory":
        return cls(**stored) if stored else cls()

    def as_json(self) -> dict[str, Any] | None:
        """None where there is nothing to remember, as of nearly all offers."""
        gaps = {view: facts for view, facts in self.gaps.items() if facts}
        if self.view == EVERYBODY and not gaps:
            return None
        return {"view": self.view, "gaps": gaps}

    def known(self, row: Facts, view: str = EVERYBODY) -> Facts:
        """What is known in a view: the row's facts as far as they are the view's, and the gaps."""
        return _filled(self.own(row, view), self.gaps.get(view, {}))

    def own(self, row: Facts, view: str = EVERYBODY) -> Facts:
        """What of it the row itself tells."""
        if view == EVERYBODY:
            return row if self.view == EVERYBODY else _common(row)
        return _priced(row) if self.view == view else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What a page brought: the differences, and what is to be remembered beside its row."""

    differences: tuple[Difference, ...]
    memory: Memory


def learn(
    before: OfferItem,
    memory: Memory,
    now: OfferItem,
    *,
    view: str = EVERYBODY,
    gone: str | None = None,
) -> Learned:
    """Compare a page with all that is known; `gone` is the rule by which it was so far."""
    row, told = facts_of(before), facts_of(now)
    like = Likeness.of(before, now)
    found: list[Difference] = []
    if gone is not None:
        found.append(_back(gone, told))
        row, told = _without_status(row), _without_status(told)
    gaps: dict[str, Facts] = {}
    for one in sorted({EVERYBODY, memory.view, view, *memory.gaps}):
        said = _said(told, one, view)
        known = memory.known(row, one)
        news = compare(known, said, like=like, seen=memory.own(row, one))
        found += [replace(each, view=one) for each in news]
        gaps[one] = _left(known, said, found)
    return Learned(differences=tuple(found), memory=Memory(view=view, gaps=gaps))


def gone_by(rule: str, before: OfferItem, memory: Memory) -> Difference:
    """The difference of an offer that was seen to be gone."""
    known = memory.known(facts_of(before)).get("status", {}).get("")
    return Difference(
        kind=Kind.GONE, field="status", key=rule, before=known, after=Status.OFF_SHELF.value
    )


def _back(rule: str, told: Facts) -> Difference:
    status = told.get("status", {}).get("")
    return Difference(
        kind=Kind.BACK, field="status", key=rule, before=Status.OFF_SHELF.value, after=status
    )


def _said(told: Facts, one: str, view: str) -> Facts:
    """What a page that was shown to `view` says in the view `one`."""
    if one == EVERYBODY:
        return told if view == EVERYBODY else _common(told)
    return _priced(told) if one == view else {}


def _priced(facts: Facts) -> Facts:
    return {name: keys for name, keys in facts.items() if name in BUYER_FIELDS}


def _common(facts: Facts) -> Facts:
    return {name: keys for name, keys in facts.items() if name not in BUYER_FIELDS}


def _without_status(facts: Facts) -> Facts:
    return {name: keys for name, keys in facts.items() if name != "status"}


def _filled(facts: Facts, gaps: Facts) -> Facts:
    names = [*facts, *(name for name in gaps if name not in facts)]
    return {name: facts.get(name, {}) | _missing(gaps, facts, name) for name in names}


def _missing(gaps: Facts, facts: Facts, name: str) -> dict[str, Any]:
    there = facts.get(name, {})
    return {key: value for key, value in gaps.get(name, {}).items() if key not in there}


def _left(known: Facts, said: Facts, differences: Iterable[Difference]) -> Facts:
    """What is known and was neither said nor removed."""
    removed = {(one.field, one.key) for one in differences if one.kind in REMOVED}
    skus = {key for name, key in removed if name == "skus"}
    found = {
        name: {
            key: value
            for key, value in keys.items()
            if key not in said.get(name, {})
            and (name, key) not in removed
            and not (name in SKU_FIELDS and key in skus)
        }
        for name, keys in known.items()
    }
    return {name: keys for name, keys in found.items() if keys}
