"""A proxy's address as a person writes it, and its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.profiles.proxies import LONGEST_NAME, ProxyRefused, egress_of, read_proxy
from browsers.values import Launch, Proxy, Visitor


@pytest.mark.parametrize(
    ("text", "server", "user", "password"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128", None, None),
        ("socks5://127.0.0.1:1080/", "socks5://127.0.0.1:1080", None, None),
        (" http://me:s3cret@10.0.0.7:8080 ", "http://10.0.0.7:8080", "me", "s3cret"),
        ("socks5://me:p%40s%3As@gate.example:1", "socks5://gate.example:1", "me", "p@s:s"),
        ("http://me@gate.example:1", "http://gate.example:1", "me", None),
        ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080", None, None),
    ],
)
def test_is_read(text, server, user, password):
    proxy = read_proxy(text)
    assert (proxy.server, proxy.username, proxy.password) == (server, user, password)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c4nary",
        "me:c4nary@proxy.example:3128",
        "https://me:c4nary@proxy.example:3128",
        "socks4://me:c4nary@proxy.example:3128",
        "http://me:c4nary@proxy.example",
        "http://me:c4nary@proxy.example:0",
        "http://me:c4nary@proxy.example:99999",
        "http://me:c4nary@:3128",
        "http://me:c4nary@proxy.example:3128/path",
        "http://me:c4nary@proxy.example:3128?x",
        "http://me:c4nary@proxy.example:3128#x",
        "http://me:c4nary%0d%0aX:%20y@proxy.example:3128",
        "http://:c4nary@proxy.example:3128",
        "http://me:c4nary@пример.example:3128",
        "http://me:c4nary@[::1:3128",
        "http://me:c4nary@a b:3128",
    ],
)
def test_others_are_refused_and_never_quoted(text):
    with pytest.raises(ProxyRefused) as caught:
        read_proxy(text)
    assert "c4nary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "HOST:PORT" in str(caught.value) or "ASCII" in str(caught.value)


@given(st.text())
def test_no_text_breaks_the_reading(text):
    for given_text in (text, f"http://{text}", f"socks5://{text}@host:1"):
        try:
            proxy = read_proxy(given_text)
        except ProxyRefused:
            continue
        assert 1 <= len(egress_of(proxy)) <= LONGEST_NAME


def test_name_is_stable_and_tells_no_user():
    name = egress_of(read_proxy("http://me:s3cret@gate.example:8080"))
    assert name == egress_of(read_proxy("socks5://you:other@gate.example:8080"))
    assert name == "gate.example-8080"
    assert egress_of(Proxy(server="http://[2001:db8::1]:80")) == "2001-db8--1-80"


def test_names_of_long_hosts_differ():
    names = {egress_of(Proxy(server=f"http://{'a' * 60}{n}.example:80")) for n in range(9)}
    assert len(names) == 9
    assert max(map(len, names)) == LONGEST_NAME


def test_secrets_stand_in_no_repr():
    proxy = read_proxy("http://c4nary1:c4nary2@gate.example:8080")
    storage = {"cookies": [{"value": "c4nary3"}]}
    for value in (proxy, Visitor(proxy=proxy, storage=storage), Launch(proxy=proxy)):
        assert "c4nary" not in repr(value)
        assert "c4nary" not in str(value)
