"""A database of an earlier version gets what is new and keeps what it holds."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.models import migrations
from app.runs.audit import audit
from app.runs.claims import claim
from app.runs.states import RunState, read_run
from app.schedule.ticker import tick
from app.store.engine import open_engine, transact
from app.store.schema import migrate, revision
from tests.schedule.conftest import MORNING

OFFERS = (600_000_000_001, 600_000_000_002)
OLD_ROWS = (
    """INSERT INTO run (id, kind, label, options, state, attempts, expected, lines_read,
        duplicates, rejected, created_at)
    VALUES (7, 'refs', '', '{}', 'open', 3, 2, 2, 0, 0, '2026-03-04 12:00:00.123456')""",
    *(
        f"""INSERT INTO run_item (run_id, offer_id, position, mentions, state, attempt, charges,
            excused, token, not_before)
        VALUES (7, {offer}, {place}, 1, 'queued', 0, 0, 0, 0, '2026-03-04 12:00:00.123456')"""
        for place, offer in enumerate(OFFERS)
    ),
)


@pytest.mark.parametrize("old", ["0001", "0002", "0003", "0006", "0007", "0008", "0009", "0010"])
@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_database_of_an_older_form_is_brought_up(kind, old, request, tmp_path, batch_of):
    file = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_engine(file if kind == "sqlite" else request.getfixturevalue("mariadb").new_database())  # fmt: skip

    def begin(conn) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = conn
        command.upgrade(config, old)
        for row in OLD_ROWS:
            conn.execute(text(row))

    transact(engine, begin)
    assert revision(engine) == old
    assert migrate(engine) is True
    run = read_run(engine, 7)
    assert (run.state, run.expected, run.list_pages, run.parked_until) == (
        RunState.OPEN,
        2,
        0,
        None,
    )
    claims = claim(engine, 7, 2, owner="w", lease_seconds=30)
    assert [one.offer_id for one in claims] == [str(offer) for offer in OFFERS]
    assert audit(engine) == []
    assert len(tick(engine, [batch_of()], now=MORNING)) == 1
    engine.dispose()
