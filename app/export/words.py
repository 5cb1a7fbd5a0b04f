"""An offer in words for a shop's page."""

from html import escape

from app.export.texts import clean
from app.items import OfferItem


def description(item: OfferItem) -> str:
    """Its attributes as a list in HTML; nothing of a page is markup in it."""
    told = [
        f"<li><b>{escape(clean(each.name))}</b>: {escape(clean(', '.join(each.values)))}</li>"
        for each in item.attributes
    ]
    return f"<ul>{''.join(told)}</ul>" if told else ""
