"""Has a field of a layout ceased to be told? Sequential tests over the pages of a run. Pure.

Each is a CUSUM: the log likelihood ratio of "drifted" to "as ever" is summed up page by page and
never falls below 0; above `ALARM` it is drift. Whatever the rate, as long as nothing drifts, a test
runs e^18 = 65 million pages between two false alarms on the average (Lorden's bound), and no test
of the same patience is faster. Three kinds:

lost       a known offer does not tell any more what it told at its last visit
missing    an offer that is new does not tell what a share of all pages tells
refused    a page is not read, or its values are refused

Offers of one seller are alike: the n-th page of the same one in a row of signs counts 1/n. So a
shop without videos is no drift, and a layout that lost them is one after a few shops.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ALARM = 18.0
SUSPECT = 9.0
"""From here on, what was counted meanwhile does not go into later baselines."""
OFTEN = 0.2
"""Marks that fewer pages have are not tested for missing: it could not be told from chance."""
VANISHED = 0.02
"""Share of its former rate that a drifted mark still has."""
LEAST_PAGES = 20
OWN_PAGES = 200
"""Where nothing is known from before, a run's own first pages are what later ones are held to."""
SELLERS = 8
"""Of fewer sellers than this, each speaks for at most ten pages."""
PAGES_OF_A_SELLER = 10
MOST_SELLERS = 40
CAUTION = 2.0
"""Standard errors by which a rate may be smaller than it was counted."""


class Trial(StrEnum):
    """What is tested."""

    LOST = "lost"
    MISSING = "missing"
    REFUSED = "refused"


RATES = {Trial.LOST: (0.01, 0.95), Trial.REFUSED: (0.03, 0.7)}
"""How often a sign comes as ever, and after drift; what lies between is neither for long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What one page says of its layout."""

    told: frozenset[str] = frozenset()
    kept: frozenset[str] | None = None
    """Of a known offer, what is told again; None of a new one."""
    lost: frozenset[str] = frozenset()
    refusal: str | None = None
    """Why it was not read; it tells nothing else then."""
    seller: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """A drift, and how one sees it."""

    trial: Trial
    mark: str
    """The mark, or the refusal."""
    before: float
    """Share of pages that had it, of refusals that had not."""
    signs: int
    pages: int
    """Since the signs began."""

    def sentence(self, layout: str) -> str:
        """Layout, field, before and after, in one line."""
        name, _, kind = self.mark.partition(":")
        what = f"field {name}" + (f" ({kind})" if kind else "")
        words = _SENTENCES[self.trial]
        told = words.format(what=what, mark=self.mark, rate=f"{self.before:.0%}", new=self._new())
        return f"{f'layout {layout}, ' if layout else ''}{told}"

    def _new(self) -> str:
        return f"{self.signs:,} of the last {self.pages:,}"


_SENTENCES = {
    Trial.LOST: "{what}: known offers told it before, {new} do not any more",
    Trial.MISSING: "{what}: told by at least {rate} of the pages before, not by {new}",
    Trial.REFUSED: "pages refused: {mark}, {rate} of the pages before, {new} now",
}


@dataclass(kw_only=True, slots=True)
class Count:
    """Pages, and what they told. Sums of it over runs are a baseline."""

    pages: int = 0
    told: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    sellers: list[str] = field(default_factory=list)
    """The first 40 different ones."""

    def add(self, page: Page) -> None:
        """One page more."""
        self.pages += 1
        for mark in page.told:
            self.told[mark] = self.told.get(mark, 0) + 1
        if page.refusal:
            self.refused[page.refusal] = self.refused.get(page.refusal, 0) + 1
        known = len(self.sellers) >= MOST_SELLERS or page.seller in self.sellers
        if page.seller and not known:
            self.sellers.append(page.seller)


def rates(counts: Mapping[str, tuple[int, int]], sellers: int) -> dict[str, float]:
    """By mark the share of pages that tell it, from (pages, told); only what can be tested.

    The lower end of Wilson's interval, for as many pages as the sellers speak for.
    """
    found = {}
    for mark, (pages, told) in counts.items():
        speak = pages if sellers >= SELLERS else min(pages, sellers * PAGES_OF_A_SELLER)
        if speak >= LEAST_PAGES:
            low, _ = wilson(told / pages, speak, CAUTION)
            if low >= OFTEN:
                found[mark] = round(low, 4)
    return found


def wilson(share: float, number: int, errors: float = 1.96) -> tuple[float, float]:
    """Between which rates a share that was seen in so many lies; `errors` 1.96 are 95 %."""
    if number == 0:
        return 0.0, 1.0
    square = errors**2 / number
    middle = share + square / 2
    half = math.sqrt(square * (share * (1 - share) + square / 4))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


