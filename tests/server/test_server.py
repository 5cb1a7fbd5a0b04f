"""The running server: who is let in, and what it says of itself."""

import base64
import re
import signal
import socket
from urllib.parse import urlencode

import pytest

from app.access.guard import HEADERS
from tests.server.conftest import new_token, run


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


def test_it_is_alive_and_ready(server):
    assert server.ask("GET", "/healthz").text == '{"status":"ok"}'
    assert server.ask("GET", "/readyz").text == '{"database":true,"redis":true}'


@pytest.mark.parametrize("scope", ["read", "run", "admin"])
def test_a_token_is_taken_as_bearer_and_as_password(server, tokens, scope):
    assert server.ask("GET", "/rq/", token=tokens[scope]).status == 200
    assert server.ask("GET", "/rq/", Authorization=basic(tokens[scope])).status == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Basic !", "Basic eA==", "Basic /w==", "Digest x"]
)
def test_anything_else_is_not(server, authorization):
    found = server.ask("GET", "/rq/", Authorization=authorization)
    assert found.status == 401
    assert found.headers["WWW-Authenticate"].startswith("Basic")


def test_a_foreign_name_gets_nothing(server, tokens):
    assert server.ask("GET", "/healthz", Host="evil.example").status == 400
    assert server.ask("GET", "/rq/", token=tokens["admin"], Host="evil.example").status == 400


def test_a_configured_name_is_its_own(start, tmp_path):
    token = new_token(tmp_path, "read")
    one = start(PWSYNC_API__HOSTS='["Pwsync.Example.com"]')
    assert one.ask("GET", "/", token=token, Host="pwsync.example.com").status == 200


@pytest.mark.parametrize("path", ["/healthz", "/login", "/rq/", "/nowhere"])
def test_every_answer_has_the_security_headers(server, path):
    found = server.ask("GET", path)
    for name in HEADERS:
        assert found.headers[name], name
    assert "default-src 'none'" in found.headers["Content-Security-Policy"]
    assert "Server" not in found.headers


def log_in(server, token: str, then: str = "/rq/", **headers: str):
    body = urlencode({"token": token, "then": then})
    return server.ask("POST", "/login", body=body, Origin=server.url, **headers)


def test_a_browser_logs_in_with_a_form_and_goes_on_where_it_was(server, tokens):
    found = server.ask("GET", "/rq/0/view/queues?a=1", Accept="text/html")
    assert found.status == 401
    assert 'value="/rq/0/view/queues?a=1"' in found.text
    assert "Basic" not in found.headers["WWW-Authenticate"]
    found = log_in(server, f" {tokens['read']}\n", then="/rq/0/view/queues?a=1")
    assert (found.status, found.headers["Location"]) == (303, "/rq/0/view/queues?a=1")
    cookie = found.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert tokens["read"] not in cookie
    crumb = cookie.partition(";")[0]
    assert server.ask("GET", "/rq/", Cookie=crumb).status == 200
    assert server.ask("GET", "/rq/", Cookie=crumb[:-1]).status == 401
    out = server.ask("POST", "/logout", Cookie=crumb, Origin=server.url)
    assert 'pwsync_session="";' in out.headers["Set-Cookie"]


def test_the_form_speaks_the_language_of_the_browser(server):
    found = server.ask("GET", "/login", Accept_Language="zh-CN,zh;q=0.9")
    assert ('lang="zh-CN"' in found.text, "登录" in found.text) == (True, True)
    assert "Log in" in server.ask("GET", "/login", Accept_Language="de").text


def test_a_wrong_token_gets_the_form_again(server):
    found = log_in(server, "nonsense", then='/rq/"><script>')
    assert found.status == 401
    assert "not known" in found.text
    assert "<script" not in found.text
    assert "Set-Cookie" not in found.headers


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil", "", "/\r\nX: y"]
)
def test_nobody_is_sent_elsewhere(server, tokens, then):
    assert log_in(server, tokens["read"], then=then).headers["Location"] == "/"


@pytest.mark.parametrize("body", ["token=%ff", "token=" + "x" * 100_000, "\0", "=&=&", "token"])
def test_forms_that_are_none_do_no_harm(server, body):
    assert server.ask("POST", "/login", body=body, Origin=server.url).status == 401


def test_a_token_may_be_given_by_the_environment(start):
    token = "canary-" + "x" * 30
    one = start(PWSYNC_API__TOKEN=token)
    assert one.ask("GET", "/", token=token).status == 200
    assert one.ask("GET", "/", token=token + "y").status == 401
    assert one.end() == 0
    assert "canary" not in "".join(one.lines)


def test_without_any_token_a_link_lets_in_who_started_it_and_nobody_else(start):
    one = start()
    (link,) = re.findall(r"http://[^/]+(/login/[\w-]+)", one.program.stderr.readline())
    assert one.ask("GET", link + "x").status == 401
    found = one.ask("GET", link)
    assert (found.status, found.headers["Location"]) == (303, "/")
    cookie = found.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    crumb = cookie.partition(";")[0]
    assert "first visitor" in one.ask("GET", "/", Cookie=crumb).text
    again = one.ask("GET", link)
    assert (again.status, again.headers["Set-Cookie"]) == (401, None)


def test_with_a_token_there_is_no_such_link(start, tmp_path):
    new_token(tmp_path, "read")
    one = start()
    assert one.ask("GET", "/login/x").status == 401
    assert one.end() == 0
    assert "lets you in" not in "".join(one.lines)


def test_a_token_that_is_made_later_is_taken_at_once(start, tmp_path):
    one = start()
    assert one.ask("GET", "/rq/").status == 401
    token = new_token(tmp_path, "read")
    assert one.ask("GET", "/rq/", token=token).status == 503


def test_without_redis_the_dashboard_says_what_to_configure(start, tmp_path):
    token = new_token(tmp_path, "read")
    one = start()
    found = one.ask("GET", "/rq/", token=token)
    assert found.status == 503
    assert "redis_url" in found.text
    assert one.ask("GET", "/readyz").text == '{"database":true}'


def test_a_redis_that_is_away_is_told_without_its_password(start, tmp_path):
    token = new_token(tmp_path, "read")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    one = start(PWSYNC_REDIS_URL=f"redis://me:canary@127.0.0.1:{port}/0?protocol=2")
    ready = one.ask("GET", "/readyz")
    assert (ready.status, ready.text) == (503, '{"database":true,"redis":false}')
    assert one.ask("GET", "/healthz").status == 200
    pages = [one.ask("GET", path, token=token) for path in ("/rq/", "/rq/0/view/jobs")]
    assert pages[1].status == 503
    assert one.end() == 0
    assert not any("canary" in text for text in [*one.lines, *(page.text for page in pages)])


def test_a_taken_port_is_told(server, home):
    port = server.address.rpartition(":")[2]
    done = run(home, "serve", "--port", port)
    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_order(start, number, code):
    one = start()
    assert one.ask("GET", "/healthz").status == 200
    assert one.end(number) == code
    assert len(one.lines) == 2, "quiet"
