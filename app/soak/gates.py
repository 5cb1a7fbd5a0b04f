"""What must hold for a soak to be passed: a table of measures and limits. Pure.

A gate says `undecided`, never `pass`, where there are too few pages to tell a slope from noise; it
says `fail` at once where even the lower end of the interval is beyond the limit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.soak.evidence import Evidence
from app.soak.slopes import Slope

PAGES_OF_THREE_DAYS = 43_200
"""72 hours at a page every 6 seconds, the politest pace."""


LONG = 10_000
"""Pages after the warm-up from which on the allocator's arenas have settled, too."""
CONNECTIONS = 9.0
"""As `places.open_database` makes the pool, and two."""


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A number that a gate looks at, and what is known about it."""

    value: float
    lower: float | None = None
    """It is at least this, with 97.5 %; None: it is what it is."""
    decides: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """A limit. `measure` answers None where there is nothing to measure."""

    name: str
    unit: str
    limit: Callable[[Evidence], float]
    measure: Callable[[Evidence], Measure | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a gate said."""

    name: str
    verdict: Verdict
    found: float | None
    limit: float
    unit: str

    def as_json(self) -> dict[str, Any]:
        found = None if self.found is None else round(self.found, 3)
        told = {"name": self.name, "verdict": str(self.verdict), "found": found}
        return told | {"limit": round(self.limit, 3), "unit": self.unit}


def judge(gate: Gate, evidence: Evidence) -> Finding | None:
    """What a gate says; None where it does not apply."""
    measure = gate.measure(evidence)
    if measure is None:
        return None
    limit = gate.limit(evidence)
    return Finding(
        name=gate.name,
        verdict=_verdict(measure, limit),
        found=measure.value,
        limit=limit,
        unit=gate.unit,
    )


def _verdict(measure: Measure, limit: float) -> Verdict:
    if measure.lower is not None and measure.lower > limit:
        return Verdict.FAIL
    if not measure.decides:
        return Verdict.UNDECIDED
    return Verdict.PASS if measure.value <= limit else Verdict.FAIL


def judge_all(evidence: Evidence) -> list[Finding]:
    """All that apply, in the order of the table."""
    return [found for gate in GATES if (found := judge(gate, evidence)) is not None]


def _upper(found: Slope | None, evidence: Evidence, *, early: bool = True) -> Measure | None:
    """Of a slope: the upper end of its interval, so that no leak hides in noise.

    `early`: it may fail before there are pages enough to pass.
    """
    if found is None:
        return None
    lower = found.lower if early or evidence.decides else None
    return Measure(value=found.upper, lower=lower, decides=evidence.decides)


def _slope_of(name: str, unit: str, limit: float, *, short: float | None = None) -> Gate:
    """`short`: the limit below `LONG` pages."""

    def limit_of(evidence: Evidence) -> float:
        return limit if short is None or evidence.pages >= LONG else short

    return Gate(
        name=f"{name} slope",
        unit=f"{unit} / 1,000 pages".lstrip(),
        limit=limit_of,
        measure=lambda evidence: _upper(evidence.slope(name), evidence),
    )


def _slope_beside_lives(name: str, unit: str, limit: float, *, short: float) -> Gate:
    return Gate(
        name=f"{name} slope",
        unit=f"{unit} / 1,000 pages",
        limit=lambda evidence: limit if evidence.pages >= LONG else short,
        measure=lambda evidence: _upper(evidence.slope_beside_lives(name), evidence, early=False),
    )


def _most(name: str, limit: Callable[[Evidence], float], unit: str = "") -> Gate:
    """Of all samples, those of the warm-up, too."""

    def measure(evidence: Evidence) -> Measure | None:
        found = evidence.values(name, evidence.samples)
        return Measure(value=max(found)) if found else None

    return Gate(name=f"{name} max", unit=unit, limit=limit, measure=measure)


def _ratio(
    name: str, limit: float, look: Callable[[Evidence], float | None], *, of_time: bool = True
) -> Gate:
    def measure(evidence: Evidence) -> Measure | None:
        decides = evidence.decides and (evidence.is_quiet or not of_time)
        found = look(evidence)
        return None if found is None else Measure(value=found, decides=decides)

    return Gate(name=name, unit="times", limit=lambda _: limit, measure=measure)


def _p99(
    name: str, unit: str, limit: Callable[[Evidence], float], *, of_time: bool = False
) -> Gate:
    def measure(evidence: Evidence) -> Measure | None:
        found = evidence.spread(name, 0.99)
        decides = evidence.is_quiet or not of_time
        return None if found is None else Measure(value=found, decides=decides)

    return Gate(name=f"{name} p99", unit=unit, limit=limit, measure=measure)


def _total_mib(evidence: Evidence) -> float:
    """Natural pages live in renderers of their own, lean ones hardly weigh anything."""
    each = 30 if evidence.mode == "lean" else 200
    return 800.0 + each * evidence.contexts


GATES: Sequence[Gate] = (
    _slope_beside_lives("pss.python", "MiB", 1.0, short=5.0),
    _slope_beside_lives("heap_blocks", "objects", 10_000.0, short=25_000.0),
    Gate(
        name="driver slope within a browser's life",
        unit="MiB / 1,000 pages",
        limit=lambda evidence: 20.0 if evidence.pages >= LONG else 40.0,
        measure=lambda evidence: _upper(evidence.driver_slope(), evidence),
    ),
    Gate(
        name="driver baseline after retiring",
        unit="MiB",
        limit=lambda _: 20.0,
        measure=lambda evidence: (
            None
            if (found := evidence.baseline_shift()) is None
            else Measure(value=found, decides=evidence.decides)
        ),
    ),
    _p99("pss.total", "MiB", _total_mib),
    _ratio("pss.total growth", 1.1, lambda evidence: evidence.growth("pss.total"), of_time=False),
    _slope_of("fds", "", 0.5, short=2.0),
    _most("fds", lambda _: 256.0),
    _slope_of("threads", "", 0.5, short=2.0),
    _most("zombies", lambda _: 0.0),
    _most("orphans", lambda _: 0.0),
    _most("contexts", lambda evidence: float(evidence.contexts)),
    _most("scratch_mb", lambda _: 200.0, "MiB"),
    _ratio("throughput: second tenth by last", 1 / 0.9, lambda evidence: evidence.slowing()),
    _ratio("page p95: last tenth by second", 1.2, lambda evidence: evidence.lengthening()),
    _p99("lag_ms", "ms", lambda _: 250.0, of_time=True),
    _most("database_connections", lambda _: CONNECTIONS),
    _most("database_threads", lambda _: CONNECTIONS),
    _slope_of("redis_mb", "MiB", 0.2),
)
