"""Items for tests of the store and the books, made up here; and hypothesis strategies for any item."""

import string
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

from app import items
from app.items import OfferItem, PriceKind, Sku, Status
from app.refs import Intake, OfferRef, Rejected
from app.store.offers import Observation

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)


def seen(run_id: int = 1, token: int = 1, at: datetime = NOON) -> Observation:
    return Observation(run_id=run_id, token=token, observed_at=at)


def intake(
    count: int, *, duplicates: int = 0, rejected: int = 0, first: int = 600_000_000_001
) -> Intake:
    refs = tuple(OfferRef(offer_id=str(first + number)) for number in range(count))
    return Intake(
        accepted=refs,
        duplicates=tuple(refs[number % count] for number in range(duplicates)),
        rejected=tuple(
            Rejected(line=n + 1, text=f"line {n}", reason="no offer") for n in range(rejected)
        ),
    )


def item(
    offer_id: str = "600000000001",
    *,
    colours: int = 3,
    steps: int = 2,
    pictures: int = 3,
    **changes,
) -> OfferItem:
    """A plausible offer, the same each time."""
    names = [f"色{number}" for number in range(colours)]
    plain = {
        "offer_id": offer_id,
        "url": f"https://detail.1688.com/offer/{offer_id}.html",
        "title": "测试 Mütze 🔥𠮷",
        "language": "zh",
        "status": Status.ON_SALE,
        "unit": "件",
        "price_kind": PriceKind.TIERED if steps else PriceKind.SINGLE,
        "price_min": Decimal("9.90"),
        "price_max": Decimal("19.50"),
        "price_tiers": [
            {
                "min_quantity": 1 + 10 * n,
                "max_quantity": 10 * (n + 1) if n + 1 < steps else None,
                "price": Decimal("19.5") - n,
            }
            for n in range(steps)
        ],
        "stock": 1200,
        "sold": {"count": 35000, "text": "3.5万+", "window": "一年内"},
        "sku_axes": [{"name": "颜色", "values": [{"name": name} for name in names]}]
        if colours
        else [],
        "skus": [
            Sku(
                sku_id=str(5_000 - n),
                options={"颜色": name},
                stock=10 * n,
                sold=n,
                weight_kg=Decimal("0.25"),
            )
            for n, name in enumerate(names)
        ],
        "attributes": [{"name": "材质", "values": ["棉", "cotton"]}],
        "images": [f"https://cbu01.alicdn.com/img/{offer_id}/{n}.jpg" for n in range(pictures)],
        "supplier": {
            "member_id": "b2b-1",
            "company_name": "某某有限公司",
            "service_score": Decimal("4.5"),
            "repeat_rate": Decimal("0.5583"),
        },
        "rating": {"score": Decimal("4.8"), "reviews": 12},
        "created_at": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        "layout": "sample",
        "provenance": {"title": {"carrier": "state", "path": "$.title"}},
    }
    return OfferItem.model_validate(plain | changes)


# -- any item ------------------------------------------------------------------------------------

