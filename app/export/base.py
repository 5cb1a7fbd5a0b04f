"""What a format is: the class of the FORMAT in each file of `formats/`."""

from collections.abc import Callable
from dataclasses import dataclass

from app.export.columns import Columns
from app.export.values import Per, Pricing, Sink, Writer


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a format is asked for."""

    columns: Columns
    pricing: Pricing


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One kind of file."""

    name: str
    suffix: str
    help: str
    is_text: bool
    """Whether a terminal can show it."""
    open: Callable[[Sink, Wanted], Writer]
    per: tuple[Per, ...] = (Per.OFFER, Per.SKU)
    """What its rows may be, the usual one first."""
    needs_file: bool = False
    """Whether it is written back and forth, so that a pipe gets it at the end."""
    shows_pictures: bool = False

    @property
    def has_own_columns(self) -> bool:
        return self.per == (Per.PRODUCT,)
