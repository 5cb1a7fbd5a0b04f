"""How a visitor looks at a page: a pure plan from a seed, and playing it.

`plan` decides everything beforehand, so that a render can be repeated and its length is known;
`play` only does it. Deadlines are the caller's.
"""

import asyncio
import random
from dataclasses import dataclass

from playwright.async_api import Page

from browsers import identity

LONGEST = 1.5
"""Seconds of all pauses of a plan at pace 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Move the pointer, turn the wheel, then look for a while."""

    pointer: tuple[int, int]
    wheel: int
    """Pixels downwards; negative is upwards."""
    dwell: float
    """Seconds."""


_SHAPES = {
    # kind: (fewest steps, most steps, wheel down at most)
    "offer": (2, 4, 900),
    "list": (3, 5, 700),
}
_PLAIN = (1, 2, 600)


def plan(seed: int, kind: str, *, pace: float = 1.0) -> tuple[Step, ...]:
    """What to do on a page of `kind`; pauses last `pace` times as long, and 0 is no plan at all."""
    if pace <= 0:
        return ()
    dice = random.Random(f"{seed}/{kind}")  # noqa: S311 - a repeatable walk, not a secret
    fewest, most, reach = _SHAPES.get(kind, _PLAIN)
    count = dice.randint(fewest, most)
    return tuple(_step(dice, reach, longest=LONGEST / count, pace=pace) for _ in range(count))


def _step(dice: random.Random, reach: int, *, longest: float, pace: float) -> Step:
    width, height = identity.VIEWPORT
    return Step(
        pointer=(dice.randint(width // 8, width * 7 // 8), dice.randint(height // 8, height // 2)),
        wheel=dice.randint(reach // 3, reach) * (1 if dice.random() < 0.85 else -1),  # noqa: PLR2004
        dwell=dice.uniform(0.3, 1.0) * longest * pace,
    )


async def play(page: Page, steps: tuple[Step, ...]) -> None:
    for step in steps:
        await page.mouse.move(*step.pointer)
        await page.mouse.wheel(0, step.wheel)
        await asyncio.sleep(step.dwell)
