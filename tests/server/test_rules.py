"""What a request may do, without a server."""

import pytest

from app.access.rules import Asked, refusal
from app.access.tokens import Scope

NAMES = {"pwsync.example.com"}
HOST = "127.0.0.1:8680"


def status(**asked) -> int | None:
    given = {"method": "GET", "path": "/rq/", "host": HOST, "scope": Scope.RUN} | asked
    why = refusal(Asked(**given), NAMES)
    return why and why.status


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8680", "127.0.0.1", "10.0.0.7:80", "[::1]:8680", "pwsync.example.com"],
)
def test_our_own_names_and_addresses_are_answered(host):
    assert status(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "pwsync.example.com.evil.example",
        "127.0.0.1.evil.example",
        "[evil]",
        ":80",
    ],
)
@pytest.mark.parametrize("path", ["/rq/", "/healthz", "/login"])
def test_no_foreign_name_is_answered_whatever_it_asks(host, path):
    assert status(host=host, path=path) == 400


@pytest.mark.parametrize(
    "path", ["/", "/rq/", "/openapi.json", "/healthz/", "/LOGIN", "/new", "//login"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "BREW"])
def test_without_a_token_everything_is_closed_even_what_does_not_exist(method, path):
    assert status(method=method, path=path, scope=None) == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_only_who_may_run_may_write(method):
    assert status(method=method, scope=Scope.READ) == 403
    assert status(method=method, scope=Scope.RUN) is None
    assert status(method=method, scope=Scope.ADMIN) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"origin": f"http://{HOST}"}, None),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8681"}, 403),
        ({"origin": f"http://{HOST}", "fetch_site": "cross-site"}, None),
        ({"fetch_site": "same-origin"}, None),
        ({"fetch_site": "same-site"}, 403),
        ({"fetch_site": "cross-site"}, 403),
        ({}, None),
        ({"by_cookie": True}, 403),
        ({"by_cookie": True, "origin": f"http://{HOST}"}, None),
    ],
)
def test_writing_is_for_pages_of_ours_and_for_programs(asked, expected):
    assert status(method="POST", **asked) == expected


def test_a_foreign_page_cannot_log_anybody_in():
    assert status(method="POST", path="/login", scope=None, origin="http://evil.example") == 403


def test_a_reader_may_log_out():
    assert status(method="POST", path="/logout", scope=Scope.READ) is None
