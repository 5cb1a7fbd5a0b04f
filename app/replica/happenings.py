"""What happens to an offer from one revision to the next besides new stock. Deterministic.

The truth about an offer (`offers.py`) is drawn with the circumstances given here; what of it a visitor
sees change is told by `changes.py`.
"""

import random
from dataclasses import dataclass, replace

PERIOD = 3
"""Epochs from one change of an offer to its next; each epoch changes every third offer."""
FIRST_LEAVE = 3
"""The epoch from which on offers leave: the second one changes values only."""
PERCENT = ((75, 90, 110, 150), (70, 80, 120, 140))
"""Of its first price, what an offer asks after an even and an odd number of revisions: no two that
follow each other are the same, and none is a jump."""
FEWEST_SKUS = 3
"""An offer with fewer loses none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What has happened to an offer by a revision; of revision 0 nothing."""

    larger: int = 0
    """By how much the least quantity has grown."""
    edition: int = 1
    """From 2 on it stands in the title."""
    pictures: tuple[int, ...] = tuple(range(5))
    withdrawn: frozenset[int] = frozenset()
    """Numbers of SKUs that are no longer sold."""
    launched: tuple[int, ...] = ()
    """Revisions that brought a new choice, each one SKU."""
    empty: int | None = None
    """The place of the SKU that is sold out in this revision; the next one has it again."""
    away: bool = False
    """Off the shelf in this revision; the next one finds it back."""


def revision(seed: int, index: int, epoch: int) -> int:
    """How often the offer had changed by `epoch`; each epoch after the first changes every third."""
    return sum((seed + index + later) % PERIOD == 0 for later in range(2, epoch + 1))


def repriced(first: int, revised: int, rng: random.Random) -> int:
    """The price after so many revisions of an offer that began with `first`."""
    return first * rng.choice(PERCENT[revised % 2]) // 100 if revised else first


def circumstances(seed: int, index: int, revised: int, skus: int) -> Circumstances:
    """After so many revisions, of an offer that began with so many SKUs."""
    now = Circumstances()
    for number in range(1, revised + 1):
        now = _next(now, seed, index, number, skus)
    return now


def _next(now: Circumstances, seed: int, index: int, number: int, skus: int) -> Circumstances:
    rng = random.Random(f"{seed}:{index}:happens:{number}")
    now = replace(now, empty=None, away=False)
    for chance, happen in _HAPPENINGS:
        if rng.random() < chance:
            now = happen(now, rng, number, skus)
    leaves = rng.random() < _LEAVES and _epoch_of(seed, index, number) >= FIRST_LEAVE
    return replace(now, away=leaves)


def _epoch_of(seed: int, index: int, number: int) -> int:
    return 2 + (-seed - index - 2) % PERIOD + PERIOD * (number - 1)


def _grow(now: Circumstances, rng: random.Random, _: int, __: int) -> Circumstances:
    return replace(now, larger=now.larger + rng.randrange(1, 4))


def _rename(now: Circumstances, _: random.Random, number: int, __: int) -> Circumstances:
    return replace(now, edition=number + 1)


def _show(now: Circumstances, rng: random.Random, number: int, _: int) -> Circumstances:
    place = rng.randrange(len(now.pictures) + 1)
    pictures = (*now.pictures[:place], 10 + number, *now.pictures[place:])
    return replace(now, pictures=pictures)


def _hide(now: Circumstances, rng: random.Random, _: int, __: int) -> Circumstances:
    place = rng.randrange(len(now.pictures))
    left = now.pictures[:place] + now.pictures[place + 1 :]
    return replace(now, pictures=left or now.pictures)


def _withdraw(now: Circumstances, rng: random.Random, _: int, skus: int) -> Circumstances:
    sold = [number for number in range(skus) if number not in now.withdrawn]
    if len(sold) < FEWEST_SKUS:
        return now
    return replace(now, withdrawn=now.withdrawn | {rng.choice(sold)})


def _launch(now: Circumstances, _: random.Random, number: int, skus: int) -> Circumstances:
    return replace(now, launched=(*now.launched, number)) if skus else now


def _sell_out(now: Circumstances, rng: random.Random, _: int, __: int) -> Circumstances:
    return replace(now, empty=rng.randrange(1000))


_HAPPENINGS = (
    (0.2, _grow),
    (0.3, _rename),
    (0.3, _hide),
    (0.3, _show),
    (0.3, _withdraw),
    (0.3, _launch),
    (0.4, _sell_out),
)
"""How likely each is with a revision."""
_LEAVES = 0.15
