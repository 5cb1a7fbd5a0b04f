"""Values as pages write them -> values as `app.items` wants them. Pure, one function a kind.

Every function takes whatever the page held and returns None for what it does not tell: nothing here
raises on a strange value. What breaks a rule of `app.items` is left for its validation to refuse.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from urllib.parse import urlsplit

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUMBER = re.compile(r"[0-9]++(?:,[0-9]{3})*+(?:\.[0-9]++)?+")
_MULTIPLES = {"": 1, "万": 10_000, "亿": 100_000_000}
_COUNTED = re.compile(r"([0-9]++(?:,[0-9]{3})*+(?:\.[0-9]++)?+)\s*+([万亿]?)")
_MASK = re.compile(r"[*＊?？]|可见")
_NO_LIMIT = 2_147_483_647
"""What the site writes where a number is not set (Java's largest int)."""
_MOST_AXES = 8
_TOO_LARGE = Decimal(10) ** 18
"""No price, size or rate; arithmetic stays exact below."""
_FURTHEST_MS = 32_503_680_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PARAMETERS = re.compile(r"[?#].*")
_DERIVED = re.compile(
    r"_(?:\.webp|b\.jpg|sum\.jpg|q\d{1,3}\.jpg|\d{1,5}x\d{1,5}(?:q\d{1,3})?\.(?:jpg|png))$"
)
_SIZED = re.compile(r"\.(?:\d{1,5}x\d{1,5}(?:xz)?|search|summ)\.(jpg|jpeg|png|webp|gif)$")
_IMAGE_ROOT = "https://cbu01.alicdn.com/"
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def text(value: object) -> str | None:
    """Human text: entities decoded, blank ends cut, what no database stores replaced."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    decoded = _ENTITY.sub(lambda found: html.unescape(found[0]), str(value))
    return _UNSTORABLE.sub("\ufffd", decoded).strip() or None


def identifier(value: object) -> str | None:
    """An id as text. 0, "0", "null" and "" are how the site writes that there is none."""
    if isinstance(value, float):
        return None  # a number too large to be an id
    written = text(value)
    return None if written in {None, "0", "null", "undefined"} else written


def boolean(value: object) -> bool | None:
    """True and False, also as the words old pages use."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def decimal(value: object) -> Decimal | None:
    """A number with the digits it was served with; signs of currency around it are ignored.

    A number below zero keeps its sign, for the rules of `app.items` to refuse it.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, str):
        found = _NUMBER.search(value)
        written = _sign(value, found) + found[0].replace(",", "") if found else ""
    else:
        written = str(value)
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _TOO_LARGE else None


def _sign(value: str, found: re.Match[str]) -> str:
    return "-" if value[: found.start()].rstrip(" ￥¥").endswith("-") else ""


def _told(number: Decimal | None) -> Decimal | None:
    """-1 is how the site writes that a fee, a size or a limit is not set."""
    return None if number == -1 else number


def price(value: object) -> Decimal | None:
    """CNY. Nothing costs 0: a zero stands for a price that is not told."""
    if isinstance(value, str) and _MASK.search(value):
        return None
    return decimal(value) or None


def fee(value: object) -> Decimal | None:
    """CNY, where 0 is a fact."""
    return _told(decimal(value))


def is_masked(value: object) -> bool:
    """A price shown as `**.**` or "visible to authorised buyers" to whom it is not meant for."""
    return isinstance(value, str) and _MASK.search(value) is not None


def price_range(value: object) -> tuple[Decimal, Decimal] | None:
    """`2.30-20.52`, `￥7.00` or a list of such -> (lowest, highest)."""
    if not isinstance(value, str) or _MASK.search(value):
        return None
    first, *others = _NUMBER.findall(value) or [""]
    low = decimal(value) if first else None
    ends = [end for end in (low, *(decimal(other) for other in others)) if end]
    return (min(ends), max(ends)) if ends else None


def count(value: object) -> int | None:
    """A whole number of things: 245, "245", "3.5万+", "已售1200+件"."""
    if isinstance(value, str):
        found = _COUNTED.search(value)
        number = decimal(value) if found else None
        return int(number * _MULTIPLES[found[2]]) if found and number is not None else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    whole = isinstance(value, int) or (abs(value) < 2**53 and value.is_integer())
    return int(value) if whole else None


def quantity(value: object) -> int | None:
    """How many to order; nobody orders 0: it is not told."""
    return count(value) or None


def limit(value: object) -> int | None:
    """A count where 0 and the largest int mean that nothing is set."""
    number = count(value)
    return number if number and number not in {-1, _NO_LIMIT} else None


def amount(value: object) -> Decimal | None:
    """CNY where 0 and the largest int mean that nothing is set."""
    number = _told(decimal(value))
    return number if number and number != _NO_LIMIT else None


def share(value: object) -> Decimal | None:
    """`55.83%`, `94.1` -> 0.5583, 0.941; always out of a hundred."""
    number = decimal(value)
    return None if number is None else trimmed(number / 100)


def score(value: object) -> Decimal | None:
    """`4.5分`, 4.8. Nobody has 0: it stands for no votes."""
    return decimal(value) or None


def measure(value: object) -> Decimal | None:
    """Kilogrammes or centimetres, to four decimals; 0 is not filled in."""
    number = decimal(value)
    return trimmed(round(number, 4)) if number and number != -1 else None


def grams(value: object) -> Decimal | None:
    """Grammes -> kilogrammes; 0 is not filled in."""
    number = decimal(value)
    return measure(number / 1000) if number and number != -1 else None


def trimmed(number: Decimal) -> Decimal:
    """The number without trailing zeros, in plain notation."""
    whole = number.normalize()
    return whole if whole.as_tuple().exponent <= 0 else whole.quantize(Decimal(1))  # type: ignore[operator]


def moment(value: object) -> datetime | None:
    """Milliseconds since 1970 -> aware UTC; what is not after 1970 is not set."""
    number = count(value)
    if not number or not 0 < number <= _FURTHEST_MS:
        return None
    return _EPOCH + timedelta(milliseconds=number)


def language(title: str) -> str:
    """`zh` if a Chinese character stands in the title, else what the site translates into."""
    return "zh" if _CHINESE.search(title) else "en"


def url(value: object) -> str | None:
    """An https address; a missing scheme is added, http is upgraded, anything else is refused."""
    written = text(value)
    if written is None or not re.match(r"(?:https?:)?//[^\s\\]+$", written, re.IGNORECASE):
        return None
    return "https:" + written[written.index("//") :]


def site_url(value: object) -> str | None:
    """An https address on 1688.com."""
    address = url(value)
    try:
        host = urlsplit(address or "").hostname or ""
    except ValueError:
        return None
    return address if host.endswith(".1688.com") else None


def image(value: object) -> str | None:
    """The original of an image: https, without parameters and without the suffixes of its sizes."""
    written = text(value)
    if written is None:
        return None
    if written.startswith("img/ibank/"):
        written = _IMAGE_ROOT + written
    address = url(_PARAMETERS.sub("", written))
    while address and _DERIVED.search(address):
        address = _DERIVED.sub("", address)
    return _SIZED.sub(r".\1", address) if address else None


def images(values: object) -> list[str]:
    """Originals in page order, each once. Takes addresses and the records pages keep them in."""
    found: dict[str, None] = {}
    for value in values if isinstance(values, list) else ():
        address = image(_address(value))
        if address:
            found[address] = None
    return list(found)


def _address(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    keys = ("fullPathImageURI", "imageURI", "imgUrl", "original", "preview")
    return next((value[key] for key in keys if value.get(key)), None)


def split_values(value: object) -> list[str]:
    """`a,b` -> both: how mobile and old pages write an attribute of several values."""
    written = text(value)
    return [part for piece in (written or "").split(",") if (part := piece.strip())]


def options(spec: str, axes: Sequence[tuple[str, Iterable[str]]]) -> dict[str, str] | None:
    """`红&gt;XL` -> {"颜色": "红", "尺码": "XL"}, or None if the axes do not explain it.

    The entity is the separator; a bare `>` is one only where the axes' own value names say so,
    because names may hold `>` and `;` themselves.
    """
    names = [name for name, _ in axes]
    values = [set(known) for _, known in axes]
    parts = [text(part) or "" for part in spec.split("&gt;")]
    if len(parts) != len(axes) or any(p not in v for p, v in zip(parts, values, strict=True)):
        parts = _explained(text(spec) or "", values)
    return dict(zip(names, parts, strict=True)) if parts else None


def _explained(spec: str, values: Sequence[set[str]]) -> list[str]:
    """The first way to read `spec` as one value of each axis joined by `>`; [] if there is none."""

    @cache
    def tail(at: int, axis: int) -> tuple[str, ...]:
        last = axis == len(values) - 1
        for value in sorted(values[axis], key=len, reverse=True):
            end = at + len(value)
            if last and spec[at:] == value:
                return (value,)
            if not last and spec.startswith(value + ">", at):
                rest = tail(end + 1, axis + 1)
                if rest:
                    return (value, *rest)
        return ()

    return list(tail(0, 0)) if 0 < len(values) <= _MOST_AXES else []
