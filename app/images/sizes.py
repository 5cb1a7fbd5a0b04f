"""Kept pictures as a screen wants them: whole, as a thumbnail, or in a size made once and kept.

A file is served only if it is what its row says, byte for byte; it is decoded only then, and never
many at once: nobody can make the server decode what we did not encode.
"""

import hashlib
import io
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore

from PIL import Image

from app.images.files import Shelf, ShelfFailed, place
from app.images.picture import METHOD, PIXELS, QUALITY
from app.images.rows import Known

KINDS = ((b"RIFF", b"WEBP", "image/webp"), (b"\xff\xd8\xff", b"", "image/jpeg"))
"""(how a file begins, what stands at its ninth byte, what it is); nothing else is ever kept."""
FORMS = {"image/webp": "webp", "image/jpeg": "jpeg"}
AT_ONCE = BoundedSemaphore(2)
"""Pictures that are decoded at the same time; each may take 160 MB."""


class Size(StrEnum):
    """How large a picture is wanted."""

    SMALL = "small"
    """For a row of a table."""
    THUMB = "thumb"
    MEDIUM = "medium"
    FULL = "full"
    """As it is kept."""


SIDES = {Size.SMALL: 96, Size.MEDIUM: 800}
"""Pixels of the longest side of what is made here."""


class PictureLost(Exception):
    """The file of a picture is not there, or is not what was written (`images verify`)."""


def kind_of(content: bytes) -> str | None:
    """The content type of a file by its own first bytes; None for what is never kept."""
    for begin, later, kind in KINDS:
        if content.startswith(begin) and content[8 : 8 + len(later)] == later:
            return kind
    return None


def in_size(shelf: Shelf, cache: Path, picture: Known, size: Size) -> tuple[bytes, str]:
    """A picture and its content type. `cache`: a folder that may be deleted at any time.

    Raises PictureLost.
    """
    if size not in SIDES:
        return _kept(shelf, picture, small=size is Size.THUMB)
    made = Shelf(folder=cache / size)
    for form in FORMS.values():
        content = _read(made, place(picture.sha256, form=form))
        if (kind := kind_of(content)) is not None:
            return content, kind
    return _made(shelf, made, picture, size)


def _kept(shelf: Shelf, picture: Known, *, small: bool) -> tuple[bytes, str]:
    path, length, digest = picture.files()[small]
    content = _read(shelf, path) if shelf.size(path) == length else b""
    kind = kind_of(content)
    if kind is None or hashlib.sha256(content).hexdigest() != digest:
        raise PictureLost(f"picture {picture.sha256} is lost or damaged")
    return content, kind


def _read(shelf: Shelf, path: str) -> bytes:
    try:
        return shelf.read(path)
    except OSError:
        return b""


def _made(shelf: Shelf, made: Shelf, picture: Known, size: Size) -> tuple[bytes, str]:
    content, kind = _kept(shelf, picture, small=size is Size.SMALL)
    side = SIDES[size]
    if max(picture.width, picture.height) <= side:
        return content, kind
    with AT_ONCE:
        content = _smaller(content, side, FORMS[kind])
    with suppress(ShelfFailed):  # it is shown all the same, and made again next time
        made.put(place(picture.sha256, form=FORMS[kind]), content)
    return content, kind


def _smaller(content: bytes, side: int, form: str) -> bytes:
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=[form.upper()]) as image:
            if image.width * image.height > PIXELS:
                raise PictureLost("a picture is larger than any that is kept")
            image.thumbnail((side, side))
            image.save(out, form.upper(), quality=QUALITY, method=METHOD)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureLost(f"a kept picture cannot be decoded: {error}") from error
    return out.getvalue()
