"""Weight without meaning: what a real page carries beside its offer, so that speed on it means something.

Deterministic by seed. Nothing here is a field of an offer; recommended offers look like offers on
purpose, an extractor must not fall for them.
"""

import random
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

STATE_CHARACTERS = 130_000
HTML_CHARACTERS = 326_000
"""With Chinese letters about 320 KB in UTF-8."""
CARD_CHARACTERS = 525
"""Of one recommendation card, about."""


@lru_cache(maxsize=8)
def recommendations(seed: int, count: int) -> tuple[Json, ...]:
    """Cards of other offers, each about `CARD_CHARACTERS` long."""
    rng = random.Random(f"{seed}:recommendations")
    return tuple(_card(rng, number) for number in range(count))


def _card(rng: random.Random, number: int) -> Json:
    picture = f"https://cbu01.alicdn.com/img/ibank/O1CN01{rng.getrandbits(96):024x}_!!{rng.randrange(10**12)}-0-cib.jpg"
    return {
        "itemId": 900_000_000_000 + rng.randrange(10**11),
        "subject": f"推荐样例{number}号{rng.choice(('收纳', '厨具', '文具', '灯具'))}",
        "priceText": f"{rng.randrange(1, 90)}.{rng.randrange(10)}0",
        "picUrl": picture,
        "linkUrl": f"https://air.1688.com/pages/od/similar/{rng.getrandbits(64):016x}/index.html?trace={rng.getrandbits(128):032x}",
        "trackInfo": {
            "expoData": f"object_type@offer^scene@similar^trace@{rng.getrandbits(160):040x}",
            "uiTrackInfo": {
                "click": {"args": {"dName": str(number), "scm": f"1007.{rng.getrandbits(48)}.0"}}
            },
        },
        "labels": [{"text": "样例标签", "color": f"#{rng.getrandbits(24):06x}"}],
    }


def fill(
    state: Json, place: list[Any], seed: int, length: int, wanted: int = STATE_CHARACTERS
) -> Json:
    """Appends recommendation cards to `place`, a list inside `state`, until `length` reaches `wanted`."""
    missing = max(0, wanted - length)
    place.extend(recommendations(seed, missing // CARD_CHARACTERS))
    return state


def markup(seed: int, part: str, characters: int) -> str:
    """Inline styles and hidden skeleton markup of at most this length."""
    pieces = _pieces(seed, part)
    return "\n".join(pieces[: characters // PIECE_CHARACTERS])


PIECE_CHARACTERS = 252
"""Of one piece of markup, about."""


@lru_cache(maxsize=8)
def _pieces(seed: int, part: str) -> tuple[str, ...]:
    rng = random.Random(f"{seed}:{part}")
    return tuple(_style_rule(rng) if number % 2 else _skeleton(rng) for number in range(1200))


def _style_rule(rng: random.Random) -> str:
    name = f"od-{rng.getrandbits(40):010x}"
    return (
        f"<style>.{name}{{display:flex;width:{rng.randrange(1200)}px;height:{rng.randrange(90)}px;"
        f"margin:{rng.randrange(40)}px auto;color:#{rng.getrandbits(24):06x}}}"
        f".{name}:after{{content:'';background:#{rng.getrandbits(24):06x}}}</style>"
    )


def _skeleton(rng: random.Random) -> str:
    cells = "".join(
        f'<i class="sk-{rng.getrandbits(20):05x}" data-spm="d{rng.randrange(10**6)}"></i>'
        for _ in range(6)
    )
    return f'<div class="sk-row" hidden data-trace="{rng.getrandbits(64):016x}">{cells}</div>'
