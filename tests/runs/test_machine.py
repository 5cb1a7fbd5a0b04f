"""Any order of events: after every step the books balance, and nothing final ever changes.

The machine plays workers that claim, renew, finish, fail, give back and come late, while time passes
and a person pauses and resumes. At the end a healthy worker must bring the run to its end.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select

from app.runs.audit import audit
from app.runs.claims import give_back, renew
from app.runs.counts import counts, next_due
from app.runs.outcomes import LEASED, MOST_EXCUSED, QUEUED, Blocked, Failed, Gone, Retry
from app.runs.parking import park
from app.runs.settling import Fenced, commit
from app.runs.states import cancel, close_if_finished, pause, read_run, resume
from app.store.engine import reading, transact
from tests.conftest import empty
from tests.runs.books import ITEM, LEASE, new_run, pass_time, stores, take, unfence

ITEMS = 4
FIND = (Phase.generate,)
"""Enough to see that a mutant is found; shrinking it takes minutes."""
OWNERS = st.sampled_from(["w1", "w2", "w3"])
SETTLEMENTS = st.sampled_from(
    [
        None,
        None,
        Gone(reason="deleted"),
        Failed(reason="too_large"),
        Retry(reason="timeout", seconds=2),
        Retry(reason="busy", charged=False, seconds=2),
        Blocked(reason="slider", seconds=2),
    ]
)


class Books(RuleBasedStateMachine):
    """Workers round one run; claims stay in the bundle when they are lost."""

    engine = None

    def __init__(self):
        super().__init__()
        transact(self.engine, empty)
        self.run = new_run(self.engine, ITEMS)
        self.final = {}
        self.winners = {}
        self.cancelled = False

    claims = Bundle("claims")

    @rule(target=claims, count=st.integers(1, 3), owner=OWNERS)
    def claim(self, count, owner):
        return multiple(*take(self.engine, self.run, count, owner))

    @rule(one=claims, settlement=SETTLEMENTS)
    def finish(self, one, settlement):
        try:
            ruling = commit(self.engine, one, (lambda _: settlement) if settlement else stores(one))
        except Fenced:
            return
        if ruling.state != QUEUED:
            assert self.winners.setdefault(one.offer_id, one.token) == one.token
            assert one.offer_id not in self.final, "two ends of one item"

    @rule(one=claims)
    def finish_and_die_before_the_commit(self, one):
        def dies(conn):
            stores(one)(conn)
            raise LookupError

        with pytest.raises((LookupError, Fenced)):
            commit(self.engine, one, dies)

    @rule(some=st.lists(claims, max_size=3, unique=True))
    def renew(self, some):
        held = renew(self.engine, some, lease_seconds=LEASE)
        assert held <= set(some)

    @rule(one=consumes(claims))
    def give_back(self, one):
        give_back(self.engine, [one])

    @rule(seconds=st.sampled_from([0.1, 2.1, LEASE - 0.1, LEASE + 0.1, 2 * LEASE]))
    def pass_time(self, seconds):
        pass_time(self.engine, seconds)

    @rule(change=st.sampled_from([pause, resume, lambda e, r: park(e, r, "login")]))
    def move(self, change):
        if read_run(self.engine, self.run.id).state not in {"done", "cancelled"}:
            change(self.engine, self.run.id)

    @rule(sure=st.integers(0, 9))
    def cancel(self, sure):
        if sure == 0 and read_run(self.engine, self.run.id).state != "done":
            cancel(self.engine, self.run.id)

    @rule()
    def close(self):
        close_if_finished(self.engine, self.run.id)

    @invariant()
    def the_books_balance(self):
        assert audit(self.engine) == []

    @invariant()
    def what_is_final_stays(self):
        with reading(self.engine) as conn:
            states = dict(conn.execute(select(ITEM.c.offer_id, ITEM.c.state)).all())
        assert len(states) == ITEMS
        ended = {offer: state for offer, state in states.items() if state not in {QUEUED, LEASED}}
        assert self.final.items() <= ended.items()
        self.final = ended

    def teardown(self):
        if read_run(self.engine, self.run.id).state not in {"done", "cancelled"}:
            resume(self.engine, self.run.id)
        for _ in range(MOST_EXCUSED):
            pass_time(self.engine, LEASE + 1)
            for one in take(self.engine, self.run, ITEMS, "healthy"):
                commit(self.engine, one, stores(one))
        assert next_due(self.engine, self.run.id) is None
        assert close_if_finished(self.engine, self.run.id).state in {"done", "cancelled"}
        assert counts(self.engine, self.run.id).finished == ITEMS
        assert audit(self.engine) == []


def play(engine, examples: int, steps: int = 20, phases=tuple(Phase)) -> None:
    machine = type("Books", (Books,), {"engine": engine})
    limits = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        report_multiple_bugs=False,
        phases=phases,
    )
    run_state_machine_as_test(machine, settings=limits)


@pytest.fixture
def quick(sqlite_engine):
    """SQLite without waiting for the disk: this is about order, not about power cuts."""

    def relax(connection, _):
        connection.execute("PRAGMA synchronous=OFF").close()

    sqlite_engine.dispose()
    event.listen(sqlite_engine, "connect", relax)
    return sqlite_engine


def test_the_books_balance_in_any_order_of_events_on_sqlite(quick):
    play(quick, 200)


def test_the_books_balance_in_any_order_of_events_on_mariadb(mariadb_engine):
    play(mariadb_engine, 30)


def test_the_machine_finds_a_missing_fence(quick, monkeypatch):
    unfence(monkeypatch)
    with pytest.raises(AssertionError):
        play(quick, 200, phases=FIND)


def test_the_machine_finds_leases_that_never_end(quick, monkeypatch):
    monkeypatch.setattr("app.runs.claims._reap", lambda *_: [])
    with pytest.raises(AssertionError):
        play(quick, 200, phases=FIND)
