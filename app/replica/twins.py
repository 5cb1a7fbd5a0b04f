"""Products that several suppliers sell, and others that only look the same: the labelled set.

A family is one look: the same pictures but for a label, the same words. Its products differ in what
makes them another product (model, size, pieces together, style). Each is sold by some suppliers,
who tell it in their own words, with their own or the maker's pictures, and leave something out.
Offers keep their ids, prices, ladders and SKUs. Pure and deterministic.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.replica.twin_words import BRANDS, FEATURES, FILLERS, GOODS, STYLES, VARIANTS, Goods
from app.replica.values import Offer

PICTURES = 4
"""That there are of a product; an offer shows some of them."""
TREATMENTS = ("same", "same", "same", "again", "marked", "cropped")
"""What sellers do to a picture that they took over; most do nothing."""
_LATIN_PAIR = re.compile(r"(?<=[A-Za-z0-9])\0(?=[A-Za-z0-9])")
"""Two words that a seller would not write together."""
OWN_PICTURES, OWN_WORDS = 0.12, 0.1
"""Share of offers with a seller's own photographs, and with a title of the seller's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """The truth about one product."""

    number: int
    family: int
    goods: Goods
    style: str
    features: tuple[str, ...]
    size: str
    pieces: int
    model: str | None
    attributes: tuple[tuple[str, str], ...]
    sellers: int

    @property
    def differs_in(self) -> str:
        """From the others of its family."""
        return VARIANTS[self.family % len(VARIANTS)]


def dressed(offer: Offer) -> Offer:
    """The offer as one of a product that others sell, too."""
    product, place = _cast(offer.seed, offer.index)
    rng = random.Random(f"{offer.seed}:{offer.index}:twin")
    top, second, _ = offer.product.category
    own = replace(
        offer.product, noun=product.goods.nouns[0], category=(top, second, product.goods.leaf)
    )
    return replace(
        offer,
        product=own,
        traits=replace(offer.traits, english=False, awkward_title=False),
        title=_title(product, rng),
        images=_images(offer, product, rng),
        attributes=_attributes(offer, product, place, rng),
    )


def labels(seed: int, offer_ids: Sequence[str]) -> list[dict[str, object]]:
    """`{product, family, differ, offer_ids}` of each product of a catalog, by the ids in its order."""
    found: dict[int, list[str]] = {}
    products: dict[int, Product] = {}
    for index, offer_id in enumerate(offer_ids):
        product, _ = _cast(seed, index)
        products[product.number] = product
        found.setdefault(product.number, []).append(offer_id)
    return [
        {
            "product": number,
            "family": products[number].family,
            "differ": products[number].differs_in,
            "offer_ids": ids,
        }
        for number, ids in found.items()
    ]


def _cast(seed: int, index: int) -> tuple[Product, int]:
    """Which product the offer at an index is, and the how manieth seller's."""
    size, number = 64, index
    while len(table := _table(seed, size)) <= number:
        size *= 2
    return table[number]


@lru_cache(maxsize=64)
def _table(seed: int, families: int) -> tuple[tuple[Product, int], ...]:
    return tuple(
        (product, place)
        for family in range(families)
        for product in _family(seed, family)
        for place in range(product.sellers)
    )


@lru_cache(maxsize=4096)
def _family(seed: int, family: int) -> tuple[Product, ...]:
    rng = random.Random(f"{seed}:family:{family}")
    goods = rng.choice(GOODS)
    first = Product(
        number=family * 10,
        family=family,
        goods=goods,
        style=rng.choice(STYLES),
        features=tuple(rng.sample(FEATURES, 5)),
        size=rng.choice(goods.sizes),
        pieces=1,
        model=_model(rng)
        if VARIANTS[family % len(VARIANTS)] == "model" or _happens(rng, 0.5)
        else None,
        attributes=tuple((name, rng.choice(values)) for name, values in goods.attributes),
        sellers=rng.choice((1, 2, 3, 3, 4, 5, 6)),
    )
    others = rng.choice((0, 1, 1, 2))
    return (first, *(_other(first, number, rng) for number in range(1, others + 1)))


def _other(first: Product, number: int, rng: random.Random) -> Product:
    """A product that looks like the first and is another."""
    own = replace(first, number=first.number + number, sellers=rng.choice((1, 2, 3, 4)))
    match first.differs_in:
        case "model":
            return replace(own, model=_model(rng))
        case "size":
            rest = [size for size in first.goods.sizes if size != first.size]
            return replace(own, size=rest[(number - 1) % len(rest)])
        case "pieces":
            return replace(own, pieces=(2, 3, 5)[number])
    rest = [style for style in STYLES if style != first.style]
    model = first.model and _model(rng)
    return replace(
        own,
        model=model,
        style=rng.choice(rest),
        features=(*first.features[:3], *rng.sample(FEATURES, 2)),
    )


def _model(rng: random.Random) -> str:
    return (
        f"{''.join(rng.choices('ABCDHKLMTX', k=rng.choice((1, 2))))}{rng.randrange(10, 9999):03d}"
    )


def _happens(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def _title(product: Product, rng: random.Random) -> str:
    kept = 2 if _happens(rng, OWN_WORDS) else rng.choice((3, 4, 5, 5))
    words = [product.style, *rng.sample(product.features, kept)]
    words += rng.sample(FILLERS, rng.randrange(1, 4))
    words.append(rng.choice((product.goods.nouns[0], *product.goods.nouns)))
    if product.differs_in == "size" or _happens(rng, 0.5):
        words.append(product.size)
    if product.pieces > 1:
        words.append(rng.choice((f"{product.pieces}件套", f"{product.pieces}个装")))
    if product.model and (product.differs_in == "model" or _happens(rng, 0.6)):
        words.append(product.model)
    if _happens(rng, 0.1):
        words.append(f"YL{rng.randrange(1000, 9999)}")
    rng.shuffle(words)
    return _LATIN_PAIR.sub(" ", "".join(words[:1] + [f"\0{word}" for word in words[1:]])).replace(
        "\0", ""
    )


def _attributes(
    offer: Offer, product: Product, place: int, rng: random.Random
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    told = [("品牌", rng.choice(BRANDS)), *product.attributes]
    kept = [(name, (value,)) for name, value in told if _happens(rng, 0.75)]
    if product.model and _happens(rng, 0.7):
        kept.append(("型号", (product.model,)))
    if _happens(rng, 0.7):
        makers = product.model and _happens(rng, 0.3)
        kept.append(("货号", (str(product.model) if makers else f"S{offer.index}-{place}",)))
    return tuple(kept)


def _images(offer: Offer, product: Product, rng: random.Random) -> tuple[str, ...]:
    """Addresses that tell `twin_pictures` what to draw, and are otherwise as any."""
    own = _happens(rng, OWN_PICTURES)
    look = 50_000 + offer.index % 50_000 if own else product.family
    chosen = rng.sample(range(PICTURES), rng.choice((2, 3, 4)))
    variant = product.number % 10
    return tuple(
        f"https://cbu01.alicdn.com/img/ibank/O1CN01T{offer.seed:04d}{look:05d}"
        f"{variant}{number}{TREATMENTS.index(treatment)}{rng.randrange(1000):03d}Wn"
        f"_!!{offer.supplier.user_id}-0-cib.jpg"
        for number in chosen
        for treatment in (rng.choice(TREATMENTS),)
    )
