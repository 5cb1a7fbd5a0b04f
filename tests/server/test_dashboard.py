"""RQ's dashboard as it is mounted: what it shows, to whom, and what it does not let happen."""

import json
import pickle
from collections.abc import Iterator

import pytest

from app.access.rules import OPEN, is_open
from app.access.tokens import Tokens
from app.server.app import make_app
from app.server.dashboard import READS, make_dashboard
from tests.server.jobs import QUEUE

REGISTRIES = ("queued", "started", "finished", "failed", "scheduled", "deferred", "canceled")


def leaves(app) -> Iterator[object]:
    """Every route, those of included routers with their whole path."""
    for route in app.routes:
        if hasattr(route, "effective_route_contexts"):
            yield from route.effective_route_contexts()
        else:
            yield route


@pytest.fixture(scope="module")
def routes(redis_server, jobs) -> list[tuple[str, str, str]]:
    """Every (method, path, endpoint) that the server has, the dashboard's with real names in it."""
    with redis_server.client() as connection:
        app = make_app(
            tokens=Tokens(),
            names=set(),
            probes={},
            dashboard=make_dashboard(connection),
            desk=None,  # routes are only listed here
        )
    found, flask = [], None
    for route in leaves(app):
        if route.path == "/rq":
            flask = route.app.app
        else:
            found += [(method, route.path, "") for method in route.methods]
    fills = {
        "instance_number": 0,
        "queue_name": QUEUE,
        "registry_name": "failed",
        "per_page": 8,
        "order": "asc",
        "page": 1,
        "job_id": jobs["failed"].id,
        "filename": "css/main.css",
    }
    bound = flask.url_map.bind("x", "/rq")
    for rule in flask.url_map.iter_rules():
        wanted = {name: fills[name] for name in rule.arguments}
        path = bound.build(rule.endpoint, wanted)
        found += [(method, path, rule.endpoint.rpartition(".")[2]) for method in rule.methods]
    return sorted(set(found))


def everything(redis_server) -> dict[bytes, bytes]:
    with redis_server.client() as connection:
        return {key: connection.dump(key) for key in connection.scan_iter()}


def test_the_routes_are_all_there(routes):
    paths = {path for _, path, _ in routes}
    assert {*OPEN, "/", "/logout", "/api/v1/openapi.json", "/rq/"} <= paths
    assert f"/rq/requeue/{QUEUE}" in paths
    assert len(routes) > 40


def test_every_route_asks_for_a_token(server, routes):
    for method, path, _ in routes:
        if not is_open(path):
            assert server.ask(method, path).status == 401, (method, path)


def test_reading_changes_nothing_whoever_reads(server, tokens, routes, redis_server):
    before = everything(redis_server)
    for method, path, endpoint in routes:
        if method in {"GET", "HEAD"} and path.startswith("/rq"):
            expected = {200} if endpoint in READS else {405}
            for scope in tokens:
                assert server.ask(method, path, token=tokens[scope]).status in expected, path
    assert everything(redis_server) == before


def test_a_reader_cannot_act(server, tokens, routes, redis_server):
    before = everything(redis_server)
    acting = [(method, path) for method, path, endpoint in routes if endpoint not in {"", *READS}]
    assert len([one for one in acting if one[0] == "POST"]) == 5
    for method, path in acting:
        if method == "OPTIONS":
            continue
        assert server.ask(method, path, token=tokens["read"]).status in {403, 405}, path
    assert everything(redis_server) == before


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_no_other_site_can_act_through_a_browser(server, tokens, routes, redis_server, origin):
    before = everything(redis_server)
    for method, path, endpoint in routes:
        if method == "POST" and endpoint:
            assert server.ask(method, path, token=tokens["admin"], Origin=origin).status == 403
    assert everything(redis_server) == before


@pytest.mark.parametrize("registry", REGISTRIES)
def test_jobs_in_every_state_are_listed_by_run_and_progress(server, tokens, jobs, registry):
    path = f"/rq/0/data/jobs/{QUEUE}/{registry}/8/asc/1.json"
    (job,) = json.loads(server.ask("GET", path, token=tokens["read"]).text)["jobs"]
    assert job["id"] == jobs[registry].id
    assert job["description"].startswith("run ")
    if registry in {"started", "finished", "failed"}:
        assert " of 40)" in job["description"]
    page = server.ask("GET", f"/rq/0/view/job/{job['id']}", token=tokens["read"])
    assert page.status == 200
    shown = json.loads(
        server.ask("GET", f"/rq/0/data/job/{job['id']}.json", token=tokens["read"]).text
    )
    assert shown["status"] == registry


def test_the_queue_counts_them(server, tokens, jobs):
    (queue,) = json.loads(server.ask("GET", "/rq/0/data/queues.json", token=tokens["read"]).text)[
        "queues"
    ]
    assert queue["name"] == QUEUE
    assert [queue[f"{name}_job_registry_count"] for name in REGISTRIES[1:]] == [1] * 6
    assert queue["count"] == 1


def test_the_busy_worker_is_listed_with_its_job(server, tokens, jobs):
    (worker,) = json.loads(server.ask("GET", "/rq/0/data/workers.json", token=tokens["read"]).text)[
        "workers"
    ]
    assert worker["current_job"]["job_id"] == jobs["started"].id


@pytest.mark.parametrize(
    "path",
    [
        "/rq/7/view/queues",
        "/rq/0/view/jobs/');alert(1)//x/queued/8/asc/1",
        "/rq/0/view/jobs/%22%3E%3Cscript%3E/queued/8/asc/1",
        "/rq/0/view/jobs/default/nonsense/8/asc/1",
        "/rq/0/view/job/no-such-job",
        "/rq/0/view/job/a:b",
        "/rq/static/../web.py",
        "/rq/static/%2e%2e/web.py",
        "/rq/nowhere",
    ],
)
def test_names_that_are_none_lead_nowhere(server, tokens, path):
    assert server.ask("GET", path, token=tokens["admin"]).status == 404


class Trap:
    """Unpickling it leaves a file."""

    def __init__(self, path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_nothing_from_redis_is_ever_unpickled(server, tokens, redis_server, jobs, tmp_path):
    left = tmp_path / "left"
    trap = pickle.dumps(Trap(left))
    with redis_server.client() as connection:
        fields = connection.hgetall(f"rq:job:{jobs['queued'].id}")
        for field in ("data", "meta", "result", "group_id"):
            connection.hset("rq:job:trap", mapping=fields | {field.encode(): trap})
            for path in ("view/job/trap", "data/job/trap.json"):
                server.ask("GET", f"/rq/0/{path}", token=tokens["admin"])
            for path in ("job/trap/requeue", "job/trap/delete"):
                connection.hset("rq:job:trap", mapping=fields | {field.encode(): trap})
                server.ask("POST", f"/rq/{path}", token=tokens["admin"])
        connection.delete("rq:job:trap")
    assert not left.exists()


def test_who_may_run_can_requeue_and_delete(server, tokens, redis_server, jobs):
    failed = jobs["failed"]
    path = f"/rq/job/{failed.id}/requeue"
    found = server.ask("POST", path, token=tokens["run"], Origin=server.url)
    assert found.text.strip() == '{"status":"OK"}'
    assert failed.get_status(refresh=True) == "queued"
    assert server.ask("POST", f"/rq/job/{failed.id}/delete", token=tokens["run"]).status == 200
    with redis_server.client() as connection:
        assert not connection.exists(f"rq:job:{failed.id}")
