"""The server, put together from values: no settings, no connections of its own.

The guard is around everything: the API under /api/v1, the console's pages, RQ's dashboard.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from importlib.metadata import version

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from app.access.guard import Guard
from app.access.invitation import Invitation
from app.access.login import login_routes
from app.access.sessions import Sessions
from app.access.tokens import Tokens
from app.api.problems import install
from app.api.router import PREFIX, api_routes
from app.console.routes import console_routes, wrong
from app.server.health import Probe, health_routes
from app.server.metrics import metrics_routes
from app.services.desk import Desk

TITLE = "pwsync keeps a local database in step with offers of 1688.com."


def make_app(
    *,
    tokens: Tokens,
    names: AbstractSet[str],
    probes: Mapping[str, Probe],
    dashboard: ASGIApp,
    desk: Desk,
    invitation: Invitation | None = None,
) -> FastAPI:
    """The whole server as an ASGI application.

    `names`: host names it is asked by, lower case; addresses and localhost always are.
    `probes`: what /readyz asks, by name. `dashboard`: what answers under /rq. `desk`: what API
    and console work with. `invitation`: the way in while there is no token.
    """
    app = FastAPI(
        title="pwsync",
        description=TITLE,
        version=version("pwsync"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.desk = desk
    app.state.tokens = tokens
    sessions = Sessions(tokens)
    app.include_router(health_routes(probes))
    app.include_router(metrics_routes())
    app.include_router(login_routes(tokens, sessions, invitation))
    app.include_router(api_routes())
    app.mount("/rq", dashboard)
    app.include_router(console_routes())
    install(app, _page)
    app.add_middleware(Guard, tokens=tokens, sessions=sessions, names=names)
    return app


def _page(request: Request, status: int, sentence: str) -> Response:
    return wrong(request, status, sentence)
