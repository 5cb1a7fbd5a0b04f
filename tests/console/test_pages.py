"""The console's pages as a browser gets them, and the API beside them."""

import json
import re
from importlib.resources import files
from urllib.parse import urlencode

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from app.access.callers import ROLES
from app.api.paging import cursor as word
from app.completeness import PARTS
from app.console import shell
from app.console.nav import CHAPTERS, PLACES
from app.console.pages import groups, quarantine, suppliers
from app.console.pages.changes import SPANS
from app.console.pages.opening import KINDS, PRIORITIES
from app.console.pages.profiles import SAYINGS
from app.console.words import catalogue
from app.export.registry import known_formats
from app.filters.form import QUESTIONS
from app.filters.search import SORTS
from app.items import Status
from app.monitor.status import THROTTLING
from app.runs.outcomes import LEASED, QUEUED, Outcome, RunState
from app.schedule.fires import Decision
from app.services.groups import VERDICTS
from app.services.profiles import Word
from app.store.facts import Kind
from app.store.quarantine import DECISIONS
from browsers.crowd import CAUSE
from browsers.throttle import Pressure
from tests.console.conftest import PAYLOADS

JSON = {"Content_Type": "application/json"}
TEMPLATES = files("app.console") / "templates"


def told(server, token: str, path: str, status: int = 200):
    found = server.ask("GET", f"/api/v1{path}", token=token)
    assert found.status == status, found.text
    return json.loads(found.text)


def test_changes_over_all_offers_are_those_of_each(server, tokens):
    query = "/changes?hours=8784&limit=1000"
    found = told(server, tokens["read"], query)["items"]
    prices = told(server, tokens["read"], f"{query}&kind=price&min_percent=5")["items"]
    assert 0 < len(prices) < len(found)
    assert {one["kind"] for one in prices} == {"price"}
    assert min(abs(one["percent"]) for one in prices) >= 5
    one = prices[0]
    history = told(server, tokens["read"], f"/offers/{one['offer_id']}/history")["items"]
    assert any(each["after"] == one["after"] and each["kind"] == "price" for each in history)
    page = server.ask("GET", "/changes?hours=8784&kind=price&least=5", token=tokens["read"]).text
    assert page.count("<tr><td>") == min(len(prices), 200)


def test_no_number_is_too_large_for_a_page(server, tokens):
    far = 10**30
    for path in (f"/runs/{far}", f"/runs/-{far}", f"/runs/1/items?after={far}", f"/offers/{far}"):
        assert server.ask("GET", path, token=tokens["read"]).status in {404, 422}, path
    for path in ("/runs/999/live", "/runs/999", "/offers/1"):
        assert server.ask("GET", path, token=tokens["read"]).status == 404, path


def test_pages_of_a_list_show_each_offer_once_in_every_order(server, tokens):
    everything = {
        one["offer_id"] for one in told(server, tokens["read"], "/offers?limit=200")["items"]
    }
    assert len(everything) > 50
    for sort in ("changed", "new", "cheap", "dear", "sold", "stock", "id"):
        seen, cursor = [], ""
        while cursor is not None:
            query = urlencode({"sort": sort, "limit": 20} | ({"cursor": cursor} if cursor else {}))
            page = told(server, tokens["read"], f"/offers?{query}")
            seen += [one["offer_id"] for one in page["items"]]
            cursor = page["next"]
        assert len(seen) == len(set(seen)), sort
        assert set(seen) == everything, sort


def test_an_offer_is_told_in_the_words_of_the_contract(server, tokens):
    listed = told(server, tokens["read"], "/offers?where=stock>1&sort=cheap&limit=1")["items"][0]
    one = told(server, tokens["read"], f"/offers/{listed['offer_id']}")
    assert one["item"]["offer_id"] == listed["offer_id"]
    assert one["item"]["price_min"] == listed["price_min"]
    assert isinstance(one["item"]["price_min"], str)


