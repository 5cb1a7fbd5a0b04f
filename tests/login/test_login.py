"""The whole way in, by a real Chromium at a local 1688: every fate of a code."""

import asyncio
import os
import signal

import pytest

from browsers.blocks import Block
from browsers.errors import NetworkFailed
from browsers.login import (
    CodeShown,
    Confirmed,
    Expired,
    LoginBlocked,
    LoginFailed,
    Scanned,
    block_of,
    event_of,
    is_member,
    login,
)
from tests.login.conftest import CONFIRM, Hand, at_the_door, enter

QUERY = "https://login.1688.com/newlogin/qrcode/query.do?appName=cbu"


async def test_scanned_and_confirmed_is_in(site, pool):
    hand = Hand(site, *CONFIRM)
    admitted = await enter(pool, hand)
    assert await hand.done() == ["CodeShown", "Scanned", "Confirmed"]
    assert not admitted.already
    cookies = {one["name"]: one for one in admitted.storage["cookies"]}
    assert cookies["unb"]["domain"] == ".1688.com"
    assert cookies["__cn_logon__"]["value"] == "true"
    assert cookies["cookie2"]["httpOnly"]


async def test_cookies_alone_are_no_login(site, pool):
    hand = Hand(site, *CONFIRM)

    def tell(event):
        hand.tell(event)
        if isinstance(event, Confirmed):
            site.phone("logout")

    async with at_the_door(pool) as slot:
        with pytest.raises(LoginFailed, match="asks for a login again"):
            await login(slot, deadline=60, tell=tell)


async def test_a_code_that_ran_out_is_followed_by_another(site, pool):
    hand = Hand(site, ("CodeShown", "expire"), *CONFIRM)
    await enter(pool, hand)
    assert await hand.done() == ["CodeShown", "Expired", "CodeShown", "Scanned", "Confirmed"]
    first, second = (event.content for event in hand.events if isinstance(event, CodeShown))
    assert first != second


async def test_a_page_that_shows_no_more_codes_is_loaded_again(site, pool):
    hand = Hand(site, *[("CodeShown", "expire")] * 3, *CONFIRM)
    await enter(pool, hand)
    assert (await hand.done()).count("CodeShown") == 4
    loads = [one for one in site.log(kind="login") if "signin" in one["path"]]
    assert len(loads) == 2


async def test_no_on_the_phone_ends_it(site, pool):
    hand = Hand(site, ("CodeShown", "scan"), ("Scanned", "cancel"))
    with pytest.raises(LoginFailed, match="cancelled on the phone"):
        await enter(pool, hand)
    assert await hand.done() == ["CodeShown", "Scanned", "Cancelled"]


async def test_nobody_comes(site, pool):
    hand = Hand(site)
    with pytest.raises(LoginFailed, match="within 4 s"):
        await enter(pool, hand, deadline=4)
    assert await hand.done() == ["CodeShown"]


async def test_cookies_that_still_hold_need_no_phone(site, pool):
    first = await enter(pool, Hand(site, *CONFIRM))
    codes = len(site.log(kind="login"))
    hand = Hand(site)
    again = await enter(pool, hand, cookies=first.storage["cookies"])
    assert (again.already, await hand.done()) == (True, [])
    assert len(site.log(kind="login")) == codes, "the login page was not asked for"


async def test_cookies_of_a_session_that_ended_are_no_login(site, pool):
    first = await enter(pool, Hand(site, *CONFIRM))
    site.phone("logout")
    hand = Hand(site, *CONFIRM)
    again = await enter(pool, hand, cookies=first.storage["cookies"])
    assert not again.already
    assert (await hand.done())[0] == "CodeShown"
    old, new = (
        {one["name"]: one["value"] for one in admitted.storage["cookies"]}
        for admitted in (first, again)
    )
    assert old["cookie2"] != new["cookie2"]
    assert old["cna"] == new["cna"], "to the site it is the same device"


async def test_membership_is_asked_of_the_site(site, pool):
    async with at_the_door(pool) as slot:
        assert not await is_member(slot, deadline=30)


async def test_a_slider_before_the_code_is_told_and_not_touched(site, pool):
    site.phone("challenge")
    hand = Hand(site)
    with pytest.raises(LoginBlocked, match="slider") as caught:
        await enter(pool, hand)
    assert caught.value.block.rule == "slider"
    assert await hand.done() == ["Challenged"]


