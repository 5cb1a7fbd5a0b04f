"""How often the database is asked for one offer: the figure that its speed hangs on."""

from collections import Counter

import pytest
from sqlalchemy import event

from app.quality import books
from app.refs import Intake, OfferRef
from app.runs.claims import claim
from app.runs.opening import open_run
from app.runs.outcomes import Outcome, Stored
from app.runs.settling import commit
from app.store import offers
from app.store.before import look
from app.store.engine import transact
from tests.filled import items
from tests.samples import seen

MOST = {"created": 17, "unchanged": 9, "changed": 19}
"""Statements and COMMITs of one offer, on the average of a round."""


@pytest.fixture
def asked(engine):
    """Statements, commits, rollbacks and pings since it was last emptied."""
    found = []
    event.listen(engine, "before_cursor_execute", lambda *told: found.append(told[2]))
    event.listen(engine, "commit", lambda _: found.append("COMMIT"))
    return found


def sync(engine, made, asked):
    """Statements by what became of the offers of one run."""
    intake = Intake(accepted=tuple(OfferRef(offer_id=key) for key in made))
    run = open_run(engine, intake, kind="sync", label="counted")
    told = Counter()
    while taken := claim(engine, run.id, 8, owner="w", lease_seconds=60):
        for one in taken:
            asked.clear()
            ruling = commit(engine, one, lambda conn, one=one: stored(conn, one, made))
            told[str(ruling.ending), "statements"] += len([s for s in asked if "BEGIN" not in s])
            told[str(ruling.ending), "offers"] += 1
    return {word: told[word, "statements"] / told[word, "offers"] for word, _ in told}


def stored(conn, one, made):
    item = made[one.offer_id]
    known = look(conn, item)
    saved = offers.save(conn, item, seen(run_id=one.run_id), known)
    books.note_read(conn, one.run_id, "", item, known.shown_to(""))
    return Stored(outcome=Outcome(saved.change))


def test_an_offer_costs_few_statements(engine, asked):
    rounds = [
        {key: one for key, one in items(24, epoch=epoch) if not isinstance(one, str)}
        for epoch in (1, 1, 2)
    ]
    first, again, later = (sync(engine, made, asked) for made in rounds)
    assert first.keys() == {"created"}
    assert again.keys() == {"unchanged"}
    told = first | again | {"changed": later["changed"]}
    assert {word: number for word, number in told.items() if number > MOST[word]} == {}


def test_a_used_connection_is_neither_asked_nor_told_to_roll_back(mariadb_engine, monkeypatch):
    calls = []
    with mariadb_engine.connect() as conn:
        kind = type(conn.connection.dbapi_connection)
    for name in ("ping", "rollback"):
        own = getattr(kind, name)
        monkeypatch.setattr(
            kind, name, lambda self, *a, n=name, own=own, **k: (calls.append(n), own(self, *a, **k))
        )
    transact(mariadb_engine, lambda _: None)
    calls.clear()
    transact(mariadb_engine, lambda _: None)
    assert calls == []
    with mariadb_engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")  # and nobody says that it is done
    assert calls == ["rollback"]
