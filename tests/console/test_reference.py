"""The page of the API's reference: complete, escaped, and fit to be read."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from app.console.reference import example_of, kind_of, operations, prose, shapes
from browsers.engine import find_engine
from tests.server.conftest import new_token, serving

PATH = "/api/v1/docs"
HOSTILE = "<script>alert(1)</script>"
DOCUMENT = {
    "paths": {
        "/api/v1/things/{id}": {
            "get": {
                "tags": ["things"],
                "summary": "One",
                "description": "A *thing*.",
                "operationId": "one",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "examples": ["a b/c"]},
                    },
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 2000},
                    },
                ],
                "responses": {"200": {"description": "Found", "content": {}}},
            },
            "post": {
                "tags": ["things"],
                "operationId": "make",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "examples": ["it's"]},
                    "kind": {"enum": ["a", "b"]},
                    "inner": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                },
            }
        }
    },
}


def test_operations_are_told_with_a_line_to_type():
    one, make = operations(DOCUMENT, "things", "http://here")
    assert [row.kind for row in one.parameters] == ["string", "integer, 1 to 2,000"]
    assert one.parameters[0].needed
    assert one.curl.endswith("http://here/api/v1/things/a%20b%2Fc")
    assert make.takes == ("Thing",)
    assert "-X POST" in make.curl
    assert """'{"name": "it'"'"'s", "kind": "a", """ in make.curl
    assert operations(DOCUMENT, "nothing", "") == []


def test_shapes_that_hold_themselves_come_to_an_end():
    (thing,) = shapes(DOCUMENT)
    assert [field.needed for field in thing.fields] == [True, False, False]
    assert thing.fields[2].kind == "Thing or null"
    assert thing.fields[2].refers == ("Thing",)
    assert example_of(DOCUMENT, {"$ref": "#/components/schemas/Thing"})["name"] == "it's"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, "any"),
        (
            {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "list of date-time",
        ),
        ({"type": "integer", "minimum": 0}, "integer, at least 0"),
        ({"type": "integer", "maximum": 5}, "integer, at most 5"),
        ({"const": "x"}, "x"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "string and null"),
    ],
)
def test_kinds_are_said_in_a_few_words(schema, said):
    assert kind_of(schema) == said


def test_prose_is_text():
    assert prose("a `b` **c**\n\nd") == "<p>a <code>b</code> <strong>c</strong></p>\n<p>d</p>\n"
    assert prose("a ` b") == "<p>a ` b</p>\n"
    assert "<script" not in prose(f"`{HOSTILE}` {HOSTILE}")
    assert prose("") == ""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("reference")


@pytest.fixture(scope="module")
def token(home) -> str:
    return new_token(home, "read")


@pytest.fixture(scope="module")
def server(home, token):
    with serving(home) as running:
        yield running


def test_the_page_is_for_who_has_a_token(server):
    assert server.ask("GET", PATH).status == 401


def test_every_route_and_shape_is_on_the_page(server, token):
    found = server.ask("GET", PATH, token=token, Accept_Language="zh-CN")
    assert "API 文档" in found.text
    assert "GET /api/v1/about" in found.text
    assert 'id="shape-Problem"' in found.text
    assert "Authorization: Bearer $TOKEN" in found.text
    assert f"{server.url}/api/v1/about" in found.text


@pytest.fixture
async def page(server, token) -> AsyncIterator[Page]:
    wrong: list[str] = []
    async with async_playwright() as driver:
        path = find_engine().path
        browser = await driver.chromium.launch(executable_path=path, chromium_sandbox=False)
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{server.url}/login")
        await page.fill("#token", token)
        await page.click("button")
        await page.goto(server.url + PATH)
        yield page
        await browser.close()
    assert wrong == []


async def test_it_reads_well_on_a_phone_and_to_a_screen_reader(page):
    await page.click("summary >> nth=0")
    await page.get_by_text("Too many requests").first.wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        found = await Axe().run(page)
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found.response["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert serious == []
