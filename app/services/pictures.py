"""Kept pictures as the server's doors show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.images import holdings, rows
from app.images.files import DIGEST
from app.images.holdings import Place
from app.images.sizes import PictureLost, Size, in_size
from app.services.desk import Desk
from app.store.engine import consult

CACHE = ("cache", "pictures")
"""Below the data folder; may be deleted at any time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A picture in a size."""

    content: bytes
    kind: str
    """Its content type."""


def address(sha256: str) -> str:
    """Where the console serves a picture."""
    return f"/pictures/{sha256}"


def shot(desk: Desk, sha256: str, size: Size) -> Shot | None:
    """A picture that a row of the database knows; None if there is none, or its file is lost."""
    if not DIGEST.fullmatch(sha256):
        return None
    picture = consult(desk.engine, partial(rows.known, sha256=sha256))
    if picture is None:
        return None
    try:
        content, kind = in_size(desk.shelf, desk.folder.joinpath(*CACHE), picture, size)
    except PictureLost:
        return None
    return Shot(content=content, kind=kind)


def of_offer(desk: Desk, offer_id: str) -> Sequence[Place]:
    """The pictures that an offer shows, in page order, those not had yet among them."""
    return consult(desk.engine, lambda conn: holdings.places(conn, [offer_id]))
