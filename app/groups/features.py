"""What of an offer tells which product it is: words of its title, codes, measures, pictures. Pure.

Words of the trade (批发, 厂家直销, 现货…) are left out: they tell how something is sold.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.store.words import normal

TRADE = (
    "厂家直销", "厂家直供", "工厂直销", "源头厂家", "源头工厂", "一件代发", "一件起批",
    "现货批发", "跨境专供", "跨境电商", "支持定制", "来图定制", "亚马逊", "速卖通", "东南亚",
    "义乌", "批发", "厂家", "直销", "直供", "工厂", "源头", "现货", "代发", "跨境", "外贸",
    "出口", "新款", "新品", "爆款", "热销", "网红", "抖音", "同款", "包邮", "供应", "定制",
    "可定制", "优质", "特价", "清仓", "促销", "专供", "货源", "礼品", "家用", "日用", "高品质",
    "ins风", "网店", "地摊",
)  # fmt: skip
PICTURES = 6
"""Of a gallery, from its beginning: what comes later is often the shop's own advertising."""
FLAT_BITS = 6
"""A picture with fewer bits set in its hash, or fewer not set, is a plain area."""
CODE = 3
"""Letters of the shortest code that names a model."""

_TRADE = re.compile("|".join(sorted(TRADE, key=len, reverse=True)))
_UNITS = {
    "ml": "ml", "毫升": "ml", "l": "l", "升": "l", "cm": "cm", "厘米": "cm", "mm": "mm",
    "毫米": "mm", "寸": "寸", "英寸": "寸", "g": "g", "克": "g", "kg": "kg", "公斤": "kg",
    "斤": "斤", "w": "w", "瓦": "w", "mah": "mah", "毫安": "mah", "v": "v", "gb": "gb",
    "码": "码", "米": "米",
}  # fmt: skip
_NUMBER = r"\d+(?:\.\d+)?"
_BY_LENGTH = "|".join(sorted(_UNITS, key=len, reverse=True))
_MEASURE = re.compile(rf"(?<![a-z0-9.])({_NUMBER})\s?({_BY_LENGTH})(?![a-z0-9])")
_NUMERALS = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_PACK = re.compile(
    rf"(\d{{1,4}}|[{''.join(_NUMERALS)}])\s?(?:件套|[件个只支片对双条包盒把套]装|pcs?(?![a-z])|[个只支片]/[套盒包])"
)
_SET = re.compile("套装|组合装")
_WORD = re.compile(r"[a-z0-9]+(?:[-_/][a-z0-9]+)*")
_KNOWN_CODES = re.compile(r"ipx?\d+|usb[\d.]*|mp\d|type-?c|\d[dkg]|[ab]\d|pm\d+|led\d*|\d+x\d+")
"""What looks like a model and is a property of many products."""

BRANDS, ARTICLES, MODELS = {"品牌"}, {"货号", "产品货号"}, {"型号", "规格型号", "产品型号", "款号"}
NO_BRAND = {
    "",
    "无",
    "其他",
    "其它",
    "other",
    "无品牌",
    "品牌无",
    "oem",
    "自主品牌",
    "样例",
    "中性",
}
OWN = (
    BRANDS
    | ARTICLES
    | MODELS
    | {"主要下游平台", "主要销售地区", "加印logo", "是否跨境出口专供货源", "产地"}
)
"""Attributes that are looked at by themselves, or tell about the seller."""