@dataclass(kw_only=True, slots=True)
class Signs:
    """The signs of one test since they began."""

    score: float = 0.0
    pages: int = 0
    hits: int = 0
    sellers: dict[str, int] = field(default_factory=dict)

    def see(self, hit: bool, seller: str, as_ever: float, drifted: float) -> None:
        """One page more: `hit` if it was a sign, which is `as_ever` so frequent or `drifted`."""
        self.pages += 1
        self.hits += hit
        if not hit:
            self.score += math.log((1 - drifted) / (1 - as_ever))
            return
        weight = 1.0
        if seller:
            weight = 1 / (self.sellers.get(seller, 0) + 1)
            self._count(seller)
        self.score += weight * math.log(drifted / as_ever)

    def _count(self, seller: str) -> None:
        if seller in self.sellers or len(self.sellers) < SELLERS:
            self.sellers[seller] = self.sellers.get(seller, 0) + 1


@dataclass(kw_only=True, slots=True)
class Watch:
    """The tests of one layout in one run."""

    baseline: dict[str, float] = field(default_factory=dict)
    """Shares from which missing marks are judged."""
    exempt: list[str] = field(default_factory=list)
    """Marks and refusals that a person accepted as they are now."""
    signs: dict[str, Signs] = field(default_factory=dict)
    """By test and mark, those with a score above 0."""

    def learn(self, count: Count) -> None:
        """Hold later pages to a run's own first ones, where nothing is known from before."""
        if not self.baseline and count.pages == OWN_PAGES:
            sums = {mark: (count.pages, told) for mark, told in count.told.items()}
            self.baseline = rates(sums, len(count.sellers))

    def see(self, page: Page) -> Alarm | None:
        """Judge one page; an alarm if that was enough."""
        for trial, mark, hit in self._asked(page):
            key = f"{trial}:{mark}"
            if mark in self.exempt or not (hit or key in self.signs):
                continue
            signs = self.signs.setdefault(key, Signs())
            signs.see(hit, page.seller, *self._rates(trial, mark))
            if signs.score <= 0:
                del self.signs[key]
            elif signs.score >= ALARM:
                return self._alarm(trial, mark, signs)
        return None

    def _asked(self, page: Page) -> Iterator[tuple[Trial, str, bool]]:
        yield from ((Trial.REFUSED, mark, mark == page.refusal) for mark in self._refusals(page))
        if page.refusal:
            return
        if page.kept is None:
            for mark in self.baseline:
                yield Trial.MISSING, mark, mark not in page.told
            return
        for mark in page.lost:
            yield Trial.LOST, mark, True
        for mark in page.kept:
            yield Trial.LOST, mark, False

    def _refusals(self, page: Page) -> Iterable[str]:
        begun = [key.partition(":")[2] for key in self.signs if key.startswith(f"{Trial.REFUSED}:")]
        return dict.fromkeys([*begun, *([page.refusal] if page.refusal else [])])

    def _rates(self, trial: Trial, mark: str) -> tuple[float, float]:
        if trial is not Trial.MISSING:
            return RATES[trial]
        share = self.baseline[mark]
        return 1 - share, 1 - share * VANISHED

    def _alarm(self, trial: Trial, mark: str, signs: Signs) -> Alarm:
        before = self.baseline.get(mark, 1.0) if trial is Trial.MISSING else RATES[trial][0]
        return Alarm(trial=trial, mark=mark, before=before, signs=signs.hits, pages=signs.pages)

    def put_aside(self) -> dict[str, list[int]]:
        """End all tests; (pages, told) by mark of those that were suspect."""
        suspects = {
            key.partition(":")[2]: [signs.pages, signs.pages - signs.hits]
            for key, signs in self.signs.items()
            if signs.score >= SUSPECT
        }
        self.signs.clear()
        return suspects


def as_tree(watch: Watch) -> dict[str, Any]:
    """The watch as JSON."""
    signs = {
        key: [round(one.score, 3), one.pages, one.hits, one.sellers]
        for key, one in watch.signs.items()
    }
    return {"baseline": watch.baseline, "exempt": watch.exempt, "signs": signs}


def from_tree(tree: Mapping[str, Any]) -> Watch:
    """The watch that `as_tree` wrote down."""
    signs: Mapping[str, Sequence[Any]] = tree["signs"]
    return Watch(
        baseline=tree["baseline"],
        exempt=tree["exempt"],
        signs={
            key: Signs(score=one[0], pages=one[1], hits=one[2], sellers=one[3])
            for key, one in signs.items()
        },
    )
