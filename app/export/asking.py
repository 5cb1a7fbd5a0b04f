"""What a person asks of an export, in plain words and numbers, and the request that it comes to.

The command and the server's doors ask alike; only the command may name files of this machine.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.export import columns
from app.export.base import Format
from app.export.columns import Columns
from app.export.pictures import Thumbs, no_thumbs
from app.export.registry import format_of
from app.export.values import ExportError, Per, Pricing
from app.export.work import Request
from app.filters.parse import parse

MARK_LENGTH = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is wanted."""

    format: str
    where: str = ""
    """A filter."""
    columns: str | None = None
    """Names, or the name of a map that comes along; where files may be named, that of one."""
    map: str | None = None
    """A map of one's own, as TOML; in place of `columns`."""
    per: str | None = None
    since_last: bool = False
    mark: str | None = None
    """Whose last time; implies `since_last`."""
    limit: int | None = None
    rate: float = 1.0
    markup: float = 1.0
    pictures: bool = True


def request_of(
    asked: Asked,
    target: str,
    *,
    thumbs: Thumbs = no_thumbs,
    overwrite: bool = False,
    may_name_files: bool = False,
) -> Request:
    """The request. Raises ExportError, FilterError."""
    chosen = format_of(asked.format)
    return Request(
        format=chosen,
        columns=_columns(chosen, asked, may_name_files=may_name_files),
        query=parse(asked.where),
        target=target,
        mark=_mark(asked.mark or chosen.name) if asked.since_last or asked.mark else None,
        limit=asked.limit,
        pricing=_pricing(chosen, asked.rate, asked.markup),
        overwrite=overwrite,
        thumbs=thumbs,
    )


def _columns(chosen: Format, asked: Asked, *, may_name_files: bool) -> Columns:
    if asked.per not in {None, "offer", "sku"}:
        raise ExportError(f"a row is per offer or per sku, not per '{asked.per}'")
    if chosen.has_own_columns and (asked.columns or asked.map or asked.per):
        raise ExportError(f"{chosen.name} has columns of its own: none can be chosen, nor per")
    if asked.columns and asked.map:
        raise ExportError("columns and a map exclude each other")
    per = Per(asked.per) if asked.per else None
    if asked.map:
        return columns.mapped(asked.map, "map", per)
    if asked.columns:
        return columns.chosen(asked.columns, per, may_name_files=may_name_files)
    found = columns.usual(per or Per.OFFER)
    shows_pictures = chosen.shows_pictures and asked.pictures
    return columns.with_picture(found) if shows_pictures else found


def _pricing(chosen: Format, rate: float, markup: float) -> Pricing:
    if (rate, markup) != (1.0, 1.0) and not chosen.has_own_columns:
        raise ExportError(f"rate and markup are for shops; {chosen.name} keeps CNY")
    return Pricing(rate=Decimal(str(rate)), markup=Decimal(str(markup)))


def _mark(name: str) -> str:
    if not 1 <= len(name) <= MARK_LENGTH or not name.isprintable():
        raise ExportError(f"a mark is a name of up to {MARK_LENGTH} characters")
    return name
