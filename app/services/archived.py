"""Archived pages of an offer, as the server's doors show them: never run, never asked for anew."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.archive.reading import Wanted, find, read
from app.archive.values import Kind, Record
from app.extract.carriers import decode
from app.services.desk import Desk
from app.store.engine import consult

LATEST = 50
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""No script, no form, no request: what a page brought with it is all that is shown of it."""
HEADERS = {
    "Content-Security-Policy": SANDBOX,
    "X-Frame-Options": "SAMEORIGIN",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
}
_LINK = re.compile(rb"<link(?=[\s/>])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """A page as it was read."""

    record: Record
    html: bytes
    """In UTF-8, without links to other files: preconnect is under no policy of a page."""


def records(desk: Desk, offer_id: str) -> Sequence[Record]:
    """Documents that were loaded for an offer, the newest first."""
    wanted = Wanted(kind=Kind.OFFER, keys=(offer_id,))
    return consult(desk.engine, lambda conn: find(conn, wanted, limit=LATEST))


def one_record(desk: Desk, offer_id: str, number: int) -> Record | None:
    """A document of an offer by its number, however many were loaded since."""
    wanted = Wanted(kind=Kind.OFFER, keys=(offer_id,), id=number)
    return next(iter(consult(desk.engine, lambda conn: find(conn, wanted, limit=1))), None)


def archived(desk: Desk, offer_id: str, number: int | None = None) -> Archived | None:
    """One of them, or the newest that a layout read; None where there is no such.

    Raises RecordLost if its file is not on this machine, or damaged.
    """
    if number is None:
        record = next((one for one in records(desk, offer_id) if one.layout), None)
    else:
        record = one_record(desk, offer_id, number)
    if record is None:
        return None
    html = _LINK.sub(b"<param", decode(read(desk.archive, record)))
    return Archived(record=record, html=html)
