"""A real Chromium on the local 1688: the page works as a page, without a single error."""

import shutil
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Error, async_playwright

from app.replica.serve import Replica, running

ENGINE = shutil.which("chromium-headless-shell") or shutil.which("chromium")

pytestmark = pytest.mark.skipif(ENGINE is None, reason="no Chromium on this machine")


@asynccontextmanager
async def opened(replica: Replica):
    arguments = [
        f"--host-resolver-rules=MAP * {replica.address}",
        f"--ignore-certificate-errors-spki-list={replica.pin}",
        "--no-sandbox",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=ENGINE, args=arguments)
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


@pytest.mark.parametrize(
    "era", ["context", "init_data_desktop", "init_data_mobile", "detail_config"]
)
async def test_a_padded_page_renders_without_errors(era):
    with running(offers=1, eras=(era,)) as replica:
        row = replica.listed()[0]
        complaints = []
        async with opened(replica) as page:
            page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(row["url"], wait_until="load", timeout=30_000)
            await page.wait_for_function("window.__answers === 2", timeout=30_000)
            seen = await page.evaluate(_IDENTITY)
        assert complaints == []
        assert str(seen) == row["offer_id"]
        kinds = {entry["kind"] for entry in replica.log()}
        assert kinds == {"offer", "script", "style", "picture", "beacon", "gateway"}
        assert {entry["status"] for entry in replica.log()} == {200}
        assert sum(entry["kind"] == "script" for entry in replica.log()) == 8


_IDENTITY = """() => {
  if (window.context) return window.context.result.global.globalData.model.offerDetail.offerId;
  if (window.__INIT_DATA) return window.__INIT_DATA.globalData.tempModel.offerId;
  return iDetailConfig.offerid;
}"""


@pytest.mark.parametrize(
    ("fault", "title", "host"),
    [("login", "登录", "login.1688.com"), ("punish", "Captcha Interception", "detail.1688.com")],
)
async def test_block_stubs_lead_a_browser_to_their_pages(fault, title, host):
    with running(offers=1, faults=f"{fault}=1", padded=False) as replica:
        async with opened(replica) as page:
            await page.goto(replica.listed()[0]["url"], wait_until="commit", timeout=30_000)
            await page.wait_for_function("t => document.title === t", arg=title, timeout=30_000)
            assert page.url.startswith(f"https://{host}/")


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("reset", "ERR_CONNECTION_RESET"),
        ("empty", "ERR_EMPTY_RESPONSE"),
        ("redirect_loop", "ERR_TOO_MANY_REDIRECTS"),
        ("crash", "crashed"),
    ],
)
async def test_faults_reach_a_browser_as_what_they_are(fault, word):
    with running(offers=1, faults=f"{fault}=1", padded=False) as replica:
        async with opened(replica) as page:
            with pytest.raises(Error, match=word):
                await page.goto(replica.listed()[0]["url"], timeout=60_000)


async def test_a_deleted_offer_ends_on_the_home_page():
    with running(offers=20, padded=False) as replica:
        rows = replica.listed()
        async with opened(replica) as page:
            gone = next(row for row in rows if row["standing"] == "deleted_home")
            await page.goto(gone["url"], timeout=30_000)
            assert page.url.startswith("https://www.1688.com/?")
            assert await page.locator(".price").count() > 10
