"""No question that is asked again and again reads all of a table that grows: by the plans of both
databases for the statements that the code sends.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.history.pruning import prune
from app.runs.audit import audit
from app.store.clock import now
from app.store.engine import consult, transact
from tests.growth import hot
from tests.growth.plans import captured, faults

PARTS = (hot.work, hot.lists, hot.history, hot.books)
ENOUGH = {
    "changes, prices by 5%": "looks at each price until enough have moved so far",
    "count, to 1,000": "ends at 1,000",
    "filter": "walks the index of its order until the page is full",
    "metrics": "count the offers by the narrowest index",
    "search a word": "as the filter, of a word that many offers have",
}
"""What is no fault: these end early, or count by an index."""


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_what_is_asked_often_has_its_index(grown, part):
    scene = hot.Scene.of(grown, 300)
    found = {}
    for name, ask in part(scene).items():
        with captured(grown) as asked:
            ask()
        assert asked, name
        if told := faults(grown, asked):
            found[name] = told
    assert {name: told for name, told in found.items() if name not in ENOUGH} == {}


def test_forgetting_history_has_its_index_and_leaves_books_that_balance(grown):
    before = consult(grown, lambda conn: conn.scalar(select(now()))) - timedelta(days=1)
    at = consult(grown, lambda conn: conn.scalars(select(hot.CHANGE.c.observed_at)).all())
    cut = min(before, sorted(at)[len(at) // 3])
    with captured(grown) as asked:
        done = prune(grown, cut)
    left = consult(grown, lambda conn: conn.scalars(select(hot.CHANGE.c.observed_at)).all())
    assert (done.changes, min(left) >= cut) == (len(at) - len(left), True)
    assert done.changes > 0
    assert faults(grown, asked) == []
    assert audit(grown) == []


def test_a_missing_index_is_seen(grown_sqlite):
    scene = hot.Scene.of(grown_sqlite, 50)
    transact(grown_sqlite, lambda conn: conn.exec_driver_sql("DROP INDEX ix_offer_change_run_id"))
    with captured(grown_sqlite) as asked:
        hot.books(scene)["audit of a run"]()
    assert any("reads all of c" in one for one in faults(grown_sqlite, asked))
