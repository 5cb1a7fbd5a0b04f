"""RQ's own dashboard (rq-dashboard, a Flask blueprint), made fit to be mounted.

It comes without authentication, unpickles what Redis holds, acts on GET, and puts job texts into
pages unescaped; each of that is mended here, in one place. Who may come in is `guard.py`'s.
"""

import re
import secrets
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import rq_dashboard
from a2wsgi import WSGIMiddleware
from flask import Flask, Response, abort, g, request
from jinja2 import BaseLoader, Environment, PackageLoader
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker, requeue_job
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_dashboard import web
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from app.access.guard import SCOPE
from app.access.tokens import Scope

NOT_CONFIGURED = """\
There is no Redis, so there are no RQ jobs to show.

Set redis_url in pwsync.toml, or PWSYNC_REDIS_URL in the environment, for example
redis://127.0.0.1:6379/0, and start the server again. `pwsync up` brings its own Redis.
"""
NO_ANSWER = "Redis does not answer; the runs' books are in the database and lose nothing.\n"

READS = frozenset(
    {
        "queues_overview",
        "workers_overview",
        "jobs_overview",
        "job_view",
        "list_queues",
        "list_jobs",
        "list_workers",
        "job_info",
        "favicon",
        "static",
    }
)
"""Endpoints that only show; whatever else the dashboard has, now or later, acts."""
REGISTRIES = frozenset(
    {
        "queued",
        "scheduled",
        "deferred",
        "started",
        "finished",
        "failed",
        "canceled",
    }
)
PLAIN = re.compile(r"[\w.:-]{1,200}")
"""Names of queues and jobs that are let into a page."""
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-eval'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Its page templates are compiled in the browser, which is what unsafe-eval is for."""

HIDDEN_FROM_READERS = """{% if not may_act %}<style>
#empty-btn, #compact-btn, #requeue-all-btn, #requeue-job-btn, #delete-job-btn,
[data-role=requeue-job-btn], [data-role=delete-job-btn] { display: none !important }
</style>{% endif %}
</head>"""
MENDED = (
    # Job texts were put into pages as HTML, except where the page escapes by itself.
    (re.compile(r"<%=(?! \$\()"), "<%-"),
    # Scripts are no HTML to Jinja, so it leaves a queue's name as it came from the URL.
    (re.compile(r"'\{\{ queue\.name \}\}'"), "{{ queue.name|tojson }}"),
    (re.compile(r"<script\b"), '<script nonce="{{ nonce }}"'),
    (re.compile(r"</head>"), HIDDEN_FROM_READERS),
)
"""(what is in its templates, what stands there instead)"""


class Mended(BaseLoader):
    """rq-dashboard's templates with the rows of MENDED applied."""

    def __init__(self) -> None:
        self._loader = PackageLoader("rq_dashboard")

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, name, fresh = self._loader.get_source(environment, template)
        for found, instead in MENDED:
            source = found.sub(lambda _, text=instead: text, source)  # type: ignore[misc]
        return source, name, fresh


class JobId(str):
    """An id that can be decoded: rq-dashboard 0.9 takes ids for bytes, RQ 3 gives text."""

    __slots__ = ()

    def decode(self, _: str) -> str:
        return str(self)


class ShownJob(Job):
    """A job as rq-dashboard reads it."""

    @property
    def dependency_ids(self) -> list[str]:
        return [JobId(one) for one in super().dependency_ids]


def described(job: Job) -> str:
    """A job's description and, where it reports one, its progress."""
    try:
        meta = job.get_meta(refresh=False)
    except ValueError:  # not JSON; whoever wrote that, the other jobs are shown
        meta = None
    progress = meta.get("progress") if isinstance(meta, dict) else None
    return f"{job.description or job.id} ({progress})" if progress else job.description or job.id


def make_dashboard(connection: Redis | None, *, shown: str = "") -> ASGIApp:
    """What answers under /rq; without a connection, how to configure one.

    `shown` is the Redis URL as it may be seen: no password in it.
    """
    if connection is None:
        return PlainTextResponse(NOT_CONFIGURED, status_code=503)
    _speak_json()
    flask = Flask("rq_dashboard")
    flask.config["RQ_DASHBOARD_REDIS_URL"] = [shown]
    flask.jinja_loader = Mended()
    flask.register_blueprint(rq_dashboard.blueprint)
    # Its own hook opens another connection for every request.
    flask.before_request_funcs["rq_dashboard"] = [_check]
    flask.redis_conn = connection  # type: ignore[attr-defined]
    flask.context_processor(lambda: {"nonce": g.nonce, "may_act": _may_act()})
    flask.before_request(_draw_nonce)
    flask.after_request(_set_policy)
    flask.register_error_handler(RedisError, lambda _: _say(NO_ANSWER, 503))
    flask.register_error_handler(NoSuchJobError, lambda _: _say("There is no such job.\n", 404))
    return cast("ASGIApp", WSGIMiddleware(cast("Any", flask)))


def _speak_json() -> None:
    """Where rq-dashboard leaves the serializer open, RQ takes pickle."""
    web.config.serializer = JSONSerializer
    web.Job = SimpleNamespace(fetch=partial(ShownJob.fetch, serializer=JSONSerializer))
    web.Worker = SimpleNamespace(all=partial(Worker.all, serializer=JSONSerializer))
    web.requeue_job = partial(requeue_job, serializer=JSONSerializer)
    web.format_job_description = described


def _check() -> None:
    """Acting is by POST alone, and for those who may; names that are no names lead nowhere."""
    named = request.view_args or {}
    if named.get("instance_number", 0) != 0:
        abort(404)
    if named.get("registry_name", "queued") not in {*REGISTRIES, None}:
        abort(404)
    if not all(PLAIN.fullmatch(named[key]) for key in ("queue_name", "job_id") if named.get(key)):
        abort(404)
    if (request.endpoint or "").rpartition(".")[2] in READS:
        return
    if request.method != "POST":
        abort(405)
    if not _may_act():
        abort(403)


def _may_act() -> bool:
    scope = request.environ["asgi.scope"]["state"].get(SCOPE)
    return scope is not None and scope >= Scope.RUN


def _draw_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _set_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=g.nonce)
    return response


def _say(sentence: str, status: int) -> Response:
    return Response(sentence, status=status, mimetype="text/plain")
