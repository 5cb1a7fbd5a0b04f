"""How a visitor looks at a page: a pure plan from a seed, and playing it.

A plan is a time line of two things, where the pointer is and how far the wheel turns, each at its
second. It has no word for a click, a key or an address: whatever is played, nothing is bought,
followed or left. `plan` decides everything beforehand, so that a render can be repeated and its
length is known; `play` only does it.

At pace 1 a plan for an offer takes 1.5 s in the median, 0.9 s at the 5th and 2.3 s at the 95th
percentile, one for a list 1.8, 1.0 and 2.5 s, and none more than LONGEST. People stay ten times as
long; that is what `pace` is for.
"""

import asyncio
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from playwright.async_api import Page

from browsers import identity

LONGEST = 2.5
"""Seconds of a plan at pace 1."""
_LATE = 0.05
"""Seconds behind its time at which a step is left out: a busy page must not stretch a plan."""
_WIDTH, _HEIGHT = identity.VIEWPORT
Spot = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """The pointer is here."""

    at: float
    """Seconds from the beginning."""
    x: int
    y: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The wheel turns by one notch or less."""

    at: float
    pixels: int
    """Downwards; negative is upwards."""


Step = Point | Turn


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to do on a page, in order of time."""

    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    """From the first step to the end of the last look."""

    @property
    def ends_at(self) -> Spot | None:
        """Where the pointer rests in the end; None if it was not moved."""
        spots = [(float(step.x), float(step.y)) for step in self.steps if isinstance(step, Point)]
        return spots[-1] if spots else None

    def within(self, limit: float) -> "Plan":
        """The plan, or as much of it as fits into so many seconds."""
        if self.seconds <= limit:
            return self
        kept = tuple(step for step in self.steps if step.at <= limit)
        return Plan(steps=kept, seconds=max(limit, 0.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a kind of page is looked at."""

    arrival: float
    """Seconds until anything is done, in the median; pauses are log-normal."""
    look: float
    """Seconds of each look after that."""
    turns: tuple[int, int]
    """How often the page is scrolled, at least and at most."""
    reach: tuple[int, int]
    """Pixels of one scroll."""
    back: float = 0.15
    """How likely a scroll goes back up."""
    picture: float = 0.0
    """How likely the pointer rests on a picture first."""
    pictures: tuple[Spot, Spot] = ((0.1, 0.2), (0.4, 0.7))
    """Where they are when the page has just opened: corners in parts of the viewport."""


MANNERS = {
    "offer": Manner(
        arrival=0.2, look=0.18, turns=(2, 3), reach=(250, 700), picture=0.4,
        pictures=((0.08, 0.2), (0.38, 0.7)),
    ),
    "list": Manner(
        arrival=0.2, look=0.18, turns=(2, 4), reach=(350, 800), back=0.1, picture=0.4,
        pictures=((0.1, 0.35), (0.85, 0.9)),
    ),
    "shop": Manner(
        arrival=0.2, look=0.18, turns=(2, 4), reach=(300, 700), picture=0.3,
        pictures=((0.15, 0.4), (0.85, 0.9)),
    ),
    "home": Manner(arrival=0.25, look=0.2, turns=(1, 3), reach=(250, 600), picture=0.2),
}  # fmt: skip
PLAIN = Manner(arrival=0.2, look=0.18, turns=(1, 2), reach=(200, 500))
"""Of every other kind."""
_SIGMA = 0.5
"""Of the pauses' logarithm: of twenty, one is more than twice the median."""
_PAUSES = (0.06, 1.2)
"""Shortest and longest pause, in medians of a second."""


def plan(seed: int, kind: str, *, pace: float = 1.0) -> Plan:
    """What to do on a page of `kind`: at most LONGEST times `pace` seconds; 0 is nothing at all.

    A pace above 1 makes pauses longer; one below makes everything faster.
    """
    if pace <= 0:
        return Plan()
    dice = random.Random(f"{seed}/{kind}")  # noqa: S311 - a repeatable walk, not a secret
    moves = tuple(_moves(dice, MANNERS.get(kind, PLAIN)))
    moving = sum(move.seconds for move in moves)
    looking = sum(move.pause for move in moves)
    haste = min(1.0, LONGEST / (moving + looking))
    return _timed(moves, move_pace=haste * min(pace, 1.0), look_pace=haste * pace)


def way(dice: random.Random, start: Spot, end: Spot) -> Plan:
    """Moving the pointer from one spot of the viewport to (about) another."""
    move = _path(dice, start, end, pause=0.0)
    return Plan(steps=move.steps, seconds=move.seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Move:
    """Steps timed from the move's own beginning, and the look after it."""

    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    pause: float = 0.0


def _timed(moves: tuple[_Move, ...], *, move_pace: float, look_pace: float) -> Plan:
    steps: list[Step] = []
    now = 0.0
    for move in moves:
        steps += (replace(step, at=now + step.at * move_pace) for step in move.steps)
        now += move.seconds * move_pace + move.pause * look_pace
    return Plan(steps=tuple(steps), seconds=now)


def _moves(dice: random.Random, manner: Manner) -> Iterator[_Move]:
    here = _within(dice, ((0.3, 0.02), (0.9, 0.4)))
    yield _Move(pause=_pause(dice, manner.arrival))
    if dice.random() < manner.picture:
        there = _within(dice, manner.pictures)
        yield _path(dice, here, there, pause=_pause(dice, manner.look * 1.5))
        here = there
    for turn in range(dice.randint(*manner.turns)):
        if turn % 2 == 0:
            there = _within(dice, ((0.25, 0.25), (0.75, 0.8)))
            yield _path(dice, here, there, pause=0.0)
            here = there
        sign = -1 if turn and dice.random() < manner.back else 1
        far = dice.randint(*manner.reach) * sign
        yield _scroll(dice, far, pause=_pause(dice, manner.look))


def _within(dice: random.Random, area: tuple[Spot, Spot]) -> Spot:
    (left, top), (right, bottom) = area
    return dice.uniform(left, right) * _WIDTH, dice.uniform(top, bottom) * _HEIGHT


def _pause(dice: random.Random, median: float) -> float:
    """Log-normal, as the times are that people stay."""
    shortest, longest = _PAUSES
    return min(max(dice.lognormvariate(math.log(median), _SIGMA), shortest), longest)


def _path(dice: random.Random, start: Spot, end: Spot, *, pause: float) -> _Move:
    """A bowed way from spot to spot, slow at both ends."""
    far = math.dist(start, end)
    count = min(max(round(far / 60), 5), 12)
    each = dice.uniform(0.014, 0.022)
    bow = dice.uniform(-0.2, 0.2)
    middle = (
        (start[0] + end[0]) / 2 + (end[1] - start[1]) * bow,
        (start[1] + end[1]) / 2 - (end[0] - start[0]) * bow,
    )
    points = tuple(
        _point(dice, n * each, start, middle, end, part=n / count) for n in range(1, count + 1)
    )
    return _Move(steps=points, seconds=count * each, pause=pause)


def _point(
    dice: random.Random, at: float, start: Spot, middle: Spot, end: Spot, *, part: float
) -> Point:
    done = part * part * (3 - 2 * part)
    x, y = (
        (1 - done) ** 2 * a + 2 * done * (1 - done) * b + done**2 * c + dice.uniform(-1, 1)
        for a, b, c in zip(start, middle, end, strict=True)
    )
    return Point(at=at, x=min(max(round(x), 1), _WIDTH - 2), y=min(max(round(y), 1), _HEIGHT - 2))


def _scroll(dice: random.Random, far: int, *, pause: float) -> _Move:
    """A scroll notch by notch."""
    notches = max(abs(far) // 120, 1)
    each = dice.uniform(0.03, 0.06)
    turns = tuple(Turn(at=n * each, pixels=round(far / notches)) for n in range(notches))
    return _Move(steps=turns, seconds=notches * each, pause=pause)


async def play(page: Page, todo: Plan) -> None:
    """Do it in the plan's time, however slow the page is: steps that come too late are left out."""
    clock = asyncio.get_running_loop().time
    began = clock()
    for step in todo.steps:
        early = began + step.at - clock()
        if early < -_LATE:
            continue
        await asyncio.sleep(max(early, 0))
        match step:
            case Point():
                await page.mouse.move(step.x, step.y)
            case Turn():
                await page.mouse.wheel(0, step.pixels)
    await asyncio.sleep(max(began + todo.seconds - clock(), 0))
