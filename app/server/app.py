"""The server, put together from values: no settings, no connections of its own.

The guard is around everything: the API under /api/v1, the console's pages, RQ's dashboard. Around
the guard is only the number that every request gets.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio import to_thread
from fastapi import FastAPI, Request
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from app.access.allowance import Allowance, Rates
from app.access.guard import Guard
from app.access.invitation import Invitation
from app.access.login import login_routes
from app.access.sessions import Sessions
from app.access.tokens import Tokens
from app.api.document import DESCRIPTION, PREFIX, SUMMARY, Documented
from app.api.problems import install
from app.api.router import api_routes
from app.console.routes import console_routes, wrong
from app.server.bounds import Bounded
from app.server.faults import FaultsTold, Numbered
from app.server.heads import HeadAnswered
from app.server.health import Probe, health_routes
from app.server.metrics import metrics_routes
from app.server.revalidation import Revalidated
from app.server.streams import Streams
from app.services.backups import Bench
from app.services.checkup.findings import Finding
from app.services.desk import Desk
from app.services.watched import Watched

USUAL = Rates()
THREADS = 6
"""Requests that are answered at a time, each on a connection of its own; others wait their turn.

Not more: each row that is read is a switch between threads, and with forty of them a page of fifty
rows waits for all others fifty times.
"""
GZIP_BYTES, GZIP_LEVEL = 1_024, 5
PACKED = (
    "application/octet-stream",
    "application/vnd.apache.parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/warc",
)
"""What is compressed already, besides what Starlette knows."""


def make_app(
    *,
    tokens: Tokens,
    names: AbstractSet[str],
    probes: Mapping[str, Probe],
    dashboard: ASGIApp,
    desk: Desk,
    examine: Callable[[], Sequence[Finding]] = tuple,
    bench: Bench | None = None,
    invitation: Invitation | None = None,
    rates: Rates = USUAL,
) -> FastAPI:
    """The whole server as an ASGI application.

    `names`: host names it is asked by, lower case; addresses and localhost always are.
    `probes`: what /readyz asks, by name. `dashboard`: what answers under /rq. `desk`: what API
    and console work with. `examine`: the checkup, as far as it takes no seconds. `bench`: where
    backups are made. `invitation`: the way in while there is no token. `rates`: requests a minute.
    """
    app = Documented(
        title="pwsync",
        summary=SUMMARY,
        description=DESCRIPTION,
        version=version("pwsync"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere; ours is the console's
        redoc_url=None,
        lifespan=_bounded,
    )
    app.state.desk = desk
    app.state.tokens = tokens
    app.state.watched = Watched(desk)
    app.state.examine = examine
    app.state.bench = bench or Bench()
    sessions, allowance = Sessions(tokens), Allowance(rates)
    app.include_router(health_routes(probes))
    app.include_router(metrics_routes())
    app.include_router(login_routes(tokens, sessions, allowance, invitation))
    app.include_router(api_routes())
    app.mount("/rq", dashboard)
    app.include_router(console_routes())
    install(app, _page)
    _surround(app)
    app.add_middleware(Guard, tokens=tokens, sessions=sessions, names=names, allowance=allowance)
    app.add_middleware(Numbered)
    return app


@asynccontextmanager
async def _bounded(app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    app.state.tokens.uses.keep()


def _surround(app: FastAPI) -> None:
    """What every answer passes behind the guard; the last one added is the first one asked."""
    app.add_middleware(Revalidated)
    # Nobody elsewhere can make a browser ask with our cookie (SameSite=strict), and no page holds
    # a secret beside what it was asked with, but a new token, which is another one each time:
    # lengths of compressed answers tell nothing (BREACH).
    app.add_middleware(
        GZipMiddleware,
        minimum_size=GZIP_BYTES,
        compresslevel=GZIP_LEVEL,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *PACKED),
    )
    app.add_middleware(Streams)
    app.add_middleware(Bounded)
    app.add_middleware(HeadAnswered)
    app.add_middleware(FaultsTold)


def _page(request: Request, status: int, sentence: str) -> Response:
    return wrong(request, status, sentence)
