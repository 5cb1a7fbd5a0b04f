"""What a hostile page, network or path gets from API and console: nothing."""

import http.client
import json
import re
import stat
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from app.access.tokens import FILE, Tokens, digest_of
from app.server.app import make_app
from tests.server.conftest import new_token, run
from tests.server.test_dashboard import leaves

API = "/api/v1/about"
CLIMBS = (
    "../../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cetc%5cpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "pwsync.css%00.png",
    "file:///etc/passwd",
    "..%c0%af..%c0%afetc/passwd",
)


@pytest.fixture(scope="module")
def crumb(server, tokens) -> str:
    """The cookie of an admin who has logged in."""
    body = urlencode({"token": tokens["admin"]})
    found = server.ask("POST", "/login", body=body, Origin=server.url)
    assert found.status == 303
    return found.headers["Set-Cookie"].partition(";")[0]


@pytest.fixture(scope="module")
def posts() -> list[str]:
    """Every path of ours that takes POST, with something in its places."""
    app = make_app(tokens=Tokens(), names=set(), probes={}, dashboard=FastAPI(), desk=None)
    routes = [one for one in leaves(app) if "POST" in (getattr(one, "methods", None) or ())]
    return sorted({re.sub(r"{[^}]*}", "1", one.path) for one in routes})


def test_the_cookie_is_for_our_pages_alone(server, tokens):
    body = urlencode({"token": tokens["read"]})
    found = server.ask("POST", "/login", body=body, Origin=server.url)
    cookie = found.headers["Set-Cookie"].lower()
    for flag in ("httponly", "samesite=strict", "path=/", "max-age="):
        assert flag in cookie
    assert "domain=" not in cookie
    assert "secure" not in cookie, "over plain http it would never come back"


def test_who_only_says_that_there_was_tls_is_not_believed(server, tokens):
    body = urlencode({"token": tokens["read"]})
    origin = server.url
    found = server.ask("POST", "/login", body=body, Origin=origin, X_Forwarded_Proto="https")
    assert "secure" not in found.headers["Set-Cookie"].lower(), "no proxy is named"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {},
    ],
)
def test_no_form_of_another_site_does_anything_with_our_cookie(server, crumb, posts, headers):
    for path in [*posts, API, "/nowhere", "/rq/empty/x"]:
        found = server.ask("POST", path, body="", Cookie=crumb, **headers)
        assert found.status == 403, path
        assert json.loads(found.text)["title"] == "origin"


def test_there_are_forms_that_could_be_misused(posts):
    assert {"/login", "/logout"} <= set(posts)


def test_a_form_of_ours_is_taken(server, crumb):
    found = server.ask("POST", API, body="", Cookie=crumb, Origin=server.url)
    assert found.status == 405, "past the guard"


def test_a_token_in_the_address_is_none(server, tokens):
    token = tokens["admin"]
    for query in (f"token={token}", f"access_token={token}", f"authorization=Bearer%20{token}"):
        assert server.ask("GET", f"{API}?{query}").status == 401


@pytest.mark.parametrize("scope", ["read", "run", "admin"])
def test_tokens_are_kept_as_hashes_that_their_owner_alone_reads(home, tokens, scope):
    kept = home / "data" / FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert digest_of(tokens[scope]) in kept.read_text()
    found = [
        path
        for path in home.rglob("*")
        if path.is_file() and tokens[scope].encode() in path.read_bytes()
    ]
    assert found == []


def test_no_answer_shows_a_token(server, tokens, crumb):
    for path in (API, "/", "/api/v1/docs", "/api/v1/openapi.json", "/nowhere", "/rq/"):
        for asked in ({"token": tokens["admin"]}, {"Cookie": crumb}):
            found = server.ask("GET", path, Accept="text/html", **asked)
            assert tokens["admin"] not in found.text + str(found.headers)


@pytest.mark.parametrize(
    "path", [API, "/api/v1/docs", "/", "/login", "/nowhere", "/api/v1/nothing"]
)
def test_nothing_is_framed_or_guessed_at(server, tokens, path):
    found = server.ask("GET", path, token=tokens["read"], Accept="text/html")
    policy = found.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"script-src[^;]*unsafe", policy)
    assert found.headers["X-Frame-Options"] == "DENY"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Access-Control-Allow-Origin"] is None


def ask_raw(server, path: str, token: str) -> tuple[int, bytes]:
    """The path as it stands: no client of ours tidies it up."""
    line = http.client.HTTPConnection(server.address, timeout=20)
    line._validate_path = lambda _: None
    try:
        line.putrequest("GET", path, skip_accept_encoding=True)
        line.putheader("Authorization", f"Bearer {token}")
        line.endheaders()
        found = line.getresponse()
        return found.status, found.read()
    finally:
        line.close()


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize(
    "below", ["/static/", "/pictures/", "/api/v1/exports/", "/rq/static/", "/"]
)
def test_no_path_leads_out_of_its_folder(server, tokens, below, climb):
    status, body = ask_raw(server, below + climb, tokens["admin"])
    assert status in {400, 404, 422, 503}, body  # 503: there is no Redis whose dashboard had files
    assert b"root:" not in body
    assert b"sqlite" not in body.lower()


def test_preflights_of_other_sites_get_no_leave(server, tokens):
    found = server.ask(
        "OPTIONS",
        API,
        Origin="http://evil.example",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )
    assert found.status == 401
    assert not [name for name in found.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_no_address_of_others_is_listened_on_without_a_token(tmp_path, host):
    done = run(tmp_path, "serve", "--host", host, "--port", "0")
    assert done.returncode == 2
    assert "there is no token" in done.stderr
    assert "--new-token" in done.stderr


def test_a_token_that_is_taken_away_takes_its_cookies_along(start, tmp_path):
    token = new_token(tmp_path, "read")
    one = start()
    found = one.ask("POST", "/login", body=urlencode({"token": token}), Origin=one.url)
    cookie = found.headers["Set-Cookie"].partition(";")[0]
    assert one.ask("GET", API, Cookie=cookie).status == 200
    (tmp_path / "data" / FILE).unlink()
    assert one.ask("GET", API, Cookie=cookie).status == 401
