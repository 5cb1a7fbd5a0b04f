"""Pictures by address: the same address always gives the same bytes, other addresses other pictures."""

import io
import random
import re
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from app.replica import twin_pictures

FULL = 800
"""Side of an original in points; about 80 KB as JPEG."""

_APPENDED = re.compile(r"_(\.webp|b\.jpg|sum\.jpg|q\d+\.jpg|(\d+)x(\d+)(?:q\d+)?\.jpg)$")
_INSERTED = re.compile(r"\.(?:(\d+)x(\d+)(?:xz)?|search|summ)\.(jpg|png|jpeg|webp)$")
_SIDES = {"b.jpg": FULL, "sum.jpg": 240, ".webp": FULL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """Which picture, how large, and as what."""

    original: str
    side: int
    webp: bool


def form(path: str) -> Form:
    """Takes the size suffixes off a path, as the image host understands them."""
    side, webp, original = FULL, path.endswith(".webp"), path
    while found := _APPENDED.search(original):
        side = min(side, int(found[2] or 0) or _SIDES.get(found[1], FULL))
        original = original[: found.start()]
    if found := _INSERTED.search(original):
        side = min(side, int(found[1] or 0) or 100)
        original = f"{original[: found.start()]}.{found[3]}"
    return Form(original=original, side=max(1, min(side, FULL)), webp=webp)


def content_type(path: str) -> str:
    return "image/webp" if path.endswith(".webp") else "image/jpeg"


@lru_cache(maxsize=256)
def picture(path: str) -> bytes:
    """The encoded picture of a path."""
    wanted = form(path)
    image = twin_pictures.draw(wanted.original) or _draw(wanted.original)
    if wanted.side != FULL:
        image = image.resize((wanted.side, wanted.side))
    out = io.BytesIO()
    image.save(out, "WEBP" if wanted.webp else "JPEG", quality=82)
    return out.getvalue()


def _draw(name: str) -> Image.Image:
    """Coarse noise under a few bright shapes: weighs like a photograph, and no two look alike."""
    rng = random.Random(name)
    noise = Image.frombytes("RGB", (160, 160), rng.randbytes(160 * 160 * 3))
    image = Image.blend(
        Image.new("RGB", (FULL, FULL), _colour(rng)),
        noise.resize((FULL, FULL), Image.Resampling.NEAREST),
        0.12,
    )
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = rng.randrange(FULL), rng.randrange(FULL)
        shape = (x, y, x + rng.randrange(40, 400), y + rng.randrange(40, 400))
        rng.choice((pen.rectangle, pen.ellipse))(shape, fill=_colour(rng))
    return image


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)
