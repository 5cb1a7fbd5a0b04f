"""What a soak comes to: gates, growth projected to three days, books, values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.runs.audit import balance
from app.runs.history import compare
from app.soak.evidence import Evidence
from app.soak.gates import PAGES_OF_THREE_DAYS, Finding, Verdict, judge_all
from app.soak.rounds import Tally

GROWING = (
    "pss.python", "pss.total", "heap_blocks", "fds", "threads", "members.renderers", "scratch_mb",
    "database_connections", "redis_mb", "kept_mb",
)  # fmt: skip
"""Measures whose slope is told, gate or not."""
EXAMPLES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What is still there when all is closed."""

    folders: int
    programs: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of it; `gates` are those of the samples, `books` those that have no two opinions."""

    gates: Sequence[Finding]
    books: Sequence[Finding]
    evidence: Evidence
    tally: Tally
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = {one.verdict for one in (*self.gates, *self.books)}
        return next(
            (one for one in (Verdict.FAIL, Verdict.UNDECIDED) if one in found), Verdict.PASS
        )

    @property
    def balances(self) -> bool:
        return all(one.verdict is Verdict.PASS for one in self.books)

    def growth(self) -> Iterator[dict[str, Any]]:
        """Slopes after the warm-up, with what 72 h at the polite pace would bring: a projection."""
        for name in GROWING:
            if found := self.evidence.slope(name):
                grown, half = found.projected(PAGES_OF_THREE_DAYS)
                yield {
                    "measure": name,
                    "per_thousand_pages": round(found.per_thousand, 3),
                    "half_interval": round(found.half, 3),
                    "projected_72h": round(grown, 1),
                    "projected_half_interval": round(half, 1),
                }

    def figures(self) -> dict[str, Any]:
        """Sums, and spreads after the warm-up."""
        last = self.evidence.samples[-1] if self.evidence.samples else {}
        pages, worked = last.get("pages", 0), last.get("worked", 0.0)
        return {
            "pages": pages,
            "seconds": round(self.seconds, 1),
            "pages_per_second": round(pages / worked, 2) if worked else None,
            "samples": len(self.evidence.samples),
            "browser_starts": last.get("browser_starts"),
            **{
                f"{name}_p{share * 100:.0f}": self.evidence.spread(name, share)
                for name in ("page_ms", "lag_ms", "pss.python", "pss.total")
                for share in (0.5, 0.95, 0.99, 1.0)
            },
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": str(self.verdict),
            "figures": self.figures(),
            "gates": [one.as_json() for one in self.gates],
            "books": [one.as_json() for one in self.books],
            "growth": list(self.growth()),
            "runs": self.tally.runs,
            "parked": self.tally.parked,
            "outcomes": {str(word): n for word, n in self.tally.outcomes.items() if n},
            "compared_values": self.tally.compared,
            "wrong_values": self.tally.wrong,
            "halts": self.tally.halts,
        }


def report_of(
    evidence: Evidence,
    tally: Tally,
    engine: Engine,
    *,
    journal: Path,
    left: Left,
    faulty: bool,
    seconds: float,
) -> Report:
    """Judge it. `faulty`: the site was told to go wrong, so offers may fail."""
    return Report(
        gates=judge_all(evidence),
        books=list(_books(tally, engine, journal, left, faulty=faulty)),
        evidence=evidence,
        tally=tally,
        seconds=seconds,
    )


def _books(
    tally: Tally, engine: Engine, journal: Path, left: Left, *, faulty: bool
) -> Iterator[Finding]:
    yield _none("audit: rules broken", len(balance(engine).violations))
    if tally.runs:
        history = compare(engine, journal)
        yield _none("history: settlements lost", history.lost)
        yield _none("history: settlements doubled", history.duplicated)
    yield _none("wrong values", len(tally.wrong))
    if not faulty:
        yield _none("offers failed", tally.bad)
    yield _none("runs that did not go on", len(tally.halts))
    yield _none("temporary folders left", left.folders)
    yield _none("programs left", left.programs)


def _none(name: str, found: int) -> Finding:
    verdict = Verdict.FAIL if found else Verdict.PASS
    return Finding(name=name, verdict=verdict, found=float(found), limit=0.0, unit="")