PLAIN = ("supplier", "category", "brand", "pack")
SETS = ("words", "models", "codes", "articles")
MAPS = ("measures", "attributes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """What is compared of an offer."""

    offer_id: str
    supplier: str | None
    category: str | None
    """Id of the leaf."""
    words: frozenset[str]
    """Of the title: ideographs two by two, Latin words; without codes and measures."""
    models: frozenset[str]
    """As its attributes name them."""
    codes: frozenset[str]
    """In the title: a model's most often, now and then the seller's own number."""
    articles: frozenset[str]
    """The seller's or the maker's numbers; what a seller made up tells little."""
    brand: str | None
    measures: Mapping[str, frozenset[str]]
    """Unit -> numbers, of the title."""
    pack: int
    """How many pieces are sold together; 0: a set that does not say."""
    attributes: Mapping[str, frozenset[str]]
    pictures: tuple[int, ...]
    """Hashes of the gallery's pictures, as far as they were fetched."""

    def as_json(self) -> dict[str, Any]:
        """For its row; the same features give the same JSON."""
        told: dict[str, Any] = {name: getattr(self, name) for name in PLAIN}
        told |= {name: sorted(getattr(self, name)) for name in SETS}
        for name in MAPS:
            told[name] = {key: sorted(each) for key, each in sorted(getattr(self, name).items())}
        # as text: databases read numbers above 2**63 from JSON as floats
        return told | {"pictures": [f"{one:016x}" for one in self.pictures]}

    @classmethod
    def read(cls, offer_id: str, told: Mapping[str, Any]) -> "Features":
        """The features whose `as_json` this is."""
        kept: dict[str, Any] = {name: told[name] for name in PLAIN}
        kept |= {name: frozenset(told[name]) for name in SETS}
        for name in MAPS:
            kept[name] = {key: frozenset(values) for key, values in told[name].items()}
        pictures = tuple(int(one, 16) for one in told["pictures"])
        return cls(offer_id=offer_id, pictures=pictures, **kept)


def features_of(
    *,
    offer_id: str,
    title: str,
    supplier: str | None,
    category: str | None,
    attributes: Iterable[tuple[str, Sequence[str]]],
    pictures: Iterable[int],
) -> Features:
    """What the stored values of an offer tell; any text is taken, none is refused."""
    told = {_plain(name).strip(): tuple(values) for name, values in attributes}
    text = _plain(title)
    rest, measures = _measures(text)
    rest, pack = _pack(rest)
    codes = {code: word for word in _WORD.findall(rest) for code in _codes(word)}
    for word in sorted(codes.values(), key=len, reverse=True):
        rest = rest.replace(word, " ")
    return Features(
        offer_id=offer_id,
        supplier=supplier,
        category=category,
        words=frozenset(tokens(rest)),
        models=frozenset(_codes_of(told, MODELS)),
        codes=frozenset(codes),
        articles=frozenset(_codes_of(told, ARTICLES)),
        brand=_brand(told),
        measures=measures,
        pack=pack,
        attributes={name: frozenset(map(_plain, told[name])) for name in told if name not in OWN},
        pictures=tuple(dict.fromkeys(one for one in pictures if _tells(one)))[:PICTURES],
    )


def tokens(text: str) -> Iterator[str]:
    """Words of a title, those of the trade left out: ideographs two by two, Latin words whole."""
    for run in normal(_TRADE.sub(" ", _plain(text))).split():
        if run.isascii() or len(run) == 1:
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _measures(text: str) -> tuple[str, dict[str, frozenset[str]]]:
    found: dict[str, set[str]] = {}
    for number, unit in _MEASURE.findall(text):
        short = number.rstrip("0").rstrip(".") if "." in number else number
        found.setdefault(_UNITS[unit], set()).add(short)
    return _MEASURE.sub(" ", text), {unit: frozenset(each) for unit, each in found.items()}


def _pack(text: str) -> tuple[str, int]:
    """How many pieces a title sells: the last number it names, as `3件套` or `10个装`."""
    counts = [_NUMERALS.get(each) or int(each) for each in _PACK.findall(text)]
    unsaid = 0 if _SET.search(text) else 1
    return _PACK.sub(" ", text), counts[-1] if counts else unsaid


def _codes(text: str) -> Iterator[str]:
    """A word as a code: letters and digits, longer than a size, no common property."""
    code = re.sub(r"[-_/\s]", "", text)
    mixed = any(char.isdigit() for char in code) and any(char.isalpha() for char in code)
    if mixed and len(code) >= CODE and not _KNOWN_CODES.fullmatch(code):
        yield code


def _codes_of(told: Mapping[str, Sequence[str]], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for value in told.get(name, ()):
            yield from (code for word in _WORD.findall(_plain(value)) for code in _codes(word))


def _brand(told: Mapping[str, Sequence[str]]) -> str | None:
    values = (_plain(value).strip() for name in sorted(BRANDS) for value in told.get(name, ()))
    return next((value for value in values if value not in NO_BRAND), None)


def _tells(picture: int) -> bool:
    return FLAT_BITS <= picture.bit_count() <= 64 - FLAT_BITS
