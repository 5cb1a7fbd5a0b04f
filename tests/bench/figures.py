"""From runs to figures: medians and ranges of each cell. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.values import Run

NOISY = 0.2
"""Cores of foreign load above which a run is marked."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A median with the least and the most of the runs behind it."""

    median: float
    least: float
    most: float

    def text(self, digits: int) -> str:
        middle = f"{self.median:.{digits}f}"
        low, high = f"{self.least:.{digits}f}", f"{self.most:.{digits}f}"
        return middle if low == high else f"{middle} ({low}–{high})"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the runs of one cell say together."""

    runs: int
    pages: int
    """In all windows together, the failed left out."""
    rate: Spread | None = None
    """Pages a second."""
    cpu: Spread | None = None
    """CPU seconds a page, of the program's whole tree."""
    p50: Spread | None = None
    p95: Spread | None = None
    """Seconds of a page."""
    slowest: float = 0.0
    peak: Spread | None = None
    """MiB."""
    foreign: float = 0.0
    """Cores, in the noisiest run."""
    site: float = 0.0
    """CPU seconds of the local 1688 a page."""
    failed_pages: int = 0
    wrong: int = 0
    compared: int = 0
    whole: Spread | None = None
    """Pages a second from the start of the program to its end."""
    is_cold: bool = False
    """Whether a window opened before the warm-up was through."""
    failed: str | None = None
    """Why there is no figure, or not of all runs."""

    @property
    def is_noisy(self) -> bool:
        return self.foreign > NOISY


def good(run: Run) -> list[float]:
    """Seconds of each good page of the window."""
    return [page.ended - page.began for page in run.within if page.error is None]


def summary(runs: Sequence[Run]) -> Summary:
    """What the runs of a cell say; those without any good page only say so."""
    told = [run for run in runs if run.failed is None and good(run)]
    return Summary(
        runs=len(told),
        pages=sum(len(good(run)) for run in told),
        rate=_spread(told, lambda run: len(good(run)) / (run.closed - run.opened)),
        cpu=_spread(told, lambda run: run.cpu / len(good(run))),
        p50=_spread(told, lambda run: quantile(good(run), 0.5)),
        p95=_spread(told, lambda run: quantile(good(run), 0.95)),
        slowest=max((max(good(run)) for run in told), default=0.0),
        peak=_spread(told, lambda run: float(run.peak_mib)),
        foreign=max((run.foreign for run in runs), default=0.0),
        site=median(run.site / len(good(run)) for run in told) if told else 0.0,
        failed_pages=sum(page.error is not None for run in runs for page in run.within),
        wrong=sum(run.wrong for run in runs),
        compared=sum(run.items for run in runs),
        whole=_spread(told, _whole),
        is_cold=not all(run.warm for run in told),
        failed=next(filter(None, map(why, runs)), None),
    )


def why(run: Run) -> str | None:
    """Why a run says nothing."""
    if run.failed is not None:
        return run.failed
    if good(run):
        return None
    errors = [page.error for page in run.pages if page.error]
    seconds = run.closed - run.opened
    return errors[-1] if errors else f"no page within {seconds:.0f} s"


def _whole(run: Run) -> float:
    done = [page for page in run.pages if page.error is None]
    return len(done) / (run.ended - run.began)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _spread(runs: Sequence[Run], figure: Callable[[Run], float]) -> Spread | None:
    values = [figure(run) for run in runs]
    if not values:
        return None
    return Spread(median=median(values), least=min(values), most=max(values))


def ratio(ours: Summary | None, theirs: Summary | None) -> Spread | None:
    """How many times faster: of the medians, of the worst and of the best pairing of single runs."""
    if not ours or not theirs or not ours.rate or not theirs.rate:
        return None
    return Spread(
        median=ours.rate.median / theirs.rate.median,
        least=ours.rate.least / theirs.rate.most,
        most=ours.rate.most / theirs.rate.least,
    )
