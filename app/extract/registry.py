"""Reading a saved page: the order of checks, and the layouts found by scanning their folder."""

import importlib
import pkgutil
import re
from functools import cache

from app.cards import OfferCard
from app.extract import layouts, lists
from app.extract.base import Blocked, ExtractError, Invalid, LayoutUnknown, Snapshot, Truncated
from app.extract.carriers import Page
from app.extract.gone import refuse_gone
from app.extract.layout import Layout
from app.items import OfferItem
from app.refs import OfferRef, RefError
from browsers.blocks import detect

_BEGINS = re.compile(rb"<html[\s>]", re.IGNORECASE)
_ENDS = re.compile(rb"</html\s*>", re.IGNORECASE)


@cache
def known_layouts() -> tuple[Layout, ...]:
    """Every LAYOUT in `layouts/`, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(layouts.__path__))
    return tuple(importlib.import_module(f"{layouts.__name__}.{name}").LAYOUT for name in names)


def state_marks() -> tuple[bytes, ...]:
    """Byte strings of which one stands in every document that carries an offer's state."""
    return tuple(dict.fromkeys(mark for layout in known_layouts() for mark in layout.marks))


def read(snapshot: Snapshot) -> OfferItem:
    """The item in a saved page.

    Raises a subclass of ExtractError: Blocked and Gone before any layout is asked, Truncated and
    LayoutUnknown if no state is found, FieldMissing and Invalid if the state is no whole offer.
    """
    url = snapshot.final_url or snapshot.url
    refuse_blocked(snapshot)
    page = Page(snapshot.document)
    refuse_gone(url, page.source)
    layout, state = _recognise(page)
    try:
        item = layout.extract(state)
        _refuse_foreign(item, snapshot)
    except ExtractError as error:
        error.layout = layout.name
        raise
    return item


def read_cards(document: bytes) -> list[OfferCard] | None:
    """The cards in a saved search or shop answer, or None if it is neither. Raises ExtractError."""
    return lists.read(document)


def refuse_blocked(snapshot: Snapshot) -> None:
    """Raise Blocked if the snapshot is a login wall, a slider or a refusal."""
    block = detect(
        url=snapshot.final_url or snapshot.url,
        status=snapshot.status,
        document=snapshot.document,
    )
    if block:
        raise Blocked(f"{block.name}: {block.evidence}", rule=block.rule)


def _recognise(page: Page) -> tuple[Layout, object]:
    for layout in known_layouts():
        state = layout.find(page)
        if state is not None:
            return layout, state
    if _BEGINS.search(page.source) and not _ENDS.search(page.source):
        raise Truncated("the page breaks off before its state", rule="document")
    raise LayoutUnknown("no layout knows this page", rule="no_state")


def _refuse_foreign(item: OfferItem, snapshot: Snapshot) -> None:
    """A page may hold another offer's state: what was asked for decides."""
    for url in (snapshot.url, snapshot.final_url):
        try:
            asked = OfferRef.parse(url or "").offer_id
        except RefError:
            continue
        if asked != item.offer_id:
            raise Invalid(
                f"asked for offer {asked}, the page is of {item.offer_id}",
                rule="offer_id",
                field="offer_id",
            )
