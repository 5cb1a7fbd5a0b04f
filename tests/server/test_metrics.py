"""`/metrics`: that it counts what the books have, and what it says when something is away."""

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select, update

from app import models
from app.models import table
from app.server.metrics import exposed
from app.services.metrics import Sample
from app.store.engine import open_engine, reading, transact
from app.store.schema import migrate
from tests.filled import fill
from tests.server.conftest import new_token, serving

ITEM = table(models.RunItem)
RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "pwsync.rules.yml"
OWN = {"pwsync_build", "pwsync_database_up", "pwsync_redis_up", "pwsync_runs", "pwsync_offers"}


def values(text: str) -> dict[tuple[str, ...], float]:
    """By name and the labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_counts_what_the_books_have(tmp_path, redis_server):
    (tmp_path / "data").mkdir()
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'pwsync.db'}")
    migrate(engine)
    fill(engine, 20)
    with reading(engine) as conn:
        stored = conn.scalar(select(func.count()).select_from(table(models.Offer)))
    token = new_token(tmp_path, "read")
    with redis_server.client() as connection:
        connection.flushall()  # other tests of this process ring here, too
    with serving(tmp_path, PWSYNC_REDIS_URL=redis_server.url) as server:
        assert server.ask("GET", "/metrics").status == 401
        made = server.ask(
            "POST",
            "/api/v1/runs",
            token=new_token(tmp_path, "run"),
            body='{"refs": ["610947572360", "610947572361", "610947572362"]}',
            Content_Type="application/json",
        )
        assert made.status == 201
        settled = update(ITEM).where(ITEM.c.offer_id == "610947572362").values(state="created")
        transact(engine, lambda conn: conn.execute(settled))
        text = server.ask("GET", "/metrics", token=token).text
    engine.dispose()
    found = values(text)
    assert found["pwsync_offers",] == stored > 0
    assert found["pwsync_runs", "done"] == 1
    assert found["pwsync_run_items", "queued"] == found["pwsync_items_due",] == 2
    assert found["pwsync_run_items", "created"] == 1
    assert found["pwsync_database_up",] == found["pwsync_redis_up",] == 1
    assert found["pwsync_queue_jobs", "pwsync-default"] == 1
    exposed_names = {name for name, *_ in found}
    assert exposed_names >= OWN
    used = set(re.findall(r"pwsync_\w+", RULES.read_text()))
    assert used <= exposed_names


def test_a_redis_that_is_away_is_told(tmp_path):
    token = new_token(tmp_path, "read")
    with serving(tmp_path, PWSYNC_REDIS_URL=f"unix://{tmp_path}/nobody.sock") as server:
        found = values(server.ask("GET", "/metrics", token=token).text)
    assert (found["pwsync_redis_up",], found["pwsync_database_up",]) == (0, 1)
    assert ("pwsync_workers",) not in found


def test_labels_are_escaped():
    odd = Sample(name="pwsync_x", help="X.", value=2, labels=(("state", 'a"\n\\b'),))
    assert values(exposed([odd]).decode())["pwsync_x", 'a"\n\\b'] == 2