async def test_who_sees_the_window_may_go_on_after_a_slider(site, pool):
    site.phone("challenge")
    hand = Hand(site)
    async with at_the_door(pool) as slot:
        with pytest.raises(LoginFailed, match="within 4 s"):
            await login(slot, deadline=4, tell=hand.tell, window=True)
    assert await hand.done() == ["Challenged"]


async def test_who_sees_the_window_may_go_another_way_after_a_no(site, pool):
    hand = Hand(site, ("CodeShown", "scan"), ("Scanned", "cancel"))
    async with at_the_door(pool) as slot:
        with pytest.raises(LoginFailed, match="within 5 s"):
            await login(slot, deadline=5, tell=hand.tell, window=True)
    assert await hand.done() == ["CodeShown", "Scanned", "Cancelled"]


async def test_a_window_that_is_closed_is_a_person_who_gives_up(site, pool):
    closing = []
    async with at_the_door(pool) as slot:
        page = (await slot.tab()).page
        with pytest.raises(LoginFailed, match="window was closed"):
            await login(
                slot,
                deadline=30,
                tell=lambda _: closing.append(asyncio.ensure_future(page.close())),
                window=True,
            )
    await asyncio.gather(*closing)


async def test_a_site_that_is_gone_is_an_error_of_the_network(site, pool):
    os.kill(site.pid, signal.SIGKILL)
    with pytest.raises(NetworkFailed, match="net::"):
        await enter(pool, Hand(site))


@pytest.mark.parametrize(
    ("url", "body", "event"),
    [
        (QUERY, b'{"content":{"data":{"qrCodeStatus":"NEW"}}}', None),
        (QUERY, b'{"content":{"data":{"qrCodeStatus":"SCANED"}}}', Scanned()),
        (QUERY, b'{"content":{"data":{"qrCodeStatus":"SCANNED"}}}', Scanned()),
        (QUERY, b'{"content":{"data":{"qrCodeStatus":"CONFIRMED"}}}', Confirmed()),
        (QUERY, b'{"content":{"data":{"qrCodeStatus":"EXPIRED"}}}', Expired()),
        (QUERY, b'{"content":{"data":{"qrCodeStatus":{"a":1}}}}', None),
        (QUERY, b"<html>", None),
        (QUERY, b"[" * 100_000, None),
        ("https://www.1688.com/", b'{"qrCodeStatus":"CONFIRMED"}', None),
    ],
)
def test_the_words_for_a_codes_fate(url, body, event):
    assert event_of(url, body) == event


@pytest.mark.parametrize(
    "content", ["javascript:alert(1)", "https://a b", "https://x/\\u001b[2J", "", "x" * 600]
)
def test_a_code_that_is_no_address_is_not_shown(content):
    body = f'{{"content":{{"data":{{"codeContent":"{content}"}}}}}}'.encode()
    assert event_of("https://login.1688.com/newlogin/qrcode/generate.do", body) is None


def test_a_code_never_stands_in_a_repr():
    body = b'{"content":{"data":{"codeContent":"https://a/b?lgToken=secret"}}}'
    event = event_of("https://login.1688.com/newlogin/qrcode/generate.do", body)
    assert event == CodeShown(content="https://a/b?lgToken=secret")
    assert "secret" not in repr(event)


PUNISH = "https://login.1688.com//member/signin.htm/_____tmd_____/punish?x5secdata=1"


@pytest.mark.parametrize(
    ("url", "status", "rule"),
    [
        ("https://login.1688.com/member/signin.htm?tbpm=1", 200, None),
        (
            "https://login.1688.com/member/signin.htm?Done=a/_____tmd_____/page/login_jump",
            200,
            None,
        ),
        (PUNISH, 200, "slider"),
        ("https://sec.1688.com/query.htm", 200, "slider"),
        ("https://login.1688.com/member/signin.htm", 429, "refused"),
    ],
)
def test_a_login_page_is_no_block_where_one_logs_in(url, status, rule):
    page = b'<form><input id="fm-login-id"></form>' if status == 200 else b""
    found = block_of(url, status, page)
    assert (found and found.rule) == rule
    assert found is None or isinstance(found, Block)
