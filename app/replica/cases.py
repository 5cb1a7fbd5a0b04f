"""Which era and kind the offer at an index has, and its odd traits. Tables and arithmetic; no values of offers."""

from dataclasses import dataclass
from enum import StrEnum


class Era(StrEnum):
    """How a page carries its state; also the name of the layout that reads it."""

    CONTEXT = "context"
    INIT_DESKTOP = "init_data_desktop"
    INIT_MOBILE = "init_data_mobile"
    DETAIL_CONFIG = "detail_config"


class Standing(StrEnum):
    """Whether the offer is still there, and how the site says so."""

    LIVE = "live"
    SOLD_OUT = "sold_out"
    """Mobile only: the page itself says it."""
    OFF_SHELF = "off_shelf"
    DELETED = "deleted"
    """Redirect to the 404 page."""
    DELETED_HOME = "deleted_home"
    """Redirect to the home page, which shows cards with prices."""


class Pricing(StrEnum):
    LADDER = "ladder"
    """SKUs carry no price; the quantity decides."""
    ONE_STEP = "one_step"
    """A ladder of one row."""
    PER_SKU = "per_sku"
    SAME = "same"
    """Every SKU carries the same price."""
    HIDDEN = "hidden"


class Weights(StrEnum):
    """What of its weights and sizes an offer's page tells."""

    BOTH = "both"
    GRAMS = "grams"
    KILOGRAMS = "kilograms"
    ZERO = "zero"
    """The columns are there and all 0: not filled in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One way of pricing and choosing."""

    name: str
    pricing: Pricing
    axes: int
    promotion: bool = False
    without: tuple[Era, ...] = ()
    """Eras of which nothing is known for this kind."""


KINDS: tuple[Kind, ...] = (
    Kind(name="ladder", pricing=Pricing.LADDER, axes=2),
    Kind(name="per_sku", pricing=Pricing.PER_SKU, axes=2),
    Kind(name="single", pricing=Pricing.SAME, axes=2),
    Kind(name="promotion", pricing=Pricing.PER_SKU, axes=1, promotion=True),
    Kind(name="no_sku", pricing=Pricing.ONE_STEP, axes=0),
    Kind(name="three_axes", pricing=Pricing.PER_SKU, axes=3),
    Kind(name="one_step", pricing=Pricing.ONE_STEP, axes=1),
    Kind(name="hidden", pricing=Pricing.HIDDEN, axes=1, without=(Era.DETAIL_CONFIG,)),
    Kind(
        name="promotion_ladder",
        pricing=Pricing.LADDER,
        axes=1,
        promotion=True,
        without=(Era.DETAIL_CONFIG,),
    ),
    Kind(name="no_sku_ladder", pricing=Pricing.LADDER, axes=0),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What stands at one place of the cycle."""

    era: Era
    kind: Kind
    standing: Standing = Standing.LIVE


_SPECIAL: tuple[tuple[int, Case], ...] = (
    (9, Case(era=Era.CONTEXT, kind=KINDS[0], standing=Standing.OFF_SHELF)),
    (14, Case(era=Era.CONTEXT, kind=KINDS[1], standing=Standing.DELETED)),
    (19, Case(era=Era.CONTEXT, kind=KINDS[2], standing=Standing.DELETED_HOME)),
    (22, Case(era=Era.INIT_MOBILE, kind=KINDS[1], standing=Standing.SOLD_OUT)),
)


def cycle(eras: tuple[Era, ...] = tuple(Era)) -> tuple[Case, ...]:
    """All cases in the order in which offers take them; the first 20 hold every kind and era."""
    cases = [
        Case(era=era, kind=kind)
        for turn in range(len(KINDS))
        for place, era in enumerate(eras)
        for kind in (KINDS[(turn + 3 * place) % len(KINDS)],)
        if era not in kind.without
    ]
    for position, case in _SPECIAL:
        if case.era in eras:
            cases.insert(min(position, len(cases)), case)
    return tuple(cases)


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """The oddities of one offer, by its index: each cycles with its own step, so all mix in time."""

    english: bool
    odd_names: bool
    awkward_title: bool
    video: bool
    holes: bool
    """Some combinations of the axes are not sold."""
    empty_stock: bool
    weights: Weights
    refs: bool
    """Repeated objects stand as fastjson `$ref`."""
    no_location: bool
    no_sold: bool
    no_rating: bool
    no_services: bool
    mix: bool
    presale: bool
    cross_border: bool
    customised: bool
    free_shipping: bool


_PLACES: dict[str, tuple[int, int]] = {
    "english": (11, 4),
    "odd_names": (5, 1),
    "awkward_title": (23, 12),
    "video": (3, 0),
    "holes": (3, 2),
    "empty_stock": (7, 2),
    "refs": (2, 0),
    "no_location": (9, 2),
    "no_sold": (10, 7),
    "no_rating": (5, 3),
    "no_services": (6, 5),
    "mix": (3, 1),
    "presale": (13, 5),
    "cross_border": (4, 1),
    "customised": (17, 8),
    "free_shipping": (7, 6),
}
"""A trait comes in every so manieth offer, at that place."""


def traits(index: int) -> Traits:
    """The traits of the offer at `index`."""
    has = {name: index % period == place for name, (period, place) in _PLACES.items()}
    return Traits(weights=tuple(Weights)[index // 4 % 4], **has)
