"""The samples of a soak, put in the ways that gates look at them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median, quantiles
from typing import Any

from app.monitor.status import percentile
from app.soak.slopes import FEWEST, Slope, slope, slope_beside, within_lives

WARM_UP = 3
"""The first third of the pages is left out: caches fill, code is loaded, engines settle."""
DECIDING_PAGES = 2000
"""Pages after the warm-up below which a slope is noise."""
QUIET = 0.15
"""Share of the processors that others may use, half of the time, while time is measured."""
SETTLING = 4
"""The first quarter of a browser's life is left out of its slope, as the warm-up is of all."""

Sample = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured, and how many contexts there may be."""

    samples: Sequence[Sample]
    contexts: int
    mode: str = "lean"

    @cached_property
    def warm(self) -> Sequence[Sample]:
        """After the warm-up."""
        if not self.samples:
            return ()
        first = self.samples[-1]["pages"] / WARM_UP
        return [one for one in self.samples if one["pages"] >= first]

    @property
    def pages(self) -> int:
        """Pages after the warm-up."""
        return self.warm[-1]["pages"] - self.warm[0]["pages"] if self.warm else 0

    @property
    def decides(self) -> bool:
        """Whether there is enough of it to decide a slope: the first sample is a page late."""
        most = self.samples[-1]["pages"] if self.samples else 0
        return most * (WARM_UP - 1) >= DECIDING_PAGES * WARM_UP

    @cached_property
    def is_quiet(self) -> bool:
        """Whether the machine was ours: on a busy one, time says nothing."""
        found = self.values("foreign_cpu")
        return not found or median(found) <= QUIET

    def values(self, name: str, samples: Iterable[Sample] | None = None) -> list[float]:
        """A measure by its name, `pss.python` for one of a map, where it was taken."""
        found = (_value(one, name) for one in (self.warm if samples is None else samples))
        return [value for value in found if value is not None]

    def slope(self, name: str) -> Slope | None:
        """How a measure grows after the warm-up."""
        points = [(one["pages"], _value(one, name)) for one in self.warm]
        return slope([(x, y) for x, y in points if y is not None])

    def slope_beside_lives(self, name: str) -> Slope | None:
        """How a measure grows after the warm-up beside what each browser takes with it.

        Playwright keeps what it knows of a page as long as the page's browser lives: 85 objects.
        With less than two browsers that cannot be told from a leak, and is called one.
        """
        ages = self._ages()
        points = [
            (one["pages"], ages[one["pages"]], value)
            for one in self.warm
            if (value := _value(one, name)) is not None
        ]
        if sum(age == 0 for _, age, _ in points) < 2:  # noqa: PLR2004
            return self.slope(name)
        return slope_beside(points)

    def _ages(self) -> dict[int, int]:
        """By pages, how many of them the newest browser had by then."""
        born: dict[str, int] = {}
        ages = {}
        for one in self.samples:
            for name in one["drivers"]:
                born.setdefault(name, one["pages"])
            ages[one["pages"]] = one["pages"] - max(born.values(), default=0)
        return ages

    def lives(self) -> dict[str, list[tuple[float, float]]]:
        """The weight of each driver over its life, oldest first."""
        found: dict[str, list[tuple[float, float]]] = {}
        for one in self.samples:
            for name, weight in one["drivers"].items():
                found.setdefault(name, []).append((one["pages"], weight))
        return found

    def driver_slope(self) -> Slope | None:
        """How drivers grow while they live, their settling left out."""
        lives = self.lives()
        return within_lives({name: life[len(life) // SETTLING :] for name, life in lives.items()})

    def baseline_shift(self) -> float | None:
        """MiB by which a later driver weighs more than the second did; None of fewer than three.

        The lower quartile of each life: its start and the waves of its garbage are left out.
        """
        lives = [[y for _, y in life] for life in self.lives().values() if len(life) >= FEWEST]
        found = [quantiles(life, n=4)[0] for life in lives]
        return max(found[2:]) - found[1] if len(found) > 2 else None  # noqa: PLR2004

    def decile(self, which: int) -> Sequence[Sample]:
        """The samples of a tenth of the pages, from 1."""
        most = self.samples[-1]["pages"] if self.samples else 0
        low, high = most * (which - 1) / 10, most * which / 10
        return [one for one in self.samples if low < one["pages"] <= high]

    def growth(self, name: str) -> float | None:
        """The mean of the last tenth by that of the second."""
        last, second = (self.values(name, self.decile(which)) for which in (10, 2))
        return fmean(last) / fmean(second) if last and second and fmean(second) else None

    def slowing(self) -> float | None:
        """Speed in the second tenth by that in the last: time of work, not of the clock."""
        second, last = (_speed(self.decile(which)) for which in (2, 10))
        return second / last if second and last else None

    def lengthening(self) -> float | None:
        """The 95th percentile of page times in the last tenth by that in the second."""
        last, second = (self._spread("page_ms", 0.95, self.decile(which)) for which in (10, 2))
        return last / second if last and second else None

    def _spread(self, name: str, share: float, samples: Iterable[Sample]) -> float | None:
        return percentile([value for one in samples for value in one[name]], share)

    def spread(self, name: str, share: float) -> float | None:
        """A percentile after the warm-up: of `page_ms` and `lag_ms` over each single one."""
        if name in ("page_ms", "lag_ms"):
            return self._spread(name, share, self.warm)
        return percentile(self.values(name), share)


def _value(sample: Sample, name: str) -> float | None:
    head, _, rest = name.partition(".")
    found = sample.get(head)
    return found.get(rest) if rest and found is not None else found


def _speed(samples: Sequence[Sample]) -> float | None:
    """Pages a second of work, from the first to the last of them."""
    if len(samples) < 2:  # noqa: PLR2004
        return None
    seconds = samples[-1]["worked"] - samples[0]["worked"]
    return (samples[-1]["pages"] - samples[0]["pages"]) / seconds if seconds > 0 else None
