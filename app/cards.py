"""What a search or shop list tells of one offer (CONTRACT §1, end). Pure values.

A card is a hint where to look, not the offer: only the offer's own page fills an OfferItem.
"""

from pydantic import Field

from app.items import (
    Count,
    Id,
    Money,
    OfferId,
    PriceTier,
    Rate,
    Sold,
    Text,
    Url,
    Value,
)


class CardSupplier(Value):
    member_id: Id | None = None
    login_id: Text | None = None
    company_name: Text | None = None
    shop_url: Url | None = None
    years: Count | None = None


class OfferCard(Value):
    """One offer in a list. It has no address: a card's own link may be an advertiser's."""

    offer_id: OfferId
    title: Text
    price: Money | None = None
    price_kind_text: Text | None = None
    """What the site says the price is: `限时价`, `券后价`; None for an ordinary one."""
    price_tiers: list[PriceTier] = Field(default_factory=list)
    image_url: Url | None = None
    sold: Sold | None = None
    repurchase_rate: Rate | None = None
    is_ad: bool = False
    position: Count | None = None
    """Place in its page's list, from 1, cards that are no offers not counted."""
    page: Count | None = None
    province: Text | None = None
    city: Text | None = None
    supplier: CardSupplier | None = None
