"""How often one may ask, and what guessing tokens comes to."""

import json
from urllib.parse import urlencode

import pytest

from app.access.allowance import Allowance, Rates, subscriber
from tests.api.conftest import SECRET, own_server
from tests.server.conftest import new_token, run

ABOUT = "/api/v1/about"


def log_in(server, token: str):
    return server.ask("POST", "/login", body=urlencode({"token": token}), Origin=server.url)


def test_reads_are_counted_and_told():
    with own_server(reads=3, writes=2) as server:
        found = [server.ask("GET", ABOUT, token=SECRET) for _ in range(4)]
        assert [one.status for one in found] == [200, 200, 200, 429]
        assert [one.headers["RateLimit"].partition(";t=")[0] for one in found] == [
            '"reads";r=2', '"reads";r=1', '"reads";r=0', '"reads";r=0',
        ]  # fmt: skip
        assert found[0].headers["RateLimit-Policy"] == '"reads";q=3;w=60'
        assert found[0].headers["Retry-After"] is None
        over = found[-1]
        assert 1 <= int(over.headers["Retry-After"]) <= 60
        assert over.headers["Content-Type"] == "application/problem+json"
        told = json.loads(over.text)
        assert (told["title"], told["status"]) == ("rate", 429)
        assert "3 reads a minute" in told["detail"]
        assert server.ask("HEAD", ABOUT, token=SECRET).status == 429
        assert server.ask("GET", "/", token=SECRET).status == 429, "pages count, too"


def test_writes_are_counted_apart():
    with own_server(reads=1, writes=2) as server:
        assert server.ask("GET", ABOUT, token=SECRET).status == 200
        found = [server.ask("POST", ABOUT, token=SECRET).status for _ in range(3)]
        assert found == [405, 405, 429]


def test_probes_and_static_files_are_free():
    with own_server(reads=1) as server:
        for path in ("/healthz", "/static/pwsync.css", "/readyz"):
            found = [server.ask("GET", path) for _ in range(3)]
            assert [one.status for one in found] == [200] * 3
            assert found[0].headers["RateLimit"] is None


def test_who_shows_no_token_is_counted_by_address():
    with own_server(reads=2) as server:
        assert [server.ask("GET", ABOUT).status for _ in range(3)] == [401, 401, 429]
        assert server.ask("GET", ABOUT, token=SECRET).status == 200


def test_a_foreign_name_is_refused_before_anything_is_counted():
    with own_server(reads=1, wrong=1) as server:
        for _ in range(3):
            assert server.ask("GET", ABOUT, token="x", Host="evil.example").status == 400
        assert server.ask("GET", ABOUT, token=SECRET).status == 200


def test_after_many_wrong_tokens_a_right_one_is_not_told_from_them():
    with own_server(wrong=3) as server:
        crumb = log_in(server, SECRET).headers["Set-Cookie"].partition(";")[0]
        found = [server.ask("GET", ABOUT, token=f"wrong {n}").status for n in range(5)]
        assert found == [401, 401, 401, 429, 429]
        right = server.ask("GET", ABOUT, token=SECRET)
        wrong = server.ask("GET", ABOUT, token="wrong")
        assert right.status == wrong.status == 429
        assert "wrong tokens" in json.loads(right.text)["detail"]
        assert int(right.headers["Retry-After"]) >= 1
        assert log_in(server, SECRET).status == 429
        assert server.ask("GET", ABOUT, Cookie=crumb).status == 200, "who is in stays in"
        assert server.ask("GET", "/healthz", token="wrong").status == 200


def test_logins_are_counted_with_the_wrong_tokens():
    with own_server(wrong=3) as server:
        assert log_in(server, "a").status == 401
        assert log_in(server, "").status == 401
        assert server.ask("GET", ABOUT, token="b").status == 401
        page = log_in(server, SECRET)
        assert page.status == 429
        assert "too many wrong tokens" in page.text
        assert page.headers["Set-Cookie"] is None
        assert int(page.headers["Retry-After"]) >= 1


