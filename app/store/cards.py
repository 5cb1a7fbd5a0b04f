"""The cards of list pages in the database: what search and shop lists said, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert

from app import models
from app.cards import OfferCard
from app.models import table
from app.store.text import storable

CARD = table(models.OfferCardRow)
SAME = ("offer_id", "title", "price", "image_url", "repurchase_rate", "is_ad")
"""Fields of a card that are columns under the same name."""
SHORT = ("price_kind_text", "province", "city")
SHORT_LENGTH = 64


def save_cards(
    conn: Connection, cards: Sequence[OfferCard], *, run_id: int, page: int, seen_at: datetime
) -> None:
    """Store what a page of a run's list showed, ads included; a page read again replaces itself."""
    conn.execute(delete(CARD).where(CARD.c.run_id == run_id, CARD.c.page == page))
    own = {"run_id": run_id, "page": page, "seen_at": seen_at}
    rows = [own | {"position": place} | _row(card) for place, card in enumerate(cards, start=1)]
    if rows:
        conn.execute(insert(CARD), rows)


def _row(card: OfferCard) -> dict[str, Any]:
    sold, supplier = card.sold, card.supplier
    row = {name: getattr(card, name) for name in SAME}
    row |= {name: _short(getattr(card, name)) for name in SHORT}
    return row | {
        "price_tiers": [tier.model_dump(mode="json") for tier in card.price_tiers] or None,
        "sold_count": sold and sold.count,
        "sold_text": sold and _short(sold.text),
        "supplier": supplier and supplier.model_dump(mode="json", exclude_none=True),
    }


def _short(text: str | None) -> str | None:
    return text and storable(text, SHORT_LENGTH)
