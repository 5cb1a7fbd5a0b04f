"""Cookies from a person's browser, in the three forms that there are."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.profiles.cookies import account_of, read_cookies
from app.profiles.jar import CookiesRefused, is_storage

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = 1_900_000_000

NETSCAPE = f"""# Netscape HTTP Cookie File
# https://curl.se/docs/http-cookies.html

.1688.com\tTRUE\t/\tTRUE\t{LATER}\tunb\t2200000000001
#HttpOnly_.1688.com\tTRUE\t/\tTRUE\t0\tcookie2\tabc
.1688.com\tTRUE\t/\tFALSE\t1000\told\tgone
.bank.example\tTRUE\t/\tTRUE\t{LATER}\tsession\tc4nary
.not1688.com\tTRUE\t/\tTRUE\t{LATER}\tunb\t1
broken line
"""


def exported(**more):
    return {
        "domain": ".1688.com",
        "expirationDate": LATER + 0.5,
        "hostOnly": False,
        "httpOnly": True,
        "name": "unb",
        "path": "/",
        "sameSite": "no_restriction",
        "secure": True,
        "session": False,
        "storeId": "0",
        "value": "2200000000001",
        "id": 1,
        **more,
    }


def read(text):
    return read_cookies(text, NOON)


def test_netscape():
    found = read(NETSCAPE)
    assert [each["name"] for each in found.storage["cookies"]] == ["unb", "cookie2"]
    unb, cookie2 = found.storage["cookies"]
    assert unb == {
        "name": "unb",
        "value": "2200000000001",
        "domain": ".1688.com",
        "path": "/",
        "expires": float(LATER),
        "httpOnly": False,
        "secure": True,
        "sameSite": "Lax",
    }
    assert (cookie2["httpOnly"], cookie2["expires"]) == (True, -1)
    assert (found.dropped, found.account) == (4, "2200000000001")


def test_export_of_an_extension():
    listed = [
        exported(),
        exported(name="lid", value="%E4%B9%B0%E5%AE%B6", secure=False),
        exported(name="t", domain="www.taobao.com", sameSite="unspecified", session=True),
        exported(name="x", domain=".google.com", value="c4nary"),
        {"name": 7},
        "no cookie",
    ]
    del listed[2]["expirationDate"]
    found = read("\ufeff" + json.dumps(listed))
    assert is_storage(found.storage)
    assert [each["sameSite"] for each in found.storage["cookies"]] == ["None", "Lax", "Lax"]
    assert [each["expires"] for each in found.storage["cookies"]] == [LATER + 0.5, LATER + 0.5, -1]
    assert (found.account, found.dropped) == ("买家", 3)
    assert "c4nary" not in json.dumps(found.storage)


def test_storage_state():
    cookie = {"name": "__cn_logon__", "value": "true", "domain": ".1688.com", "path": "/"}
    named = cookie | {"name": "tracknick", "value": r"\u4E70\u5BB6a"}
    state = {"cookies": [cookie, named], "origins": [{"origin": "https://bank.example"}]}
    found = read(json.dumps(state))
    assert found.account == "买家a"
    assert found.storage["origins"] == []


@pytest.mark.parametrize(
    "cookies",
    [
        [],
        [exported(value="")],
        [exported(name="__cn_logon__", value="false")],
        [exported(domain=".taobao.com")],
        [exported(domain="1688.com.evil.example")],
        [exported(expirationDate=NOON.timestamp() - 1)],
        [exported(value="a\r\nb")],
        [exported(value="；")],
    ],
)
def test_without_a_login_they_are_refused(cookies):
    with pytest.raises(CookiesRefused, match="is a login at 1688"):
        read(json.dumps(cookies))


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1", '{"cookies": "c4nary"}'])
def test_what_is_no_file_of_cookies_is_refused_and_not_quoted(text):
    with pytest.raises(CookiesRefused) as caught:
        read(text)
    assert "c4nary" not in str(caught.value)


def test_expired_ones_are_judged_by_the_present_where_none_is_given():
    with pytest.raises(CookiesRefused):
        read_cookies(json.dumps([exported(expirationDate=1_600_000_000)]))


def test_nobody_is_logged_in_without_cookies():
    assert account_of([]) is None


@given(
    st.text()
    | st.recursive(
        st.none() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["cookies", "name", "value", "domain", "expires", "path"]), inner
            )
        ),
    ).map(json.dumps)
)
def test_no_file_breaks_the_reading(text):
    try:
        read(text)
    except CookiesRefused:
        return
    pytest.fail("a login in random text")
