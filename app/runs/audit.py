"""Do the books balance? Asks every invariant in one consistent picture of the database.

Read-only. The rules themselves are the table in `invariants.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, bindparam, func, select, text

from app import models
from app.models import table
from app.runs.invariant import Invariant
from app.runs.invariants import INVARIANTS
from app.runs.states import RunUnknown
from app.store.engine import reading

RUN, ITEM, OFFER = table(models.Run), table(models.RunItem), table(models.Offer)
EXAMPLES = 50
"""Violations of one rule that are told; one is enough to be wrong."""
OF_A_RUN = "= :run"
"""What a rule says that can be asked of one run."""
NARROWED = re.compile(r"\(:run IS NULL OR ([\w.]+ = :run)\)")
"""How a rule narrows its rows to a run. SQLite uses no index for a condition with OR."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One place where a rule does not hold."""

    name: str
    sentence: str
    run_id: int | None
    offer_id: str | None
    wanted: str
    found: str

    def __str__(self) -> str:
        where = [f"run {self.run_id}"] if self.run_id is not None else []
        where += [f"offer {self.offer_id}"] if self.offer_id is not None else []
        return (
            f"{self.name} {', '.join(where)}: {self.sentence}; "
            f"wanted {self.wanted}, found {self.found}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """The result of an audit, with what it covered."""

    runs: int
    items: int
    offers: int
    rules: int
    violations: Sequence[Violation]

    @property
    def clean(self) -> bool:
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"clean": self.clean}


def audit(engine: Engine, run_id: int | None = None) -> list[Violation]:
    """Every place where the books of a run, or of all runs, are wrong. Empty: they balance.

    Raises RunUnknown, DatabaseUnavailable.
    """
    return list(balance(engine, run_id).violations)


def balance(engine: Engine, run_id: int | None = None) -> Balance:
    """The audit together with what it covered. Raises RunUnknown, DatabaseUnavailable."""
    with reading(engine) as conn:
        if run_id is not None and conn.scalar(select(RUN.c.id).where(RUN.c.id == run_id)) is None:
            raise RunUnknown(run_id)
        asked = [rule for rule in INVARIANTS if run_id is None or OF_A_RUN in rule.query]
        found = [wrong for rule in asked for wrong in _violations(conn, rule, run_id)]
        runs, items, offers = (_count(conn, *each, run_id) for each in COVERED)
    rules = len({rule.name for rule in INVARIANTS})
    return Balance(runs=runs, items=items, offers=offers, rules=rules, violations=found)


COVERED = ((RUN, RUN.c.id), (ITEM, ITEM.c.run_id), (OFFER, OFFER.c.run_id))


def _count(conn: Connection, covered: Any, column: Any, run_id: int | None) -> int:
    query = select(func.count()).select_from(covered)
    return conn.scalar(query if run_id is None else query.where(column == run_id)) or 0


def _violations(conn: Connection, rule: Invariant, run_id: int | None) -> list[Violation]:
    lists: list[BindParameter[Any]] = [
        bindparam(name, list(words), expanding=True) for name, words in rule.words.items()
    ]
    asked = rule.query if run_id is None else NARROWED.sub(r"\1", rule.query)
    query = text(asked).bindparams(*lists)
    rows = conn.execute(query, {"run": run_id}).fetchmany(EXAMPLES)
    return [_violation(rule, *row) for row in rows]


def _violation(rule: Invariant, run_id: Any, offer_id: Any, wanted: Any, found: Any) -> Violation:
    return Violation(
        name=rule.name,
        sentence=rule.sentence,
        run_id=run_id,
        offer_id=None if offer_id is None else str(offer_id),
        wanted=str(wanted),
        found="nothing" if found is None else str(found),
    )
