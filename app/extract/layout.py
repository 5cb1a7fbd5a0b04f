"""What a layout is: its name, the bytes it is recognised by, how it finds and reads its state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.extract.carriers import Page
from app.items import OfferItem


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One known page shape. Each file of `layouts/` has one, named LAYOUT."""

    name: str
    marks: tuple[bytes, ...]
    """One of these stands in every page of this layout; other pages may hold them, too."""
    find: Callable[[Page], Any]
    """The state in the page, or None if the page is not of this layout. Raises Truncated."""
    extract: Callable[[Any], OfferItem]
    """The item in a state that `find` returned. Raises ExtractError."""
