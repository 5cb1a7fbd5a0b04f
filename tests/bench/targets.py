"""What pwsync sets itself, and whether the figures show it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench.figures import Summary, ratio

Summaries = Mapping[str, Summary]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One target; `met` is None where nothing was measured."""

    target: str
    met: bool | None
    figures: str


Judge = Callable[[Summaries], tuple[bool, str] | None]


def verdicts(found: Summaries) -> list[Verdict]:
    """Every target with its figures."""
    return [_verdict(target, judge(found)) for target, judge in TARGETS]


def elsewhere() -> list[Verdict]:
    """Targets that this bench does not measure."""
    return [
        Verdict(target=target, met=None, figures=f"not of this bench: {way}")
        for target, way in ELSEWHERE
    ]


def _verdict(target: str, told: tuple[bool, str] | None) -> Verdict:
    if told is None:
        return Verdict(target=target, met=None, figures="no figure in these runs")
    return Verdict(target=target, met=told[0], figures=told[1])


def _fast(found: Summaries) -> tuple[bool, str] | None:
    one = found.get("sync-lean@8")
    if one is None or one.rate is None or one.cpu is None:
        return None
    text = f"{one.rate.text(1)} offers/s, {one.cpu.text(3)} CPU-s{doubt(found, 'sync-lean@8')}"
    return one.rate.median >= 40 and one.cpu.median <= 0.045, text


def _times(ours: str, theirs: str, least: float) -> Judge:
    def judge(found: Summaries) -> tuple[bool, str] | None:
        times = ratio(found.get(ours), found.get(theirs))
        return times and (
            times.median >= least,
            f"{times.text(2)} times{doubt(found, ours, theirs)}",
        )

    return judge


def doubt(found: Summaries, *keys: str) -> str:
    """What to say behind a figure whose runs were disturbed, or not warmed up."""
    is_doubtful = any(found[key].is_noisy or found[key].is_cold for key in keys)
    return ", but of disturbed runs" if is_doubtful else ""


def _near(ours: str, raw: str, most: float) -> Judge:
    def judge(found: Summaries) -> tuple[bool, str] | None:
        behind = ratio(found.get(raw), found.get(ours))
        told = (
            f"the twin is {behind.text(2)} times as fast{doubt(found, ours, raw)}" if behind else ""
        )
        return behind and (behind.median <= most, told)

    return judge


def _fifty(found: Summaries) -> tuple[bool, str] | None:
    one = found.get("sync-lean@50")
    if one is None or one.peak is None or one.p95 is None:
        return None
    text = f"{one.peak.text(0)} MiB; p95 {one.p95.text(2)} s, the slowest {one.slowest:.2f} s"
    met = one.peak.median <= 1229 and one.p95.median <= 1.2 and one.slowest <= 3
    return met, f"{text}{doubt(found, 'sync-lean@50')}"


def _patient(found: Summaries) -> tuple[bool, str] | None:
    one = found.get("pool-lean-think@50")
    if one is None or one.p95 is None:
        return None
    return one.slowest <= 3, f"p95 {one.p95.text(2)} s, the slowest {one.slowest:.2f} s"


ELSEWHERE = (
    (
        "ledger and store at most 4 ms an offer on MariaDB",
        "python -m tests.sync.measure --database URL",
    ),
    ("100,000 refs planned within 10 s", "time pwsync plan -i FILE"),
    ("a worker starts within 2 s", "python -m tests.cli.measure"),
    ("status within 0.2 s on a million rows", "python -m tests.cli.measure"),
)
"""Targets that need no peer and no page, and what measures them."""

TARGETS: tuple[tuple[str, Judge], ...] = (
    ("sync in lean mode: at least 40 offers/s and at most 0.045 CPU-s an offer", _fast),
    ("at least 2.5 times AdaptivePlaywrightCrawler", _times("sync-lean@8", "adaptive@8", 2.5)),
    ("sync in lean mode within 1.3 of the raw CDP twin", _near("sync-lean@8", "cdp@8", 1.3)),
    ("the pool alone within 1.3 of it", _near("pool-lean@8", "cdp@8", 1.3)),
    (
        "sync in natural mode: at least 1.3 times Crawlee",
        _times("sync-natural@8", "crawlee@8", 1.3),
    ),
    ("at least 2 times scrapy-playwright", _times("sync-natural@8", "scrapy@8", 2.0)),
    ("sync with 50 contexts in lean mode: 1.2 GiB, every offer within 3 s, p95 1.2 s", _fifty),
    ("50 contexts with 2-6 s between pages: every page within 3 s", _patient),
)
