"""Logging in at the local 1688: codes, the phone, sessions, and a site for members only."""

import asyncio
import http.client
import json
import ssl
import urllib.parse

import pytest

from app.replica.login import LIFE_SECONDS, Logins
from app.replica.serve import running, tap
from app.replica.wire import Request
from tests import qr
from tests.replica.test_browser import opened

SIGNIN = "https://login.1688.com/member/signin.htm?tbpm=1"
LOGIN = "login.1688.com"


def told(reply) -> dict:
    found = json.loads(reply.body)
    return found["content"]["data"] if "content" in found else found


def asked(path="/", *, host=LOGIN, method="GET", cookies=(), **query):
    form = query if method == "POST" else {}
    return Request(
        host=host, path=path, query={} if form else query, method=method, form=form,
        cookies=dict(cookies),
    )  # fmt: skip


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def logins(clock):
    return Logins(clock=clock)


def generate(logins):
    return told(logins.page(asked(), "/newlogin/qrcode/generate.do"))


def query(logins, code):
    request = asked(method="POST", t=str(code["t"]), ck=code["ck"])
    return logins.page(request, "/newlogin/qrcode/query.do")


def press(logins, do, **more):
    return logins.tap(asked(do=do, **more), "")


def member_of(reply):
    return dict(line.split(";")[0].split("=", 1) for line in reply.cookies)


def test_a_scanned_and_confirmed_code_becomes_a_session_once(logins):
    code = generate(logins)
    assert told(query(logins, code))["qrCodeStatus"] == "NEW"
    assert press(logins, "scan").status == 200
    assert told(query(logins, code))["qrCodeStatus"] == "SCANED"
    assert press(logins, "confirm").status == 200
    confirmed = query(logins, code)
    assert told(confirmed)["qrCodeStatus"] == "CONFIRMED"
    cookies = member_of(confirmed)
    assert cookies["__cn_logon__"] == "true"
    assert cookies["unb"].isdecimal()
    assert logins.is_member(asked(cookies=cookies))
    assert told(query(logins, code))["qrCodeStatus"] == "EXPIRED", "a code works once"
    press(logins, "logout")
    assert not logins.is_member(asked(cookies=cookies))


@pytest.mark.parametrize("do", ["confirm", "cancel"])
def test_a_phone_answers_only_what_it_has_scanned(logins, do):
    assert press(logins, do).status == 409
    generate(logins)
    assert press(logins, do).status == 409
    assert press(logins, "scan", code="https://elsewhere/").status == 409


def test_a_code_that_nobody_confirms_ends_by_itself(logins, clock):
    code = generate(logins)
    press(logins, "scan")
    clock.now = LIFE_SECONDS
    assert press(logins, "confirm").status == 409
    assert told(query(logins, code))["qrCodeStatus"] == "EXPIRED"


def test_a_phone_that_acts_by_itself(clock):
    logins = Logins(phone=5, clock=clock)
    code = generate(logins)
    seen = []
    for clock.now in (4.9, 5.0, 9.9, 10.0):
        seen.append(told(query(logins, code))["qrCodeStatus"])
    assert seen == ["NEW", "SCANED", "SCANED", "CONFIRMED"]


@pytest.mark.parametrize("done", ["https://evil.example/", "http://work.1688.com/", "javascript:1"])
def test_a_login_leads_to_pages_of_the_site_only(logins, done):
    page = logins.page(asked(returnUrl=done), "/mini_login.htm")
    assert done.encode() not in page.body
    assert b"https://work.1688.com/" in page.body


def test_only_members_see_documents_where_that_is_wanted():
    with running(offers=2, padded=False, members_only=True) as site:
        path = site.listed()[0]["url"].removeprefix("https://detail.1688.com")
        _, _, stub = site.ask(path, host="detail.1688.com")
        assert b'"action": "login"' in stub
        assert site.log(kind="offer")[-1]["fault"] == "login"
        cookies = sign_in(site)
        _, _, page = site.ask(path, host="detail.1688.com", headers={"Cookie": cookies})
        assert b'"action": "login"' not in page
        assert len(page) > 10_000
        assert site.ask("/", host="work.1688.com", headers={"Cookie": cookies})[0] == 200
        site.phone("logout")
        _, _, stub = site.ask(path, host="detail.1688.com", headers={"Cookie": cookies})
        assert b'"action": "login"' in stub
        status, headers, _ = site.ask("/", host="work.1688.com", headers={"Cookie": cookies})
        assert (status, headers["location"].split("?")[0]) == (
            302,
            f"https://{LOGIN}/member/signin.htm",
        )


def sign_in(site) -> str:
    """A session's cookies, without a browser."""
    _, _, body = site.ask("/newlogin/qrcode/generate.do", host=LOGIN)
    code = json.loads(body)["content"]["data"]
    site.phone("scan", code=code["codeContent"])
    site.phone("confirm")
    connection = http.client.HTTPSConnection(
        *site.address.split(":"), context=ssl.create_default_context(cadata=site.certificate)
    )
    form = urllib.parse.urlencode({"t": code["t"], "ck": code["ck"]})
    headers = {"Host": LOGIN, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/newlogin/qrcode/query.do", form, headers)
    answer = connection.getresponse()
    answer.read()
    lines = [value for name, value in answer.getheaders() if name == "Set-Cookie"]
    connection.close()
    return "; ".join(line.split(";")[0] for line in lines)


async def test_the_page_draws_the_very_code_and_goes_on_when_it_is_confirmed():
    with running(offers=1, padded=False) as site:
        async with opened(site) as page:
            contents = asyncio.Queue()

            async def keep(response):
                if "generate.do" in response.url:
                    told = await response.json()
                    contents.put_nowait(told["content"]["data"]["codeContent"])

            page.on("response", keep)
            await page.goto(SIGNIN, timeout=30_000)
            box = page.frame_locator("#alibaba-login-box")
            await box.locator("canvas").wait_for()
            frame = page.frames[1]
            await frame.wait_for_function("window.__modules", timeout=30_000)
            drawn = await frame.evaluate("window.__modules")
            assert qr.read([[*map(int, row)] for row in drawn]) == await contents.get()
            tap(int(site.address.rpartition(":")[2]), "scan")
            await box.get_by_text("扫描成功").wait_for(timeout=30_000)
            site.phone("expire")
            await frame.wait_for_function("m => window.__modules + '' !== m", arg=",".join(drawn))
            site.phone("scan", code=await contents.get())
            site.phone("confirm")
            await page.wait_for_url("https://work.1688.com/", timeout=30_000)
            assert await page.locator(".nick").text_content() == "采购小王01"
