"""What every route of the API has: shown by the smallest one."""

import gzip
import http.client
import json

import pytest

ABOUT = "/api/v1/about"


def test_it_tells_who_asks(server, tokens):
    found = server.ask("GET", ABOUT, token=tokens["run"])
    assert found.status == 200
    told = json.loads(found.text)
    assert told["role"] == "operator"
    assert told["name"].startswith("token ")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/nothing", (404, "unknown")),
        ("GET", "/api/v1/", (404, "unknown")),
        ("GET", "/api/nothing", (404, "unknown")),
        ("POST", ABOUT, (405, "method")),
        ("DELETE", ABOUT, (405, "method")),
        ("BREW", ABOUT, (405, "method")),
        ("GET", ABOUT + "?limt=3", (422, "invalid")),
        ("GET", "/api/v1/" + "a" * 9_000, (414, "url")),
        ("GET", ABOUT + "?" + "a" * 9_000, (414, "url")),
    ],
)
def test_what_cannot_be_answered_is_a_problem(server, tokens, method, path, expected):
    status, word = expected
    found = server.ask(method, path, token=tokens["admin"])
    assert found.status == status
    assert found.headers["Content-Type"] == "application/problem+json"
    told = json.loads(found.text)
    assert (told["type"], told["title"], told["status"]) == (f"/problems/{word}", word, status)
    assert told["detail"]
    if status == 405:
        assert found.headers["Allow"] == "GET, HEAD"


def test_parameters_it_does_not_have_are_named(server, tokens):
    found = server.ask("GET", ABOUT + "?b=1&a=2&a=3", token=tokens["read"])
    assert [one["where"] for one in json.loads(found.text)["errors"]] == [
        ["query", "a"],
        ["query", "b"],
    ]


@pytest.mark.parametrize("path", [ABOUT, "/api/v1/openapi.json", "/", "/healthz", "/login"])
def test_head_is_get_without_the_body(server, tokens, path):
    got = server.ask("GET", path, token=tokens["read"])
    head = server.ask("HEAD", path, token=tokens["read"])
    assert (head.status, head.text) == (got.status, "")
    changing = {"date", "x-request-id", "ratelimit"}
    alike = [
        {name.lower(): value for name, value in one.headers.items() if name.lower() not in changing}
        for one in (got, head)
    ]
    assert alike[0] == alike[1]


def test_who_has_the_answer_already_gets_none(server, tokens):
    first = server.ask("GET", ABOUT, token=tokens["read"])
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = server.ask("GET", ABOUT, token=tokens["read"], If_None_Match=known)
        assert (again.status, again.text) == (304, ""), known
        assert again.headers["ETag"] == tag
        assert again.headers["Content-Type"] is None
    assert server.ask("GET", ABOUT, token=tokens["read"], If_None_Match='"x"').status == 200
    other = server.ask("GET", ABOUT, token=tokens["run"], If_None_Match=tag)
    assert other.status == 200, "another token, another answer"


def test_problems_and_pages_are_not_kept(server, tokens):
    for path in ("/api/v1/nothing", "/"):
        found = server.ask("GET", path, token=tokens["read"])
        assert found.headers["ETag"] is None
        assert found.headers["Cache-Control"] == "no-store"


def raw(server, path: str, token: str, **headers: str):
    line = http.client.HTTPConnection(server.address, timeout=20)
    try:
        line.request("GET", path, headers={"Authorization": f"Bearer {token}", **headers})
        found = line.getresponse()
        return found.headers, found.read()
    finally:
        line.close()


def test_large_answers_are_compressed_for_who_can_read_that(server, tokens):
    path, zipped = "/api/v1/openapi.json", {"Accept-Encoding": "gzip"}
    headers, body = raw(server, path, tokens["read"], **zipped)
    plain_headers, plain = raw(server, path, tokens["read"])
    assert headers["Content-Encoding"] == "gzip"
    assert headers["ETag"] == plain_headers["ETag"]
    assert plain_headers["Content-Encoding"] is None
    assert gzip.decompress(body) == plain
    assert len(body) * 2 < len(plain)
    assert raw(server, ABOUT, tokens["read"], **zipped)[0]["Content-Encoding"] is None


def test_every_answer_has_a_number_of_its_own(server, tokens):
    paths = [ABOUT, ABOUT, "/api/v1/nothing", "/healthz", "/", "/rq/"]
    found = [server.ask("GET", path, token=tokens["read"]) for path in paths]
    refused = [server.ask("GET", ABOUT), server.ask("GET", ABOUT, Host="evil.example")]
    numbers = {one.headers["X-Request-Id"] for one in [*found, *refused]}
    assert len(numbers) == len(paths) + 2
    assert None not in numbers