def test_its_changes_are_those_of_the_books(server, tokens, engine):
    for listed in told(server, tokens["read"], "/offers?sort=changed&limit=50")["items"]:
        found = told(server, tokens["read"], f"/offers/{listed['offer_id']}/history")["items"]
        assert {one["version"] for one in found} <= set(range(2, listed["version"] + 1))
        assert (listed["version"] > 1) == bool(found)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/offers?where=price<", 400, "filter"),
        ("/offers?sort=nice", 400, "filter"),
        ("/offers?cursor=%20", 400, "cursor"),
        ("/offers?cursor=MQ", 400, "filter"),
        ("/offers?limit=0", 422, "invalid"),
        ("/offers/1", 422, "invalid"),
        ("/offers/99999999999", 404, "offer-unknown"),
        (f"/offers?sort=cheap&cursor={word(['NaN', '610947572360'])}", 400, "filter"),
        (f"/offers?sort=id&cursor={word([1, 'x'])}", 400, "filter"),
        (f"/runs/1/items?cursor={word(2**62)}", 400, "cursor"),
        ("/runs/999", 404, "run-unknown"),
        ("/runs/999/items", 404, "run-unknown"),
        ("/nowhere", 404, "unknown"),
    ],
)
def test_what_is_wrong_is_a_problem(server, tokens, path, status, word):
    found = server.ask("GET", f"/api/v1{path}", token=tokens["read"])
    assert (found.status, found.headers["Content-Type"]) == (status, "application/problem+json")
    assert json.loads(found.text)["title"] == word


def test_a_run_is_opened_once_steered_and_all_of_it_is_in_the_trail(server, tokens):
    wish = json.dumps({"refs": ["610947572360", "610947572360", "no offer"]})
    assert server.ask("POST", "/api/v1/runs", token=tokens["read"], body=wish, **JSON).status == 403
    made = server.ask("POST", "/api/v1/runs", token=tokens["run"], body=wish, **JSON)
    run = json.loads(made.text)
    assert made.status == 201
    assert (run["items"], run["duplicates"], run["rejected"]) == ({"queued": 1}, 1, 1)
    assert f"pwsync resume {run['run']}" in run["next"]
    again = server.ask("POST", "/api/v1/runs", token=tokens["run"], body=wish, **JSON)
    assert (again.status, json.loads(again.text)["run"]) == (200, run["run"])
    place = f"/api/v1/runs/{run['run']}"
    for verb, state in (("pause", "paused"), ("resume", "running"), ("stop", "cancelled")):
        done = server.ask("POST", f"{place}/{verb}", token=tokens["run"])
        assert json.loads(done.text)["state"] == state
    assert server.ask("POST", f"{place}/pause", token=tokens["run"]).status == 409
    assert (
        told(server, tokens["read"], f"/runs/{run['run']}/items")["items"][0]["state"]
        == "cancelled"
    )
    page = server.ask("GET", f"/runs/{run['run']}", token=tokens["read"]).text
    assert re.findall(r"\(operator\) · (\w+)", page) == [
        "stop",
        "resume",
        "pause",
        "open_run",
        "open_run",
    ]


def test_nothing_to_sync_and_mixed_wishes_are_refused(server, tokens):
    for wish in ({}, {"refs": ["x"]}, {"refs": ["610947572360"], "keyword": "杯"}, {"shop": "?"}):
        body = json.dumps(wish)
        found = server.ask("POST", "/api/v1/runs", token=tokens["run"], body=body, **JSON)
        assert found.status == 400, wish


def pages(server, tokens) -> list[str]:
    offers = told(server, tokens["read"], "/offers?limit=200")["items"]
    poisoned = [one["offer_id"] for one in offers if one["title"] in PAYLOADS]
    assert len(poisoned) == len(PAYLOADS)
    lists = [
        "/",
        "/changes",
        "/changes?hours=8784",
        "/runs",
        "/runs/new",
        "/runs/1",
        "/runs/1/items",
        "/runs/1/items?state=gone",
        "/profiles",
        "/batches",
        "/exports",
        "/profiles/guest",
        "/groups",
        "/quality",
        "/quarantine",
        "/quarantine?type=Doubt&decided=1",
        "/groups/pairs",
        "/suppliers",
        "/suppliers?q=nobody&sort=changed",
    ]
    return [
        *lists,
        "/offers",
        "/offers?sort=dear&where=price>1",
        *(f"/offers/{one}" for one in poisoned),
    ]


