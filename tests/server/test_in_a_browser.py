"""The dashboard in a real Chromium: it works under its policy, and hostile texts stay texts."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright
from rq import Queue
from rq.serializers import JSONSerializer

from browsers.engine import find_engine
from browsers.errors import EngineMissing
from tests.server.jobs import QUEUE

HOSTILE = "run 9: <img src=x onerror=document.title='taken'><script>document.title='taken'</script>"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page that has said nothing wrong when the test is over."""
    try:
        engine = find_engine()
    except EngineMissing as error:
        pytest.fail(str(error))
    wrong: list[str] = []
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=engine.path, chromium_sandbox=False)
        page = await browser.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        yield page
        await browser.close()
    # the login form comes with a 401, which Chromium reports
    assert [text for text in wrong if "401" not in text] == []


async def log_in(page: Page, server, token: str, path: str = "/rq/") -> None:
    await page.goto(server.url + path)
    await page.fill("#token", token)
    await page.click("button")


async def test_a_reader_sees_the_jobs_and_no_buttons(server, tokens, jobs, page):
    await log_in(page, server, tokens["read"])
    await page.click(f"tr[data-role=queue]:has-text('{QUEUE}') td.failed a >> nth=0")
    row = page.locator("tr[data-role=job]")
    await row.wait_for()
    assert "run 2: lamps (3 of 40)" in await row.inner_text()
    assert await page.locator("#requeue-all-btn").is_hidden()
    assert await row.locator("[data-role=requeue-job-btn]").is_hidden()
    assert await row.locator("[data-role=delete-job-btn]").is_hidden()
    await page.click(".job_id a")
    await page.get_by_text('"progress": "3 of 40"').wait_for()


async def test_who_may_run_can_press_them(server, tokens, jobs, page):
    await log_in(page, server, tokens["run"], f"/rq/0/view/jobs/{QUEUE}/failed/8/asc/1")
    async with page.expect_response("**/requeue") as answer:
        await page.click("[data-role=requeue-job-btn]")
    assert (await answer.value).status == 200
    assert jobs["failed"].get_status(refresh=True) == "queued"


async def test_texts_of_jobs_are_texts(server, tokens, redis_server, jobs, page):
    with redis_server.client() as connection:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        job = queue.enqueue("time.sleep", 1, description=HOSTILE, meta={"progress": HOSTILE})
    await log_in(page, server, tokens["read"], f"/rq/0/view/jobs/{QUEUE}/queued/8/dsc/1")
    await page.get_by_text("<img src=x").first.wait_for()
    await page.goto(f"{server.url}/rq/0/view/job/{job.id}")
    await page.get_by_text("<script>document.title").first.wait_for()
    assert await page.title() == "RQ dashboard"
    assert await page.locator("img").count() == 0


async def test_names_of_queues_are_texts(server, tokens, redis_server, page):
    with redis_server.client() as connection:
        connection.sadd("rq:queues", f"rq:queue:{HOSTILE}")
    await log_in(page, server, tokens["read"])
    await page.get_by_text("<img src=x").wait_for()
    await page.goto(f"{server.url}/rq/0/view/jobs")
    await page.locator("#jobs").wait_for()
    assert await page.title() == "RQ dashboard"
    assert await page.locator("img").count() == 0
    with redis_server.client() as connection:
        connection.srem("rq:queues", f"rq:queue:{HOSTILE}")
