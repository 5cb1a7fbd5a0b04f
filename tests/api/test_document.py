"""The OpenAPI document says enough of every route, whoever adds one."""

import json

import pytest

from app.api.document import DESCRIPTION, RESPONSES, TAGS
from app.console.reference import example_of

MEDIA = "application/json"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def document(server, tokens) -> dict:
    found = server.ask("GET", "/api/v1/openapi.json", token=tokens["read"])
    assert found.status == 200
    return json.loads(found.text)


def operations(document):
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield f"{method} {path}", told


def test_it_is_for_who_has_a_token(server):
    assert server.ask("GET", "/api/v1/openapi.json").status == 401


def test_it_describes_what_all_routes_share(document):
    assert document["info"]["description"] == DESCRIPTION
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["components"]["schemas"]["Problem"]["required"] == [
        "type", "title", "status", "detail",
    ]  # fmt: skip
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_route_is_told_of(document):
    for name, told in operations(document):
        assert told["summary"], name
        assert told["description"], name
        assert len(told["tags"]) == 1, name
        assert told["security"] == [{"token": []}], name


def test_every_tag_is_described_and_used(document):
    used = {told["tags"][0] for _, told in operations(document)}
    assert {tag["name"] for tag in document["tags"]} == used
    assert used <= {tag["name"] for tag in TAGS}


def test_every_route_declares_the_common_problems(document):
    for name, told in operations(document):
        for status in RESPONSES:
            content = told["responses"][str(status)]["content"]
            assert PROBLEM in content, (name, status)
            assert content[PROBLEM]["example"]["status"] == status


def test_every_json_answer_has_an_example(document):
    for name, told in operations(document):
        for status, one in told["responses"].items():
            if status.startswith("2") and MEDIA in one.get("content", {}):
                content = one["content"][MEDIA]
                made = content.get("example") or example_of(document, content["schema"])
                assert made not in (None, {}, []), (name, status)


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas
