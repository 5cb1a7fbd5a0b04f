"""What is left of a storm: the audit, the workers' history, every offer's outcome and values."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from app import models
from app.models import table
from app.replica.serve import Replica
from app.store.engine import reading
from tests.accept import wrong_names
from tests.chaos.crew import ROOT, leftovers
from tests.chaos.storm import Robbed

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)
EXAMPLES = 20
SECONDS_TO_DIE = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Where to look."""

    run_id: int
    environment: dict[str, str]
    mark: str
    journal: Path
    robbed: Sequence[Robbed]


def judge(facts: Facts, engine: Engine, site: Replica, figures: dict[str, Any]) -> dict[str, Any]:
    """All that was found, with `clean` for whether it is as it must be."""
    found = {
        "outcomes": _count(engine, ITEM, ITEM.c.state, facts.run_id),
        "attempts": _count(engine, ATTEMPT, ATTEMPT.c.ending, facts.run_id),
        "recovered_after_seconds": _spread(recovered_after(engine, facts.run_id, facts.robbed)),
        "audit": audit(facts),
        **compare(engine, site, facts.run_id),
        "left_over": left_over(facts.mark),
    }
    return found | {"wrong": (wrong := list(complaints(figures | found))), "clean": not wrong}


def complaints(found: dict[str, Any]) -> Iterator[str]:
    """What is not as it must be, in words. Pure."""
    audited = found["audit"]
    history = audited.get("history", {})
    rules = {
        found["ended"]: found["ended"] == "the run is done: None",
        f"{found['blows_left']} blows did not fall": not found["blows_left"],
        f"pwsync audit left with {audited['code']}": audited["code"] == 0,
        "rules of the books are broken": not audited.get("violations", ["unknown"]),
        "settlements were lost": history.get("lost") == 0,
        "settlements were doubled": history.get("duplicated") == 0,
        "settlements are in the books that nobody made": history.get("unexpected") == 0,
        f"{found['wrong_outcomes_total']} outcomes are wrong": not found["wrong_outcomes_total"],
        f"{found['wrong_values_total']} values are wrong": not found["wrong_values_total"],
        "programs were left over": not found["left_over"],
        "a worker met a bug": not found["tracebacks"] and "1" not in found["workers"]["exits"],
        "workers did not leave in order": set(found["workers"]["at_the_end"]) <= {"0"},
    }
    return (sentence for sentence, holds in rules.items() if not holds)


def _spread(found: list[float]) -> dict[str, float]:
    """Of ascending numbers."""
    if not found:
        return {"number": 0}
    return {"number": len(found), "median": found[len(found) // 2], "longest": found[-1]}


def _count(engine: Engine, rows: Any, column: Any, run_id: int) -> dict[str, int]:
    query = select(column, func.count()).where(rows.c.run_id == run_id).group_by(column)
    with reading(engine) as conn:
        return {str(word): number for word, number in conn.execute(query)}


def recovered_after(engine: Engine, run_id: int, robbed: Sequence[Robbed]) -> list[float]:
    """Seconds from the kill of a worker until somebody else began what it held, ascending."""
    tries = select(ATTEMPT.c.offer_id, ATTEMPT.c.attempt, ATTEMPT.c.started_at)
    with reading(engine) as conn:
        rows = conn.execute(tries.where(ATTEMPT.c.run_id == run_id))
        starts = {(str(offer_id), attempt): began for offer_id, attempt, began in rows}
    again = ((one.at, starts.get((str(one.offer_id), one.attempt + 1))) for one in robbed)
    return sorted(round((began - at).total_seconds(), 1) for at, began in again if began)


def audit(facts: Facts) -> dict[str, Any]:
    """`pwsync audit RUN --history FOLDER`, as a person runs it."""
    words = ["audit", str(facts.run_id), "--history", str(facts.journal), "--json"]
    told = subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        env=facts.environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    document = json.loads(told.stdout) if told.stdout else {"said": told.stderr[-500:]}
    return document | {"code": told.returncode}


def compare(engine: Engine, site: Replica, run_id: int) -> dict[str, Any]:
    """Every offer of the catalog: its outcome, and the values that were stored."""
    with reading(engine) as conn:
        rows = conn.execute(select(ITEM.c.offer_id, ITEM.c.state).where(ITEM.c.run_id == run_id))
        states = {str(offer_id): state for offer_id, state in rows}
    outcomes: list[Any] = []
    values: list[Any] = []
    for offer_id in (one["offer_id"] for one in site.listed()):
        wanted = site.expected(offer_id)
        right = "gone" if "error" in wanted else "created"
        if states.get(offer_id) != right:
            outcomes.append((offer_id, right, states.get(offer_id)))
        values += wrong_names(engine, offer_id, wanted)
    return {
        "compared_offers": len(states),
        "wrong_outcomes_total": len(outcomes),
        "wrong_outcomes": outcomes[:EXAMPLES],
        "wrong_values_total": len(values),
        "wrong_values": values[:EXAMPLES],
    }


def left_over(mark: str) -> list[str]:
    """Programs that are still there a moment after the last worker has gone."""
    deadline = time.monotonic() + SECONDS_TO_DIE
    while (found := leftovers(f"CHAOS_MARK={mark}")) and time.monotonic() < deadline:
        time.sleep(0.1)  # polling processes that end by themselves, with a deadline
    return found
