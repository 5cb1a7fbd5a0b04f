"""`/metrics`: that it counts what the books have, and what it says when something is away."""

import re
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, insert, select, update

from app import models
from app.jobs.beacons import Beacon, shine
from app.models import table
from app.profiles import rows
from app.server.metrics import exposed
from app.services.metrics.ledger import of_ledger
from app.services.metrics.machine import of_database
from app.services.metrics.sample import Sample
from app.store.clock import now
from app.store.engine import open_engine, reading, transact
from app.store.schema import migrate
from browsers.values import PoolStatus, SlotState, SlotStatus
from tests.filled import fill
from tests.server.conftest import new_token, serving

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)
WORKER = Beacon(
    name="here",
    host="here",
    pid=1,
    state="working",
    slots=4,
    pool=PoolStatus(
        slots=(
            SlotStatus(number=1, state=SlotState.LOADING, label="610947572360"),
            SlotStatus(number=2, state=SlotState.IDLE),
        ),
        memory_mb=300,
        allowed=3,
    ),
)
DEPLOY = Path(__file__).parents[2] / "deploy"
ASKING = (
    "prometheus/pwsync.rules.yml",
    "grafana/dashboards/pwsync.json",
    "kubernetes/autoscaling.yaml",
)
"""Files that ask for metrics."""
OWN = {"pwsync_build", "pwsync_offers", "pwsync_database_seconds", "pwsync_disk_free_bytes"}


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
        with redis_server.client() as connection:
            shine(connection, "here", WORKER)
        rows.note_good(engine, "guest", 3)
        rows.note_block(engine, "guest", "slider", [timedelta(hours=1)])
        transact(engine, _try_and_age)
        text = server.ask("GET", "/metrics", token=token).text
    engine.dispose()
    found = values(text)
    assert found["pwsync_offers",] == stored > 0
    assert found["pwsync_runs", "done"] == 1
    assert found["pwsync_run_items", "queued"] == found["pwsync_items_due",] == 2
    assert found["pwsync_run_items", "created"] == 1
    assert found["pwsync_database_up",] == found["pwsync_redis_up",] == 1
    assert found["pwsync_queue_jobs", "pwsync-default"] == 1
    assert (found["pwsync_slots",], found["pwsync_slots_busy",]) == (4, 1)
    assert found["pwsync_slots_allowed",] == 3
    assert found["pwsync_memory_bytes", "browser"] == 300 * 2**20
    assert found["pwsync_profile_blocks_total", "guest"] == 1
    assert found["pwsync_profile_well", "guest"] == 0
    assert found["pwsync_pages_today", "guest", "profile"] == 0
    assert found["pwsync_budget_left", "guest", "profile"] > 0
    assert found["pwsync_oldest_due_seconds",] >= 60
    assert found["pwsync_tries_lately", "created"] == 1
    assert found["pwsync_offer_seconds", "0.95"] == 2
    assert found["pwsync_database_bytes",] > 100_000
    exposed_names = {name for name, *_ in found}
    assert exposed_names >= OWN
    used = {
        name for file in ASKING for name in re.findall(r"pwsync_\w+", (DEPLOY / file).read_text())
    }
    assert used - exposed_names == set()
    assert exposed_names - used == set(), "each is in the dashboard"


def _try_and_age(conn) -> None:
    """One item was settled a moment ago in two seconds; another has been due for a minute."""
    run_id = conn.scalar(select(ITEM.c.run_id).where(ITEM.c.offer_id == "610947572362"))
    item = {"run_id": run_id, "offer_id": "610947572362"}
    present = conn.execute(select(now())).scalar_one()
    times = {"started_at": present - timedelta(seconds=2), "ended_at": present}
    told = {"attempt": 1, "token": 1, "owner": "here", "ending": "created", "reason": None}
    conn.execute(insert(ATTEMPT).values(item | times | told))
    waits = (ITEM.c.run_id == run_id, ITEM.c.state == "queued")
    conn.execute(update(ITEM).where(*waits).values(not_before=present - timedelta(minutes=1)))


def test_mariadb_tells_its_size_and_pace(mariadb_engine):
    with reading(mariadb_engine) as conn:
        found = {one.name: one.value for one in [*of_database(conn), *of_ledger(conn)]}
    assert found["pwsync_database_bytes"] > 100_000
    assert 0 < found["pwsync_database_seconds"] < 60
    assert found["pwsync_oldest_due_seconds"] == 0


def test_a_redis_that_is_away_is_told(tmp_path):
    token = new_token(tmp_path, "read")
    with serving(tmp_path, PWSYNC_REDIS_URL=f"unix://{tmp_path}/nobody.sock") as server:
        found = values(server.ask("GET", "/metrics", token=token).text)
    assert (found["pwsync_redis_up",], found["pwsync_database_up",]) == (0, 1)
    assert ("pwsync_workers",) not in found


def test_labels_are_escaped():
    odd = Sample(name="pwsync_x", help="X.", value=2, labels=(("state", 'a"\n\\b'),))
    assert values(exposed([odd]).decode())["pwsync_x", 'a"\n\\b'] == 2
