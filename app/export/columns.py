"""Which columns a file has: chosen by names, by a map in TOML, or the usual ones.

A map is what an ERP wants: its heading, where the value comes from, and what little is done to it.

    per = "sku"
    [[column]]
    name = "重量(g)"
    from = ["sku.weight_kg", "attribute.重量"]    # the first one that is known
    times = 1000                                  # also: plus, round
    default = "0"
    [[column]]
    name = "货币"
    value = "CNY"                                 # the same in each row
    [[column]]
    name = "标题"
    text = "{title} {option.颜色}"                 # put together; what is unknown is left out
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.export.sources import Read, source
from app.export.values import ExportError, Kind, Line, Per

MAPS = files("app.export") / "maps"
_SLOT = re.compile(r"\{([^{}]+)\}")
NUMBERS = (Kind.COUNT, Kind.MONEY, Kind.NUMBER)
LARGEST = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a file."""

    name: str
    kind: Kind
    read: Read


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """All columns of a file, and what one row of it is."""

    columns: tuple[Column, ...]
    per: Per
    is_chosen: bool = True
    """False for the usual ones."""


OFFER = (
    "offer_id", "title", "status", "price_min", "price_max", "price_tiers", "currency", "unit",
    "min_order_quantity", "stock", "sold", "supplier.company_name", "supplier.member_id",
    "supplier.shop_url", "province", "city", "category", "tags", "attributes", "sku_count", "image",
    "images", "url", "version", "first_seen_at", "changed_at", "observed_at",
)  # fmt: skip
SKU = (
    "offer_id", "title", "sku.sku_id", "options", "price", "sku.list_price", "currency", "stock",
    "unit", "min_order_quantity", "sku.weight_kg", "sku.length_cm", "sku.width_cm", "sku.height_cm",
    "image", "supplier.company_name", "status", "url", "version", "changed_at", "observed_at",
)  # fmt: skip
USUAL = {Per.OFFER: OFFER, Per.SKU: SKU}


def usual(per: Per) -> Columns:
    """What is worth looking at, if nobody says what is wanted."""
    return Columns(columns=_named(USUAL[per]), per=per, is_chosen=False)


def with_picture(told: Columns) -> Columns:
    """The same with the picture of each row as the first column."""
    own = source("picture")
    first = Column(name=own.name, kind=own.kind, read=own.read)
    return Columns(columns=(first, *told.columns), per=told.per, is_chosen=told.is_chosen)


def chosen(text: str, per: Per | None, *, may_name_files: bool = True) -> Columns:
    """Columns by names (`title,price_min`), by a TOML file, or by the name of a map that is there.

    Raises ExportError.
    """
    if text.endswith(".toml") and may_name_files:
        return mapped(_file(Path(text)), text, per)
    if text in shipped():
        return mapped((MAPS / f"{text}.toml").read_text("utf-8"), text, per)
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ExportError(f"'{text}' names no column")
    of_skus = any(name.startswith(("sku.", "option")) for name in names)
    return Columns(columns=_named(names), per=per or (Per.SKU if of_skus else Per.OFFER))


def shipped() -> list[str]:
    """Maps that come with pwsync."""
    return sorted(
        path.name.removesuffix(".toml") for path in MAPS.iterdir() if path.name.endswith(".toml")
    )


def _named(names: Sequence[str]) -> tuple[Column, ...]:
    found = [source(name) for name in dict.fromkeys(names)]
    return tuple(Column(name=each.name, kind=each.kind, read=each.read) for each in found)


