"""Pictures of products that several suppliers sell: one look a family, a label a product.

What a seller did to it (encoded again, marked, cropped) is told by the address, as the rest is.
"""

import random
import re

from PIL import Image, ImageDraw

from app.replica.twin_words import VARIANTS

SIDE = 400
_ADDRESS = re.compile(r"O1CN01T(\d{4})(\d{5})(\d)(\d)(\d)\d{3}Wn_")


def draw(name: str) -> Image.Image | None:
    """The picture of an address; None for one that is not of such a product."""
    found = _ADDRESS.search(name)
    if found is None:
        return None
    seed, family, variant, number, treatment = map(int, found.groups())
    image = _look(f"{seed}:{family}:{number}")
    printed = VARIANTS[family % len(VARIANTS)] == "style"
    _label(image, f"{seed}:{family}:{variant}:{number}", variant, printed=printed)
    return (_same, _same, _same, _again, _marked, _cropped)[treatment](image, random.Random(name))


def _look(name: str) -> Image.Image:
    rng = random.Random(name)
    image = Image.new("RGB", (SIDE, SIDE), _colour(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = rng.randrange(SIDE), rng.randrange(SIDE)
        shape = (x, y, x + rng.randrange(30, 220), y + rng.randrange(30, 220))
        rng.choice((pen.rectangle, pen.ellipse))(shape, fill=_colour(rng))
    return image


def _label(image: Image.Image, name: str, variant: int, *, printed: bool) -> None:
    """What tells a product from the others of its family: another print, or just a small field."""
    if variant:
        rng = random.Random(name)
        place = (90, 90, 310, 310) if printed else (300, 320, 380, 370)
        ImageDraw.Draw(image).rectangle(place, fill=_colour(rng))


def _same(image: Image.Image, _: random.Random) -> Image.Image:
    return image


def _again(image: Image.Image, rng: random.Random) -> Image.Image:
    """Encoded again, smaller."""
    side = rng.randrange(240, 390)
    return image.resize((side, side), Image.Resampling.BILINEAR)


def _marked(image: Image.Image, rng: random.Random) -> Image.Image:
    """A shop's mark over it."""
    x, y = rng.randrange(20, 200), rng.randrange(20, 340)
    mark = Image.new("RGB", (150, 24), (240, 240, 240))
    over = image.copy()
    over.paste(mark, (x, y), Image.new("L", mark.size, 150))
    return over


def _cropped(image: Image.Image, rng: random.Random) -> Image.Image:
    left, upper = rng.randrange(0, 9), rng.randrange(0, 9)
    return image.crop((left, upper, SIDE - rng.randrange(0, 9), SIDE - rng.randrange(0, 9)))


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)
