"""What each role may do, route by route: nothing is open that is not named here."""

import re

import httpx
import pytest
from starlette.responses import PlainTextResponse

from app.access.allowance import Rates
from app.access.callers import ROLES
from app.access.rules import least_scope
from app.access.tokens import Scope, Token, Tokens, digest_of
from app.server.app import make_app
from tests.server.test_dashboard import leaves

NOBODY, VIEWER, OPERATOR, ADMIN = "nobody", "viewer", "operator", "admin"
HELD = {scope: f"the token of an {role}" for scope, role in ROLES.items()}
LEAST = {
    ("GET", "/healthz"): NOBODY,
    ("GET", "/readyz"): NOBODY,
    ("GET", "/login"): NOBODY,
    ("POST", "/login"): NOBODY,
    ("GET", "/login/{key}"): NOBODY,
    ("GET", "/static/{name}"): NOBODY,
    ("POST", "/logout"): VIEWER,
    ("GET", "/api/v1/profiles/{name}/login"): OPERATOR,
    ("GET", "/api/v1/profiles/{name}/login/code"): OPERATOR,
    ("GET", "/profiles/{name}/login"): OPERATOR,
    ("GET", "/profiles/{name}/login/code"): OPERATOR,
    ("GET", "/profiles/{name}/login/live"): OPERATOR,
    ("GET", "/system/tokens"): ADMIN,
    ("POST", "/system/tokens"): ADMIN,
    ("POST", "/system/tokens/revoke"): ADMIN,
    ("POST", "/system/backups"): ADMIN,
    ("POST", "/system/backups/verify"): ADMIN,
}
"""Exceptions; whatever else reads is for viewers, whatever else writes is for operators."""


def expected(method: str, path: str) -> str:
    return LEAST.get((method, path), VIEWER if method == "GET" else OPERATOR)


@pytest.fixture(scope="module")
def app():
    app = make_app(
        tokens=Tokens(
            given=[Token(digest=digest_of(held), scope=scope) for scope, held in HELD.items()]
        ),
        names={"testserver"},
        probes={},
        dashboard=PlainTextResponse("the dashboard has tests of its own"),
        desk=None,  # who is let in fails for want of it, which is not being refused
        rates=Rates(reads=10**6, writes=10**6, wrong=10**6),
    )
    app.state.tokens = None
    return app


@pytest.fixture(scope="module")
def routes(app) -> list[tuple[str, str]]:
    """Every (method, path) of ours."""
    return [
        (method, route.path)
        for route in leaves(app)
        for method in sorted(getattr(route, "methods", None) or ())
        if method != "HEAD"
    ]


async def least(client: httpx.AsyncClient, method: str, path: str) -> str:
    """The least role that is not refused."""
    place = re.sub(r"{[^}]*}", "1", path)
    for scope, role in ((None, NOBODY), *ROLES.items()):
        held = {"Authorization": f"Bearer {HELD[scope]}"} if scope else {}
        found = await client.request(method, place, headers=held)
        kind = found.headers.get("content-type", "")
        is_closed = found.status_code == 401 and "problem+json" in kind  # /login answers 401, too
        if not is_closed and found.status_code != 403:
            return role
    return "whoever comes, nobody is let in"


async def test_every_route_asks_for_the_role_that_is_said_here(app, routes):
    assert len(routes) > 30
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        found = {one: await least(client, *one) for one in routes}
    assert found == {one: expected(*one) for one in routes}


def test_the_exceptions_are_all_there(routes):
    assert set(LEAST) - set(routes) == set()


@pytest.mark.parametrize(
    "path", ["/system/tokens", "/system/tokens/", "/system/tokens/1", "/system/tokens/1/x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_what_lies_below_an_admins_place_is_an_admins(method, path):
    assert least_scope(method, path) is Scope.ADMIN


@pytest.mark.parametrize("path", ["/system/tokensx", "/system", "/systems/tokens"])
def test_what_lies_beside_it_is_not(path):
    assert least_scope("GET", path) is Scope.READ
