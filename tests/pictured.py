"""Pictures on a shelf with their rows, as a fetch leaves them, without asking anybody."""

import hashlib

from sqlalchemy import Engine

from app.images import rows
from app.images.files import Shelf, place
from app.images.picture import develop
from app.images.plan import Kind
from app.images.rows import Known, Scope
from app.store.engine import transact
from tests.images.conftest import encoded, photo

SIZE = (1000, 600)


def known(shelf: Shelf, original: bytes) -> Known:
    """Put a picture on the shelf; its row is the caller's."""
    made = develop(original)
    sha256 = hashlib.sha256(original).hexdigest()
    told = {"sha256": sha256, "format": made.format, "bytes": len(original), "dhash": made.dhash}
    for name, content in (("file", made.body), ("thumb", made.thumb)):
        path = place(sha256, form="webp", thumb=name == "thumb")
        shelf.put(path, content)
        digest = hashlib.sha256(content).hexdigest()
        told |= {name: path, f"{name}_bytes": len(content), f"{name}_sha256": digest}
    return Known(**told, width=made.width, height=made.height)


def hang(engine: Engine, shelf: Shelf, offer_id: str, *, most: int = 4) -> list[str]:
    """Up to so many of an offer's pictures are there; their sha256."""
    transact(engine, lambda conn: rows.queue(conn, offer_id, profile="guest"))
    scope = Scope(offer_id=offer_id)
    claimed = transact(engine, lambda conn: rows.claim(conn, most, lease_seconds=9, scope=scope))
    found = []
    for source in claimed:
        if source.kind is Kind.PICTURE:
            seed = int(source.key[:6], 16)
            picture = known(shelf, encoded(photo(seed, SIZE), "JPEG"))
            transact(engine, lambda conn, s=source, p=picture: rows.settle_picture(conn, s, p))
            found.append(picture.sha256)
    return found