_CHARS = st.characters(codec="utf-8", exclude_characters="\x00")
TEXT = st.text(_CHARS, min_size=1, max_size=30)
ID = TEXT.map(str.strip).filter(bool)
COUNT = st.integers(0, 2**63 - 1)
MONEY = st.decimals(0, Decimal("9999999999.9999"), places=4) | st.decimals(0, 99, places=1)
MEASURE = st.decimals(Decimal("0.0001"), Decimal("9999999999.9999"), places=4)
RATE = st.decimals(0, 1, places=6)
SCORE = st.decimals(0, 5, places=9)
URL = st.text(string.ascii_letters + string.digits + "/.-_?=&%服", min_size=1, max_size=60).map(
    "https://".__add__
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIME = st.datetimes(
    datetime(1990, 1, 2),  # noqa: DTZ001 - a bound
    datetime(2200, 12, 30),  # noqa: DTZ001
    timezones=ZONES,
)


def maybe(strategy):
    return st.none() | strategy


def built(cls, **fields):
    return st.builds(cls, **fields)


SUPPLIER = built(
    items.Supplier,
    member_id=maybe(ID), login_id=maybe(TEXT), user_id=maybe(ID), company_name=maybe(TEXT),
    shop_url=maybe(URL), kind=maybe(ID), service_score=maybe(SCORE), repeat_rate=maybe(RATE),
    years=maybe(COUNT),
)  # fmt: skip
AXIS_VALUE = built(items.AxisValue, name=TEXT, image_url=maybe(URL))
PART = {
    "category": built(
        items.Category, leaf_id=maybe(ID), leaf_name=maybe(TEXT), second_id=maybe(ID),
        top_id=maybe(ID), path=st.lists(TEXT, max_size=3),
    ),
    "mix_order": built(
        items.MixOrder, supported=st.booleans(), min_quantity=maybe(COUNT), min_amount=maybe(MONEY)
    ),
    "sold": built(items.Sold, count=maybe(COUNT), text=maybe(TEXT), window=maybe(TEXT)),
    "video": built(items.Video, video_id=ID, url=maybe(URL), cover_url=maybe(URL)),
    "freight": built(
        items.Freight, ship_from=maybe(TEXT), free=maybe(st.booleans()), fee=maybe(MONEY),
        template_id=maybe(ID), unit_weight_kg=maybe(MEASURE),
    ),
    "supplier": SUPPLIER,
    "rating": built(items.Rating, score=maybe(SCORE), good_rate=maybe(RATE), reviews=maybe(COUNT)),
}  # fmt: skip
FLAGS = built(
    items.Flags,
    **dict.fromkeys(items.Flags.model_fields, maybe(st.booleans())),
)
SKU = built(
    items.Sku, sku_id=ID, spec_id=maybe(ID), options=st.just({}), price=maybe(MONEY),
    list_price=maybe(MONEY), stock=maybe(COUNT), sold=maybe(COUNT), image_url=maybe(URL),
    weight_kg=maybe(MEASURE), length_cm=maybe(MEASURE), width_cm=maybe(MEASURE),
    height_cm=maybe(MEASURE),
)  # fmt: skip


@st.composite
def _choices(draw) -> dict[str, object]:
    names = draw(st.lists(TEXT, unique=True, max_size=3))
    axes = [
        items.SkuAxis(name=name, values=draw(st.lists(AXIS_VALUE, min_size=1, max_size=3)))
        for name in names
    ]
    skus = draw(st.lists(SKU, unique_by=lambda sku: sku.sku_id, max_size=4))
    return {
        "sku_axes": axes,
        "skus": [
            sku.model_copy(
                update={
                    "options": {axis.name: draw(st.sampled_from(axis.values)).name for axis in axes}
                }
            )
            for sku in skus
        ],
    }


@st.composite
def _prices(draw) -> dict[str, object]:
    kind = draw(st.sampled_from([PriceKind.TIERED, PriceKind.PER_SKU, PriceKind.SINGLE]))
    low, high = sorted(draw(st.tuples(MONEY, MONEY)))
    steps = [] if kind is PriceKind.PER_SKU else sorted(draw(st.sets(COUNT, max_size=4)))
    tiers = [
        items.PriceTier(min_quantity=step, max_quantity=draw(maybe(COUNT)), price=draw(MONEY))
        for step in steps
    ]
    return {"price_kind": kind, "price_min": low, "price_max": high, "price_tiers": tiers}


@st.composite
def any_item(draw, offer_id: str = "600000000001") -> OfferItem:
    """Any item that validates."""
    fields = {
        "offer_id": offer_id,
        "url": f"https://detail.1688.com/offer/{offer_id}.html",
        "title": draw(TEXT),
        "language": draw(ID),
        "status": draw(st.sampled_from(list(Status))),
        "unit": draw(maybe(ID)),
        "currency": draw(ID),
        "list_price_min": draw(maybe(MONEY)),
        "list_price_max": draw(maybe(MONEY)),
        "min_order_quantity": draw(maybe(COUNT)),
        "stock": draw(maybe(COUNT)),
        "attributes": draw(
            st.lists(
                built(items.Attribute, name=TEXT, values=st.lists(TEXT, max_size=3)), max_size=3
            )
        ),
        "images": draw(st.lists(URL, max_size=4)),
        "description_url": draw(maybe(URL)),
        "description_images": draw(maybe(st.lists(URL, max_size=3))),
        "lead_times": draw(
            st.lists(built(items.LeadTime, min_quantity=COUNT, hours=COUNT), max_size=2)
        ),
        "services": draw(st.lists(built(items.Service, code=maybe(ID), name=TEXT), max_size=2)),
        "flags": draw(FLAGS),
        "created_at": draw(maybe(TIME)),
        "posted_at": draw(maybe(TIME)),
        "modified_at": draw(maybe(TIME)),
        "layout": draw(ID),
        "provenance": draw(
            st.dictionaries(TEXT, built(items.Source, carrier=ID, path=TEXT), max_size=3)
        ),
    }
    fields |= {name: draw(maybe(strategy)) for name, strategy in PART.items()}
    return OfferItem.model_validate(fields | draw(_choices()) | draw(_prices()))
