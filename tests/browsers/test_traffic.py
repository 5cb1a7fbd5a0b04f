"""Which URLs are loaded, and what the engine is told about hosts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsers import traffic
from browsers.errors import Refused

GOOD = "https://detail.1688.com/offer/610947572360.html"


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "https://1688.com/",
        "https://s.1688.com:443/selloffer/offer_search.htm?keywords=%CA%D5",
        "https://itemcdn.tmall.com/1688offer/x.js",
        "https://login.taobao.com/member/login.jhtml",
    ],
)
def test_our_urls_pass(url):
    traffic.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "detail.1688.com/offer/1.html",
        "http://detail.1688.com/offer/1.html",
        "HTTPS://detail.1688.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "view-source:https://detail.1688.com/",
        "https://dj.1688.com/ci_bb?a=1",
        "https://detailp4p.1688.com/buyer/offerdetail/610947572360.html",
        "https://search.alibabausercontent.com/",
        "https://evil.example/",
        "https://evil1688.com/",
        "https://1688.com.evil.example/",
        "https://user@detail.1688.com/",
        "https://evil.example@detail.1688.com/",
        "https://detail.1688.com@evil.example/",
        "https://detail.1688.com\\@evil.example/",
        "https://detail.1688.com:8443/",
        "https://detail.1688.com:http/",
        "https://detail.1688.com:99999/",
        "https://detail.1688.com./",
        "https://[::1]/",
        "https://[detail.1688.com/",
        "https://2130706433/",
        "https://127.0.0.1/",
        "https://detail.1688.com/\toffer",
        "https://detail.1688.com/ offer",
        "https://detail.1688.com/\noffer",
        "https://detail.1688.com/\x00",
        "https://detail。1688.com/",
        "https://detail.1688.com/收纳",
        "https://ｄetail.1688.com/",
        "https://notlisted.taobao.com/",
    ],
)
def test_other_urls_are_refused(url):
    with pytest.raises(Refused):
        traffic.check(url)


@given(st.text())
def test_no_text_breaks_the_check(text):
    for url in (text, GOOD + text, "https://" + text, text + ".1688.com"):
        try:
            traffic.check(url)
        except Refused:
            continue
        assert url.startswith("https://")


def test_http_is_allowed_on_the_way_only():
    assert traffic.is_visited("http://detail.1688.com/x")
    assert not traffic.is_visited("http://detail.1688.com:443/x")


class TestResolverRules:
    def test_listed_hosts_pass_and_others_do_not(self):
        rules = traffic.resolver_rules(None)
        assert rules.startswith("MAP * ~NOTFOUND, EXCLUDE 1688.com, EXCLUDE *.1688.com")

    def test_replica_takes_every_listed_host(self):
        rules = traffic.resolver_rules("127.0.0.1:8443").split(", ")
        assert "MAP *.1688.com 127.0.0.1:8443" in rules
        assert rules[-1] == "MAP * ~NOTFOUND"
        assert "EXCLUDE" not in "".join(rules)

    def test_replica_over_ipv6(self):
        assert "MAP 1688.com [::1]:8443" in traffic.resolver_rules("[::1]:8443")

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:65536",
            "127.0.0.1:8443, MAP x y",
            "10.0.0.1:1",
            "1.2.3.4:8443",
            "localhost:8443",
            "0.0.0.0:8443",
            "[::]:1",
            "127.0.0.1:８",
        ],
    )
    def test_replica_elsewhere_is_refused(self, address):
        with pytest.raises(ValueError, match=r"."):
            traffic.resolver_rules(address)
