"""Pictures in the cells of a spreadsheet: which ones are kept, and made such as Excel shows.

Excel knows no WebP, so each is turned into a small JPEG once, in a folder that goes afterwards: the
workbook holds paths, not pictures.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image
from sqlalchemy import Connection
from xlsxwriter.worksheet import Worksheet

from app.images.holdings import places

SIZE = 76
"""Pixels, as high as a row of 60 points less a margin."""
MOST_PIXELS = 4_000_000
"""Of a kept thumbnail; ours have less than a tenth."""

Thumbs = Callable[[Connection, Sequence[str]], Mapping[str, Path]]
"""Small pictures of offers, by the address they were fetched from."""


def thumbs_in(folder: Path) -> Thumbs:
    """Those that are kept in the folder of pictures."""

    def find(conn: Connection, offer_ids: Sequence[str]) -> Mapping[str, Path]:
        return {
            place.url: folder / place.picture.thumb
            for place in places(conn, offer_ids)
            if place.picture is not None
        }

    return find


def no_thumbs(_: Connection, __: Sequence[str]) -> Mapping[str, Path]:
    """For formats without pictures."""
    return {}


class Pictures:
    """Turns kept pictures into such as a spreadsheet shows, each once."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._made: dict[Path, Path | None] = {}

    def insert(self, sheet: Worksheet, row: int, column: int, path: Path) -> bool:
        """Put a picture into a cell; False if it is lost or damaged (`images verify` tells)."""
        if path not in self._made:
            self._made[path] = self._small(path)
        small = self._made[path]
        if small is None:
            return False
        place = {"object_position": 1, "x_offset": 2, "y_offset": 2}
        return bool(sheet.insert_image(row, column, str(small), place) == 0)

    def _small(self, path: Path) -> Path | None:
        target = self._scratch / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.jpg"
        try:
            with Image.open(path, formats=["WEBP", "JPEG"]) as image:
                if image.width * image.height > MOST_PIXELS:
                    return None
                small = image.convert("RGB")
                small.thumbnail((SIZE, SIZE))
                small.save(target, "JPEG", quality=80, dpi=(96, 96))
        except (OSError, ValueError, Image.DecompressionBombError):
            return None
        return target


def kept_thumbs(folder: Path) -> Thumbs:
    """Those of a folder; none where there is no such folder."""
    return thumbs_in(folder) if folder.is_dir() else no_thumbs
