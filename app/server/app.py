"""The server, put together from values: no settings, no connections of its own.

The REST API will live under /api/v1 of it; the guard is around everything.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from importlib.metadata import version

from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp

from app.access.guard import Guard
from app.access.login import login_routes
from app.access.sessions import Sessions
from app.access.tokens import Tokens
from app.server.health import Probe, health_routes


def make_app(
    *,
    tokens: Tokens,
    names: AbstractSet[str],
    probes: Mapping[str, Probe],
    dashboard: ASGIApp,
) -> FastAPI:
    """The whole server as an ASGI application.

    `names`: host names it is asked by, lower case; addresses and localhost always are.
    `probes`: what /readyz asks, by name. `dashboard`: what answers under /rq.
    """
    app = FastAPI(
        title="pwsync",
        version=version("pwsync"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    sessions = Sessions(tokens)
    app.include_router(health_routes(probes))
    app.include_router(login_routes(tokens, sessions))
    app.add_api_route("/", _to_dashboard, include_in_schema=False)
    app.mount("/rq", dashboard)
    app.add_middleware(Guard, tokens=tokens, sessions=sessions, names=names)
    return app


async def _to_dashboard() -> RedirectResponse:
    return RedirectResponse("/rq/", status_code=303)
