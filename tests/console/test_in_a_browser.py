"""The console in a real browser: nothing runs that is not ours, nothing is out of reach."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.console.test_pages import PAYLOADS, told

GRAVE = {"serious", "critical"}
WIDTHS = (390, 820, 1280)


@pytest.fixture(scope="module")
def paths(server, tokens) -> list[str]:
    offers = told(server, tokens["read"], "/offers?limit=200")["items"]
    poisoned = [one["offer_id"] for one in offers if one["title"] in PAYLOADS]
    lists = [
        "/",
        "/runs",
        "/runs/new",
        "/runs/new?kind=file",
        "/runs/new?kind=shop",
        "/runs/1",
        "/runs/1/audit",
        "/runs/1/items?state=gone",
        "/offers",
        "/profiles",
        "/batches",
        "/exports",
        "/profiles/guest",
        "/groups",
        "/groups/pairs",
        "/changes",
        "/runs/1/items",
        "/api/v1/docs",
        "/quality",
        "/quarantine",
        "/suppliers",
        "/system",
        "/system/queues",
        "/system/logs",
        "/system/trail",
        "/system/backups",
        "/nowhere",
    ]
    lists += [f"/offers/{one}" for one in (*poisoned, charted(offers))]
    return [*lists, f"/offers/{charted(offers)}/page"]


def charted(offers) -> str:
    """An offer that has changed, so that its page has everything."""
    return max(offers, key=lambda one: one["version"])["offer_id"]


def visit(browser, server, token: str, *, width: int, scheme: str):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.url}/login")
    page.fill("#token", token)
    page.press("#token", "Enter")
    page.wait_for_url(f"{server.url}/")
    return page


def grave(page) -> list[tuple[str, str]]:
    """Faults that axe calls serious, each with the first element that has it."""
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_grave_fault(browser, server, tokens, paths, scheme):
    page = visit(browser, server, tokens["run"], width=1280, scheme=scheme)
    for path in paths:
        page.goto(server.url + path)
        assert grave(page) == [], path
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen_and_no_foreign_script_runs(
    browser, server, tokens, paths, width
):
    page = visit(browser, server, tokens["run"], width=width, scheme="light")
    said: list[str] = []
    page.on("dialog", lambda one: (said.append(one.message), one.dismiss()))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console", lambda one: said.append(one.text) if "Content Security" in one.text else None
    )
    for path in paths:
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert said == []
    page.context.close()


def test_a_person_pastes_links_sees_what_they_come_to_and_steers_the_run(browser, server, tokens):
    page = visit(browser, server, tokens["run"], width=1280, scheme="light")
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/runs/new")
    page.fill("#refs", "https://detail.1688.com/offer/610947572399.html\n610947572399\nnothing")
    page.get_by_text("1 offers, 1 named twice, 1 lines name none").wait_for()
    page.locator("#refs").locator("xpath=ancestor::form").get_by_role(
        "button", name="Start"
    ).click()
    page.wait_for_url("**/runs/*")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").click()
    page.locator(".state.cancelled").first.wait_for()
    page.context.close()
