"""Which picture is odd or broken, and how: drawn by its address and how often it was asked for.

`KIND=RATE` or `KIND=RATE:VISITS`, as of pages; what comes of it is in `odd_pictures.py`.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from app.replica.faults import BadFault


class PictureFault(StrEnum):
    """What can be odd about a picture, or come instead of it."""

    TRUNCATED = "truncated"
    """As with pages, these three: the sending is spoiled."""
    SLOW = "slow"
    RESET = "reset"
    BUSY = "busy"
    """503 with `Retry-After: 1`."""
    MISSING = "missing"
    PRIVATE = "private"
    """A redirect into a private network."""
    HTML = "html"
    SVG = "svg"
    EPS = "eps"
    CUT = "cut"
    """A complete answer with half a picture in it."""
    BOMB = "bomb"
    """24 kB of PNG that are 14,000 points square."""
    FILM = "film"
    """A GIF of 10,000 frames."""
    CMYK = "cmyk"
    TURNED = "turned"
    """Lies on its side; EXIF says how to turn it."""
    PROFILE = "profile"
    """In another colour space than sRGB, and says so."""
    SHARED = "shared"
    """The very bytes of one of ten pictures that other sellers show, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFaults:
    """(fault, how often, on the first how many visits; None: all), and a seed."""

    rates: tuple[tuple[PictureFault, float, int | None], ...] = ()
    seed: int = 0

    def draw(self, path: str, visit: int) -> PictureFault | None:
        """What is odd on this visit (the first is 1); the same question has the same answer."""
        point = random.Random(f"{self.seed}:{path}").random()
        for fault, rate, visits in self.rates:
            if point < rate:
                return fault if visits is None or visit <= visits else None
            point -= rate
        return None


def parse(text: str, seed: int) -> PictureFaults:
    """Reads `html=0.05,truncated=0.1:first,busy=1:2`. Raises BadFault."""
    rates = tuple(_rate(part.strip()) for part in text.split(",") if part.strip())
    if sum(rate for _, rate, _ in rates) > 1 + 1e-9:
        raise BadFault(f"the rates of {text!r} add up to more than 1")
    return PictureFaults(rates=rates, seed=seed)


def _rate(part: str) -> tuple[PictureFault, float, int | None]:
    name, _, value = part.partition("=")
    number, _, visits = value.partition(":")
    if name not in set(PictureFault):
        raise BadFault(f"no picture fault is called {name!r}; there are: {', '.join(PictureFault)}")
    try:
        rate = float(number)
        first = {"": None, "first": 1}[visits] if not visits.isdigit() else int(visits)
    except (ValueError, KeyError):
        raise BadFault(f"{part!r} is not KIND=RATE or KIND=RATE:VISITS") from None
    if not 0 <= rate <= 1:
        raise BadFault(f"the rate of {part!r} is not between 0 and 1")
    return PictureFault(name), rate, first
