"""How fast something grows, and how surely: least squares with a 95 % interval. Pure.

Samples that follow each other are alike (garbage comes and goes in waves), which would make an
interval over all of them far too narrow. So the line is laid through the means of a few blocks of
samples; what is alike then lies inside a block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean, linear_regression, stdev

BLOCKS = 24
FEWEST = 4
"""Points that a line with an interval needs, and samples of one browser's life."""
THOUSAND = 1000
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """Growth for each 1,000 pages: the estimate and half of its 95 % interval."""

    per_thousand: float
    half: float

    @property
    def upper(self) -> float:
        return self.per_thousand + self.half

    @property
    def lower(self) -> float:
        return self.per_thousand - self.half

    def projected(self, pages: int) -> tuple[float, float]:
        """What so many pages would bring if it went on like this, and half the interval."""
        return self.per_thousand * pages / THOUSAND, self.half * pages / THOUSAND

    def __str__(self) -> str:
        return f"{self.per_thousand:+.2f} ± {self.half:.2f} / 1,000"


def student(freedom: int) -> float:
    """The 97.5 % point of the t distribution.

    Its expansion about the normal one, right to 0.1 % from 4 degrees of freedom on
    (Abramowitz and Stegun 26.7.5); below, the exact values.
    """
    exact = {1: 12.706, 2: 4.303, 3: 3.182}
    if freedom in exact:
        return exact[freedom]
    z, n = _Z, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / n**power for power, term in enumerate(terms, 1)))


def slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Of (pages, value) in the order of pages; None of too few."""
    means = blocks(points)
    return _fitted(*zip(*means, strict=True), freedom=len(means) - 2) if _enough(means) else None


def slope_beside(points: Sequence[tuple[float, float, float]]) -> Slope | None:
    """Of (pages, age, value), where a value also grows with an age that begins anew now and then.

    How it grows with the pages at the same age: what is left of pages and of values when the age
    has explained what it can (Frisch and Waugh, 1933). None of too few.
    """
    means = blocks(points)
    if not _enough(means):
        return None
    pages, ages, values = zip(*means, strict=True)
    return _fitted(_beside(ages, pages), _beside(ages, values), freedom=len(means) - 3)


def _enough(means: Sequence[object]) -> bool:
    return len(means) >= FEWEST


def _beside(ages: Sequence[float], values: Sequence[float]) -> list[float]:
    line = linear_regression(ages, values)
    return [y - line.slope * x - line.intercept for x, y in zip(ages, values, strict=True)]


def _fitted(xs: Sequence[float], ys: Sequence[float], *, freedom: int) -> Slope:
    line = linear_regression(xs, ys)
    left = sum((y - line.slope * x - line.intercept) ** 2 for x, y in zip(xs, ys, strict=True))
    spread = sum((x - fmean(xs)) ** 2 for x in xs)
    error = sqrt(left / freedom / spread)
    return Slope(per_thousand=line.slope * THOUSAND, half=student(freedom) * error * THOUSAND)


def blocks(points: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Their means in at most `BLOCKS` groups of the same number."""
    number = min(BLOCKS, len(points))
    cuts = [round(len(points) * place / number) for place in range(number + 1)] if number else []
    groups = [points[low:high] for low, high in pairwise(cuts)]
    return [tuple(fmean(column) for column in zip(*one, strict=True)) for one in groups]


def within_lives(lives: Mapping[str, Sequence[tuple[float, float]]]) -> Slope | None:
    """The slope inside lives that follow each other, each beginning anew; None of fewer than two.

    The mean of each life's own slope; how much they differ makes the interval.
    """
    found = [
        linear_regression(*zip(*life, strict=True)).slope
        for life in lives.values()
        if len(life) >= FEWEST
    ]
    if len(found) < 2:  # noqa: PLR2004 - one has no spread
        return None
    error = stdev(found) / sqrt(len(found))
    return Slope(
        per_thousand=fmean(found) * THOUSAND, half=student(len(found) - 1) * error * THOUSAND
    )
