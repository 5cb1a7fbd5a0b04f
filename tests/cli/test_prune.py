"""`pwsync db prune`: what it says when it is done, and when somebody stops it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app import models
from app.cli.main import app
from app.history import pruning
from app.models import table
from app.store.engine import open_engine, reading
from app.store.schema import migrate
from tests.filled import BEGAN, fill

CHANGE = table(models.OfferChange)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A database with a history of two rounds, the one that commands open."""
    url = f"sqlite:///{tmp_path}/pwsync.db"
    monkeypatch.setenv("PWSYNC_DATABASE_URL", url)
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(tmp_path))
    engine = open_engine(url)
    migrate(engine)
    for epoch in (1, 2):
        fill(engine, 60, epoch=epoch, at=BEGAN - timedelta(days=400 * (3 - epoch)))
    yield engine
    engine.dispose()


def changes(engine) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(func.count()).select_from(CHANGE))


def test_it_says_how_much_was_forgotten(engine):
    had = changes(engine)
    done = CliRunner().invoke(app, ["db", "prune", "--older", "30d"])
    assert done.exit_code == 0
    assert done.stdout.startswith(f"forgot {had:,} changes made before ")
    assert (had > 0, changes(engine)) == (True, 0)


def test_stopped_it_says_how_far_it_came_and_goes_on_the_next_time(engine, monkeypatch):
    had, forget, calls = changes(engine), pruning._forget, []
    monkeypatch.setattr(pruning, "OFFERS", 5)

    def stop_at_the_second(*args, **more):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return forget(*args, **more)

    monkeypatch.setattr(pruning, "_forget", stop_at_the_second)
    done = CliRunner().invoke(app, ["db", "prune", "--older", "30d"])
    gone = had - changes(engine)
    assert done.exit_code == 130
    assert f"stopped: forgot {gone:,} changes made before " in done.stderr
    assert 0 < gone < had
    again = CliRunner().invoke(app, ["db", "prune", "--older", "30d"])
    assert again.stdout.startswith(f"forgot {had - gone:,} changes")
