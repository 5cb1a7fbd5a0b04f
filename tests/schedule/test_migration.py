"""A database of the version before gets the book of batches and keeps what it holds."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from app.models import migrations
from app.runs.opening import open_run
from app.runs.states import read_run
from app.schedule.ticker import tick
from app.store.engine import open_engine, transact
from app.store.schema import migrate, revision
from tests.samples import intake
from tests.schedule.conftest import MORNING


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_database_of_the_first_form_is_brought_up(kind, request, tmp_path, batch_of):
    file = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_engine(file if kind == "sqlite" else request.getfixturevalue("mariadb").new_database())  # fmt: skip

    def begin(conn) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")

    transact(engine, begin)
    assert revision(engine) == "0001"
    run = open_run(engine, intake(3), kind="refs")
    assert migrate(engine) is True
    assert read_run(engine, run.id) == run
    assert len(tick(engine, [batch_of()], now=MORNING)) == 1
    engine.dispose()