def test_every_page_is_there_in_both_languages_and_under_a_strict_policy(server, tokens):
    for path in pages(server, tokens):
        for language in ("en", "zh-CN"):
            found = server.ask("GET", path, token=tokens["read"], Accept_Language=language)
            assert found.status == 200, path
            policy = found.headers["Content-Security-Policy"]
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert f'<html lang="{language}">' in found.text
            assert not any(payload in found.text for payload in PAYLOADS), path
            # what stands within quotation marks is a value, not an attribute
            bare = re.sub(r'"[^"]*"', '""', found.text)
            assert not re.search(r"<[^>]+\s(style|on\w+)=", bare), path


def test_payloads_are_shown_as_text(server, tokens):
    text = server.ask("GET", "/offers?sort=id", token=tokens["read"]).text
    text += server.ask("GET", "/offers?sort=id&q=script", token=tokens["read"]).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_viewer_sees_no_buttons_and_a_form_opens_a_run(server, tokens):
    assert 'action="/runs/new"' not in server.ask("GET", "/runs/new", token=tokens["read"]).text
    body = urlencode({"refs": "https://detail.1688.com/offer/610947572361.html\nnothing"})
    assert server.ask("POST", "/runs/new", token=tokens["read"], body=body).status == 403
    made = server.ask("POST", "/runs/new", token=tokens["run"], body=body)
    assert made.status == 303
    place = made.headers["Location"]
    shown = server.ask("GET", place, token=tokens["run"])
    assert f'action="{place}/pause"' in shown.text
    assert f'action="{place}/pause"' not in server.ask("GET", place, token=tokens["read"]).text
    assert server.ask("POST", f"{place}/stop", token=tokens["run"]).status == 303
    live = server.ask("GET", f"{place}/live", token=tokens["read"])
    assert live.text.startswith("event: now\n")
    assert live.text.endswith("event: over\ndata: \n\n")


def test_a_wrong_form_and_a_wrong_filter_say_why(server, tokens):
    found = server.ask("POST", "/runs/new", token=tokens["run"], body=urlencode({"refs": "x"}))
    assert (found.status, 'role="alert"' in found.text) == (400, True)
    found = server.ask("GET", "/offers?where=price<", token=tokens["read"])
    assert (found.status, 'role="alert"' in found.text) == (400, True)
    body = urlencode({"refs": "x"})
    preview = server.ask("POST", "/runs/preview", token=tokens["run"], body=body)
    assert 'role="alert"' in preview.text


def spoken() -> set[str]:
    """Every sentence that a template says."""
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=True)
    found: set[str] = set()
    for file in TEMPLATES.rglob("*.html"):
        tree = environment.parse(file.read_text(encoding="utf-8"))
        for _, _, words in extract_from_ast(tree, ("_",)):
            found |= {words} if isinstance(words, str) else {one for one in words or () if one}
    return (
        found
        | {*RunState, *Outcome, QUEUED, LEASED, *Status, *ROLES.values()}
        | {
            *CHAPTERS,
            *(place.name for place in PLACES),
            *(one.help for one in SORTS.values()),
            *(one.label for one in QUESTIONS),
            *(choice for one in QUESTIONS for choice in one.choices or ()),
            *SPANS.values(),
            *KINDS.values(),
            *PRIORITIES,
            *SAYINGS.values(),
            *Decision,
            *(one.replace("_", " ") for one in Word),
            *(suppliers.ORDERS | groups.ORDERS).values(),
            *(groups.KINDS | groups.SAID).values(),
            *filter(None, groups.STANDINGS.values()),
            *filter(None, VERDICTS.values()),
            *(quarantine.TYPES | quarantine.SAID).values(),
            *DECISIONS,
            *suppliers.LACKS.values(),
            *(name for name, _ in PARTS),
            *Pressure,
            CAUSE,
            *(one.replace("_", " ") for one in Kind),
            *(one.help for one in known_formats().values()),
            *THROTTLING,
        }
    )


def test_every_sentence_is_there_in_chinese():
    assert len(spoken()) > 60
    assert spoken() - set(catalogue("zh")) == set()


def test_a_server_shows_the_pages_it_was_started_with(monkeypatch):
    """Whatever pwsync is installed meanwhile: its pages may want what this one's code has not."""
    made = shell._environment()
    shown = made.get_template("wrong.html")
    monkeypatch.setattr(type(shown), "is_up_to_date", False)
    assert made.get_template("wrong.html") is shown
