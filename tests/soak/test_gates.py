"""Each gate on samples that never were: a sound build passes all of them, each leak turns one red."""

import pytest

from app.soak.gates import Verdict, judge_all
from tests.soak.made import LIFE, evidence


def said(pages=10_000, change=lambda one: {}):
    return {one.name: one.verdict for one in judge_all(evidence(pages, change))}


def test_a_sound_build_passes_every_gate():
    found = said()
    assert set(found.values()) == {Verdict.PASS}, found
    assert len(found) >= 15


def each(name, per_page, start=0.0):
    """A measure of the sample that grows with the pages."""
    return lambda one: {name: one[name] + round(start + per_page * one["pages"])}


def in_role(role, per_page):
    def change(one):
        pss = dict(one["pss"])
        pss[role] += per_page * one["pages"]
        return {"pss": pss | {"total": sum(v for k, v in pss.items() if k != "total")}}

    return change


def driver_that_keeps(per_page_of_life=0.0, per_life=0.0):
    def change(one):
        life, age = divmod(one["pages"], LIFE)
        more = per_page_of_life * age + per_life * life
        return {"drivers": {name: weight + more for name, weight in one["drivers"].items()}}

    return change


def late(one):
    """Slower by a quarter at the end."""
    pages, turn = one["pages"], 8000
    more = max(0, pages - turn) * 0.25 / 30
    return {
        "worked": one["worked"] + more,
        "page_ms": [ms * (1.4 if pages > turn else 1) for ms in one["page_ms"]],
    }


LEAKS = {
    "pss.python slope": in_role("python", 0.008),
    "heap_blocks slope": each("heap_blocks", 30),
    "driver slope within a browser's life": driver_that_keeps(per_page_of_life=0.06),
    "driver baseline after retiring": driver_that_keeps(per_life=3),
    "pss.total growth": in_role("browser", 0.02),
    "fds slope": each("fds", 0.02),
    "fds max": each("fds", 0, 300),
    "threads slope": each("threads", 0.02),
    "contexts max": each("contexts", 0.02),
    "zombies max": each("zombies", 0.02),
    "orphans max": lambda one: {"orphans": int(one["pages"] == 5000)},
    "scratch_mb max": each("scratch_mb", 0.03),
    "throughput: second tenth by last": late,
    "page p95: last tenth by second": late,
    "lag_ms p99": lambda one: {"lag_ms": [*one["lag_ms"], 400]},
    "database_connections max": each("database_connections", 0.002),
    "database_threads max": lambda one: {"database_threads": 2 + one["pages"] // 1000},
    "redis_mb slope": lambda one: {"redis_mb": 1.0 + one["pages"] * 0.001},
    "pss.total p99": in_role("renderers", 0.2),
}


@pytest.mark.parametrize("gate", LEAKS)
def test_a_leak_turns_its_gate_red(gate):
    assert said(change=LEAKS[gate])[gate] is Verdict.FAIL


def test_every_gate_has_its_leak():
    full = lambda one: {"database_threads": 2, "redis_mb": 1.0}  # noqa: E731
    assert set(said(change=full)) == set(LEAKS)


@pytest.mark.parametrize(
    "gate", ["pss.python slope", "fds slope", "throughput: second tenth by last"]
)
def test_too_few_pages_decide_nothing(gate):
    assert said(pages=2980)[gate] is Verdict.UNDECIDED
    assert said(pages=3000)[gate] is Verdict.PASS


def test_a_plain_leak_is_told_however_few_pages_there_are():
    found = said(300, LEAKS["fds slope"])
    assert found["fds slope"] is Verdict.FAIL
    assert found["threads slope"] is Verdict.UNDECIDED


def test_a_process_that_still_loads_its_code_is_no_leak():
    assert said(300, LEAKS["pss.python slope"])["pss.python slope"] is Verdict.UNDECIDED


def test_a_busy_machine_decides_nothing_about_time():
    def busy(one):
        return late(one) | {"foreign_cpu": 0.6, "lag_ms": [*one["lag_ms"], 400]}

    found = said(change=busy)
    for name in (
        "throughput: second tenth by last",
        "page p95: last tenth by second",
        "lag_ms p99",
    ):
        assert found[name] is Verdict.UNDECIDED
    assert found["fds slope"] is Verdict.PASS


def test_one_browser_says_nothing_of_how_browsers_grow():
    found = said(change=lambda one: {"drivers": {"1:1": 100.0}})
    assert "driver slope within a browser's life" not in found
    assert "driver baseline after retiring" not in found