def test_a_page_of_another_site_cannot_use_up_our_guesses():
    """It can make a browser ask, by a picture or a form, but not show tokens of its own."""
    with own_server(wrong=1) as server:
        for _ in range(3):
            assert server.ask("GET", "/login/guess", Sec_Fetch_Site="cross-site").status == 401
            body, origin = urlencode({"token": "guess"}), "http://evil.example"
            assert server.ask("POST", "/login", body=body, Origin=origin).status == 403
        assert server.ask("GET", ABOUT, token=SECRET).status == 200


def test_right_tokens_are_no_guesses():
    with own_server(wrong=1) as server:
        assert {server.ask("GET", ABOUT, token=SECRET).status for _ in range(5)} == {200}
        assert {log_in(server, SECRET).status for _ in range(5)} == {303}


def test_one_token_takes_nothing_from_another():
    allowance = Allowance(Rates(reads=1))
    assert not allowance.take("anna", writes=False).is_over
    assert allowance.take("anna", writes=False).is_over
    assert not allowance.take("ben", writes=False).is_over
    assert not allowance.guesses("anna").is_over


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_subscriber_is_counted_as_one(host, counted):
    assert subscriber(host) == counted


def test_the_settings_are_in_force(start, tmp_path):
    token = new_token(tmp_path, "read")
    one = start(PWSYNC_API__READS_PER_MINUTE="2")
    assert [one.ask("GET", ABOUT, token=token).status for _ in range(3)] == [200, 200, 429]


def guesses(server, *forwarded: str) -> list[int]:
    """What a wrong token gets, shown by each of these in turn."""
    return [
        server.ask("GET", ABOUT, token="wrong", X_Forwarded_For=chain).status for chain in forwarded
    ]


def test_who_comes_through_a_trusted_proxy_is_counted_alone(start, tmp_path):
    new_token(tmp_path, "read")
    server = start(PWSYNC_API__WRONG_PER_MINUTE="1", PWSYNC_API__PROXIES='["127.0.0.0/8"]')
    anna, ben = "203.0.113.1", "203.0.113.2"
    assert guesses(server, anna, anna, ben) == [401, 429, 401]
    assert guesses(server, f"198.51.100.9, {anna}") == [429], (
        "what the client wrote is not believed"
    )


def test_nobody_is_believed_who_was_not_named(start, tmp_path):
    new_token(tmp_path, "read")
    server = start(PWSYNC_API__WRONG_PER_MINUTE="1", FORWARDED_ALLOW_IPS="*")
    assert guesses(server, "203.0.113.1", "203.0.113.2") == [401, 429]


def test_cookies_are_for_https_where_the_proxy_says_so(start, tmp_path):
    token = new_token(tmp_path, "read")
    server = start(PWSYNC_API__PROXIES='["127.0.0.1"]')
    body = urlencode({"token": token})
    asked = {"body": body, "Origin": server.url, "X_Forwarded_For": "203.0.113.1"}
    found = server.ask("POST", "/login", **asked, X_Forwarded_Proto="https")
    assert "Secure" in found.headers["Set-Cookie"]
    assert "Secure" not in server.ask("POST", "/login", **asked).headers["Set-Cookie"]


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "0.0.0.0/0", "10.0.0.1/8"])
def test_a_proxy_is_an_address_or_a_network(tmp_path, wrong):
    done = run(tmp_path, "serve", PWSYNC_API__PROXIES=json.dumps([wrong]))
    assert done.returncode == 2
    assert "api.proxies" in done.stderr
    assert wrong in done.stderr


def test_a_rate_of_nothing_is_a_mistake(tmp_path):
    done = run(tmp_path, "serve", PWSYNC_API__READS_PER_MINUTE="0")
    assert done.returncode == 2
    assert "reads_per_minute" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