def _file(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ExportError(f"{path}: no column map is larger than {LARGEST // 1024} KB")
        return path.read_text("utf-8")
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ExportError(f"{path} is not in UTF-8") from error


class Mapped(BaseModel):
    """A `[[column]]` of a map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[tuple[str, ...], Field(alias="from")] = ()
    text: str | None = None
    value: str | int | float | bool | None = None
    times: Decimal | None = None
    plus: Decimal | None = None
    digits: int | None = Field(default=None, alias="round", ge=0, le=6)
    default: str | int | float | None = None
    words: dict[str, str] = {}
    """Values that are called otherwise: `words = { on_sale = "在售" }`."""

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("from"), str):
            return {**given, "from": [given["from"]]}
        return given

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if sum((bool(self.source), self.text is not None, self.value is not None)) != 1:
            raise ValueError("needs exactly one of from, text, value")
        return self


class Map(BaseModel):
    """A whole map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per: Per = Per.OFFER
    column: Annotated[tuple[Mapped, ...], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [each.name for each in self.column]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two columns are named '{twice}'")
        if self.per is Per.PRODUCT:
            raise ValueError("per is offer or sku")
        return self


def mapped(text: str, where: str, per: Per | None) -> Columns:
    """The columns of a map; `where` is what errors call it. Raises ExportError."""
    try:
        told = Map.model_validate(tomllib.loads(text))
        columns = tuple(_column(each) for each in told.column)
    except tomllib.TOMLDecodeError as error:
        raise ExportError(f"{where}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = str(first["msg"]).removeprefix("Value error, ")
        raise ExportError(f"{where}: {place}: {said}" if place else f"{where}: {said}") from error
    except ExportError as error:
        raise ExportError(f"{where}: {error}") from error
    return Columns(columns=columns, per=per or told.per)


def _column(told: Mapped) -> Column:
    if told.value is not None:
        constant = told.value if isinstance(told.value, bool) else _decimal(told.value)
        return Column(name=told.name, kind=_kind_of(constant), read=lambda _: constant)
    kind, read = _template(told.text) if told.text is not None else _first_known(told.source)
    computed = _computed(told, kind)
    default = _decimal(told.default)
    own = _kind_after(told, kind, default)

    def value(line: Line) -> Any:
        found = computed(read(line))
        return default if found is None else found

    return Column(name=told.name, kind=own, read=value)


def _kind_of(value: Any) -> Kind:
    return {bool: Kind.FLAG, int: Kind.COUNT, Decimal: Kind.NUMBER}.get(type(value), Kind.TEXT)


def _kind_after(told: Mapped, kind: Kind, default: Any) -> Kind:
    """What a column holds after what is done to its values; mixed ones are text."""
    reckoned = told.times is not None or told.plus is not None
    found = Kind.NUMBER if reckoned and kind is Kind.COUNT else kind
    mixed = default is not None and (_kind_of(default) is Kind.TEXT) is not (found is Kind.TEXT)
    return Kind.TEXT if mixed or told.words else found


def _decimal(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _template(text: str) -> tuple[Kind, Read]:
    slots = {name: source(name).read for name in _SLOT.findall(text)}

    def read(line: Line) -> str | None:
        told = {name: fill(line) for name, fill in slots.items()}
        if slots and all(value is None for value in told.values()):
            return None
        filled = _SLOT.sub(lambda slot: _shown(told[slot[1]]), text)
        return " ".join(filled.split())

    return Kind.TEXT, read


def _shown(value: Any) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _first_known(names: Sequence[str]) -> tuple[Kind, Read]:
    sources = [source(name) for name in names]
    kinds = {each.kind for each in sources}

    def read(line: Line) -> Any:
        return next((found for each in sources if (found := each.read(line)) is not None), None)

    return (kinds.pop() if len(kinds) == 1 else Kind.TEXT), read


def _computed(told: Mapped, kind: Kind) -> Any:
    """What is done to a value: reckoned if it is a number, called otherwise if it is a word."""
    reckons = told.times is not None or told.plus is not None or told.digits is not None
    if reckons and kind not in NUMBERS:
        raise ExportError(f"column '{told.name}' is {kind}, which cannot be reckoned with")

    def compute(value: Any) -> Any:
        if value is None:
            return None
        if reckons:
            value = Decimal(value) * (told.times or 1) + (told.plus or 0)
            if told.digits is not None:
                value = value.quantize(Decimal(1).scaleb(-told.digits), ROUND_HALF_UP)
        return told.words.get(str(value), value) if told.words else value

    return compute
