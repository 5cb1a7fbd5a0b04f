"""The offers of the local 1688: what is true about each of them, from a seed and an index.

Pure and deterministic. How a page shows it is `pages/`; what an extractor should make of it is
`expected.py`; both read the frozen values of `values.py` and neither reads the other.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product as combinations

from app.replica.cases import Case, Era, Pricing, Standing, Weights, cycle, traits
from app.replica.happenings import circumstances, repriced, revision
from app.replica.values import (
    Axis,
    AxisValue,
    Freight,
    Mix,
    Offer,
    Rating,
    Sku,
    Supplier,
    Tier,
    Video,
)
from app.replica.words import (
    MANNERS,
    ODD_NAMES,
    PLACES,
    PRODUCTS,
    PURPOSES,
    SERVICES,
    SHOP_FORMS,
    SHOP_KINDS,
    SHOP_NAMES,
    Product,
)

CENT = Decimal("0.01")


# The id is reversible: an odd factor is a bijection modulo a power of two.
_BASE = 600_000_000_000
_SPAN = 1 << 37
_FACTOR = 86_028_157_331


def offer_id(seed: int, index: int) -> str:
    """Twelve digits, unique in a catalog."""
    return str(_BASE + (index * _FACTOR + seed * 7_919_003) % _SPAN)


def index_of(seed: int, wanted: str) -> int:
    """The index whose offer has this id; of a foreign id some number beyond any catalog."""
    return (int(wanted) - _BASE - seed * 7_919_003) * pow(_FACTOR, -1, _SPAN) % _SPAN


def offer(
    seed: int,
    index: int,
    *,
    epoch: int = 1,
    eras: Sequence[Era] = tuple(Era),
    large_shop: int = 0,
) -> Offer:
    """The offer at `index`. Each later epoch changes about a third of them (`happenings.py`).

    `large_shop` as in `shop_number`.
    """
    cases = cycle(tuple(eras))
    seller = supplier(seed, shop_number(index, large_shop))
    return _Maker(seed, index, epoch, cases[index % len(cases)], seller).offer()


def catalog(
    seed: int, count: int, *, epoch: int = 1, eras: Sequence[Era] = tuple(Era)
) -> tuple[Offer, ...]:
    """The first `count` offers."""
    return tuple(offer(seed, index, epoch=epoch, eras=eras) for index in range(count))


SHOPS = 40


def shop_number(index: int, large_shop: int = 0) -> int:
    """Whose offer it is. With a large shop, number 0 has the first so many offers and no others."""
    if not large_shop:
        return index % SHOPS
    return 0 if index < large_shop else 1 + index % (SHOPS - 1)


def supplier(seed: int, number: int) -> Supplier:
    """The owner of a shop by its number."""
    shop = random.Random(f"{seed}:shop:{number}")
    user_id = 2_200_000_000_000 + shop.randrange(10**11)
    name = shop.choice(SHOP_NAMES) + shop.choice(SHOP_FORMS)
    return Supplier(
        member_id=f"b2b-{user_id}{shop.randrange(0x1000, 0xFFFF):04x}",
        login_id=f"{name[:4]}{user_id % 1000}",
        user_id=user_id,
        company_name=name,
        shop=f"shop{shop.randrange(16**9, 16**10):x}.1688.com",
        kind=shop.choice(SHOP_KINDS),
        service_score=Decimal(shop.randrange(31, 50)) / 10,
        repeat_percent=Decimal(shop.randrange(10, 80))
        + Decimal(shop.randrange(1, 10)) / 10
        + CENT * 3,
    )


def product_of(seed: int, index: int) -> Product:
    """What the offer at an index is."""
    return PRODUCTS[random.Random(f"{seed}:{index}:product").randrange(len(PRODUCTS))]


class _Maker:
    """Draws one offer. Each part has its own generator, so that a change of one leaves the others."""

    def __init__(self, seed: int, index: int, epoch: int, case: Case, seller: Supplier) -> None:
        self.seed, self.index, self.epoch, self.case = seed, index, epoch, case
        self.seller = seller
        self.offer_id = offer_id(seed, index)
        self.traits = traits(index)
        self.revision = revision(seed, index, epoch)
        self.product = product_of(seed, index)
        self.now = circumstances(seed, index, self.revision, len(self.choices(self.first_axes())))

    def rng(self, part: str) -> random.Random:
        return random.Random(f"{self.seed}:{self.index}:{part}")

    def rng_now(self, part: str) -> random.Random:
        return self.rng(f"{part}:{self.revision}")

    def offer(self) -> Offer:
        supplier = self.seller
        axes = self.axes()
        skus = self.skus(axes)
        created = datetime(2025, 3, 1, 8, tzinfo=UTC) + timedelta(minutes=self.index * 37)
        return Offer(
            seed=self.seed,
            index=self.index,
            epoch=self.epoch,
            offer_id=self.offer_id,
            era=self.case.era,
            kind=self.case.kind,
            standing=self.standing,
            traits=self.traits,
            title=self.title(),
            product=self.product,
            min_order=self.min_order,
            tiers=self.tiers(),
            axes=axes,
            skus=skus,
            stock=sum(sku.stock for sku in skus) if skus else self.stock_without_skus(),
            sold=self.sold(),
            images=tuple(self.picture(f"main{number}") for number in self.now.pictures),
            video=self.video(supplier.user_id),
            attributes=self.attributes(axes),
            freight=self.freight(),
            lead_times=((1, 48), (self.min_order * 50 + 1, 120))[: 1 + self.index % 2],
            services=SERVICES[: 2 + self.index % 3] if not self.traits.no_services else (),
            mix=self.mix(),
            supplier=supplier,
            rating=self.rating(),
            created_at=created,
            posted_at=created + timedelta(days=40, seconds=self.index % 60),
            modified_at=created + timedelta(days=200 + self.revision, minutes=3),
        )

    @property
    def standing(self) -> Standing:
        there = self.case.standing in (Standing.LIVE, Standing.SOLD_OUT)
        return Standing.OFF_SHELF if there and self.now.away else self.case.standing

    @property
    def min_order(self) -> int:
        return 1 + self.index % 3 + self.now.larger

    def stock_without_skus(self) -> int:
        return 0 if self.now.empty is not None else self.rng_now("stock").randrange(50, 90_000)

    def title(self) -> str:
        rng = self.rng("title")
        code = f"YL{self.index:04d}"
        code += f"-{self.now.edition}" if self.now.edition > 1 else ""
        if self.traits.english:
            return f"{self.product.english} {rng.choice(('wholesale', 'in stock', 'gift'))} {code}"
        name = f"{rng.choice(MANNERS)}{self.product.noun}{code}{rng.choice(PURPOSES)}"
        return f'[red]{name} A&B "甲"' if self.traits.awkward_title else name

    def picture(self, part: str) -> str:
        rng, user_id = self.rng(f"picture:{part}"), self.seller.user_id
        if self.case.era is Era.DETAIL_CONFIG:
            a, b, c = (rng.randrange(100, 999) for _ in range(3))
            return f"https://cbu01.alicdn.com/img/ibank/2018/{a}/{b}/{c}{rng.randrange(10**7)}_{user_id}.jpg"
        letters = "".join(
            rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789", k=17)
        )
        return f"https://cbu01.alicdn.com/img/ibank/O1CN01{letters}_!!{user_id}-0-cib.jpg"

    def axes(self) -> tuple[Axis, ...]:
        first, *rest = self.first_axes() or (None,)
        if first is None:
            return ()
        new = tuple(AxisValue(name=f"新款{number}") for number in self.now.launched)
        return (replace(first, values=(*first.values, *new)), *rest)

    def first_axes(self) -> tuple[Axis, ...]:
        """As they were before anything happened."""
        return tuple(
            Axis(
                fid=fid,
                name=name,
                values=tuple(
                    AxisValue(
                        name=self.value_name(value, number) if place == 0 else value,
                        image=self.picture(f"sku{number}") if place == 0 and number != 1 else None,
                    )
                    for number, value in enumerate(values)
                ),
            )
            for place, (fid, name, values) in enumerate(self.product.axes[: self.case.kind.axes])
        )

    def value_name(self, name: str, number: int) -> str:
        if not self.traits.odd_names:
            return name
        return ODD_NAMES[(number + self.index // 5) % len(ODD_NAMES)].format(
            name=name, n=number + 1
        )

    def choices(self, axes: tuple[Axis, ...]) -> list[tuple[AxisValue, ...]]:
        rows = list(combinations(*(axis.values for axis in axes))) if axes else []
        if self.traits.holes and len(axes) > 1:
            del rows[3::4]
        return rows

    def skus(self, axes: tuple[Axis, ...]) -> tuple[Sku, ...]:
        numbered = dict(enumerate(self.choices(self.first_axes())))
        rest = tuple(axis.values[0] for axis in axes[1:])
        for place, number in enumerate(self.now.launched, start=-len(self.now.launched)):
            numbered[500 + number] = (axes[0].values[place], *rest)
        sold = [number for number in numbered if number not in self.now.withdrawn]
        empty = sold[self.now.empty % len(sold)] if sold and self.now.empty is not None else None
        return tuple(self.sku(number, numbered[number], empty=number == empty) for number in sold)

    def sku(self, number: int, row: tuple[AxisValue, ...], *, empty: bool) -> Sku:
        rng = self.rng(f"sku:{number}")
        price, discounted = self.sku_price(number)
        filled = self.traits.weights is not Weights.ZERO
        return Sku(
            sku_id=5_000_000_000_000 + self.index * 1000 + number,
            spec_id=f"{rng.getrandbits(128):032x}",
            options=row,
            price=price,
            discount_price=discounted,
            stock=0
            if empty or (self.traits.empty_stock and number == 0)
            else self.rng_now(f"stock:{number}").randrange(1, 9000),
            sold=0 if number % 3 == 0 else rng.randrange(1, 500),
            grams=self.product.grams + number if filled else 0,
            size_cm=tuple(Decimal(rng.randrange(30, 600)) / 10 for _ in range(3))  # type: ignore[arg-type]
            if filled and self.traits.weights in (Weights.BOTH, Weights.GRAMS)
            else None,
        )

    def base_price(self) -> Decimal:
        first = self.rng("price:0").randrange(199, 9000)
        cents = repriced(first, self.revision, self.rng_now("price"))
        return Decimal(cents // 10 * 10) * CENT

    def sku_price(self, number: int) -> tuple[Decimal | None, Decimal | None]:
        if self.case.kind.pricing not in (Pricing.PER_SKU, Pricing.SAME):
            return None, None
        step = number if self.case.kind.pricing is Pricing.PER_SKU else 0
        price = (self.base_price() + Decimal(step) * Decimal("1.50")).quantize(CENT)
        return price, self.discounted(price)

    def discounted(self, price: Decimal) -> Decimal:
        return (price * Decimal("0.8")).quantize(CENT) if self.case.kind.promotion else price

    def tiers(self) -> tuple[Tier, ...]:
        pricing = self.case.kind.pricing
        if pricing not in (Pricing.LADDER, Pricing.ONE_STEP):
            return ()
        base = self.base_price() + 5
        starts = (self.min_order, 100, 1000)[: 1 if pricing is Pricing.ONE_STEP else 3]
        prices = [(base * (Decimal(100 - 8 * n) / 100)).quantize(CENT) for n in range(len(starts))]
        return tuple(
            Tier(min_quantity=start, price=price, discount_price=self.discounted(price))
            for start, price in zip(starts, prices, strict=True)
        )

    def sold(self) -> int | None:
        if self.traits.no_sold:
            return None
        rng = self.rng("sold")
        return rng.randrange(10_001, 90_000) if self.index % 2 else rng.randrange(101, 9_000)

    def video(self, user_id: int) -> Video | None:
        if not self.traits.video:
            return None
        video_id = 300_000_000_000 + self.rng("video").randrange(10**11)
        cover = self.rng("cover").randrange(16**12)
        return Video(
            video_id=video_id,
            url=f"https://cloud.video.taobao.com/play/u/{user_id}/p/2/e/6/t/1/{video_id}.mp4",
            cover=f"https://img.alicdn.com/imgextra/i1/6000000003832/O1CN01{cover:012x}_!!6000000003832-0-tbvideo.jpg",
        )

    def attributes(self, axes: tuple[Axis, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        code = ("货号", (f"YL{self.index:04d}",))
        of_axes = ((axis.name, tuple(value.name for value in axis.values)) for axis in axes[:2])
        return (("品牌", ("样例",)), code, *self.product.attributes, *of_axes)

    def freight(self) -> Freight:
        rng = self.rng("freight")
        free = self.traits.free_shipping
        return Freight(
            place=None if self.traits.no_location else rng.choice(PLACES),
            free=free,
            fee=Decimal(0) if free else Decimal(rng.randrange(30, 150)) / 10,
            template_id=0 if self.index % 8 == 0 else 10_000_000 + rng.randrange(10**7),
            unit_grams=self.product.grams if self.index % 4 == 0 else 0,
        )

    def mix(self) -> Mix:
        if not self.traits.mix:
            return Mix(supported=False, min_quantity=None, min_amount=None)
        amount = 100 * (1 + self.index % 5)
        return Mix(
            supported=True,
            min_quantity=2 + self.index % 9,
            min_amount=None if self.index % 2 else amount,
        )

    def rating(self) -> Rating | None:
        if self.traits.no_rating:
            return None
        rng = self.rng("rating")
        return Rating(
            score=Decimal(rng.randrange(41, 50)) / 10,
            good_percent=Decimal(rng.randrange(80, 99)) + Decimal(rng.randrange(1, 10)) / 10,
            reviews=rng.randrange(1, 3000),
        )
