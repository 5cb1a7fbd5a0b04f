"""Offers in API and console: pictures, and what else one offer has."""

import json
import re
import select
import socket
from datetime import UTC, datetime
from functools import partial
from html import unescape
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sql

from app.archive.archive import Archive
from app.archive.rows import PAGE
from app.images.files import Shelf
from app.services.archived import LATEST
from app.services.trail import latest
from app.store.engine import transact
from tests.archive.conftest import PAGES, offer_of
from tests.archive.conftest import Desk as Books
from tests.console.test_in_a_browser import visit
from tests.console.test_pages import told
from tests.pictured import hang


@pytest.fixture(scope="module")
def pictured(home, engine, server, tokens) -> tuple[str, list[str]]:
    """An offer some of whose pictures are there, and their digests."""
    for one in told(server, tokens["read"], "/offers?limit=200&sort=id")["items"]:
        if digests := hang(engine, Shelf(folder=home / "data" / "images"), one["offer_id"]):
            return one["offer_id"], digests
    raise AssertionError


def test_a_picture_is_served_by_its_digest_alone(server, tokens, pictured):
    path = f"/pictures/{pictured[1][0]}"
    found = server.ask("GET", path, token=tokens["read"])
    assert (found.status, found.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in found.headers["Cache-Control"]
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    again = server.ask("GET", path, token=tokens["read"], If_None_Match=found.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert server.ask("GET", f"{path}?size=huge", token=tokens["read"]).status == 422
    assert server.ask("GET", path).status == 401
    for other in ("0" * 64, "..", "%2e%2e%2fpwsync.db", f"{pictured[1][0]}.webp"):
        assert server.ask("GET", f"/pictures/{other}", token=tokens["read"]).status == 404, other


def test_an_offer_shows_those_it_has_and_tells_of_the_others(server, tokens, pictured):
    offer_id, digests = pictured
    listed = told(server, tokens["read"], f"/offers/{offer_id}/images")["items"]
    assert {one["sha256"] for one in listed if one["picture"]} == set(digests)
    assert {one["state"] for one in listed if not one["picture"]} <= {"waiting", "failed"}
    first = next(one for one in listed if one["picture"])
    page = server.ask("GET", f"/offers/{offer_id}", token=tokens["read"]).text
    assert set(re.findall(r"/pictures/(\w{64})", page)) == set(digests)
    table = server.ask("GET", f"/offers?where=id={offer_id}", token=tokens["read"]).text
    assert f'src="{first["picture"]}?size=small"' in table
    hits = told(server, tokens["read"], f"/offers?where=id={offer_id}")["items"]
    assert hits[0]["picture"] == first["picture"]


LOST = "lost.warc.gz"
OUTSIDE = b"""<meta http-equiv="refresh" content="0;url=http://outside.test/refresh">
<link rel="preconnect" href="http://outside.test"><link rel=stylesheet href="http://outside.test/s">
<script>document.title = "ran"; fetch("http://outside.test/fetch")</script>
<img src="http://outside.test/i" onerror="document.title = 'ran'">
<iframe src="http://outside.test/f"></iframe><p id="seen">as it was</p></body>"""


@pytest.fixture(scope="module")
def listener():
    """A door that nobody may knock at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(scope="module")
def outside(listener) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"


@pytest.fixture(scope="module")
def read_offer(home, engine, server, outside) -> str:
    """An offer that was read three times, from pages that would like to do more than be read."""
    archive = Archive(home / "data" / "archive", engine)
    books = Books(engine=engine, folder=home / "books", archive=archive)
    page = min((PAGES / "context").glob("*.html")).read_bytes()
    page = page.replace(b"</body>", OUTSIDE.replace(b"outside.test", outside.encode()))
    offer_id = offer_of(page)
    for title in (b"", b"new ", b"newer "):
        books.visit({offer_id: page.replace(b'"subject":"', b'"subject":"' + title)})
    archive.close()
    return offer_id


def test_where_each_value_is_from_is_told_beside_it(server, tokens, read_offer):
    item = told(server, tokens["read"], f"/offers/{read_offer}")["item"]
    page = server.ask("GET", f"/offers/{read_offer}", token=tokens["read"]).text
    for name in ("title", "stock", "supplier"):
        tip = re.search(rf'id="from-{name}">.*?</code>', page, re.DOTALL)[0]
        path = item["provenance"][name]["path"]
        assert path in unescape(tip), name
        assert f"version {3 if name == 'title' else 1}" in tip, tip
    why = told(server, tokens["read"], f"/offers/{read_offer}/why?latest=2")
    assert why["values"]["title"]["path"] == item["provenance"]["title"]["path"]
    assert (why["runs"], len(why["asked"]), len(why["pages"])) == (3, 2, 2)
    assert "archive" not in why


def test_every_mark_of_a_chart_leads_to_its_version(server, tokens):
    for one in told(server, tokens["read"], "/offers?sort=changed&limit=20")["items"]:
        page = server.ask("GET", f"/offers/{one['offer_id']}", token=tokens["read"]).text
        rows = set(re.findall(r'<tr id="(v\d+)">', page)) | {"changes"}
        linked = set(re.findall(r'<a href="#(\w+)" tabindex="-1"><circle', page))
        assert linked <= rows
        assert {f"v{number}" for number in range(2, one["version"] + 1)} <= rows


def test_archived_pages_are_found_by_their_offer_alone(server, tokens, read_offer, pictured):
    token, records = tokens["read"], told(server, tokens["read"], f"/offers/{read_offer}/why")
    newest, *_, oldest = [one["id"] for one in records["pages"]]
    for path in (f"/api/v1/offers/{read_offer}/page", f"/offers/{read_offer}/page/{newest}/framed"):
        found = server.ask("GET", path, token=token)
        assert (found.status, found.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert found.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert '"subject":"newer ' in found.text
    older = server.ask("GET", f"/api/v1/offers/{read_offer}/page?record={oldest}", token=token)
    assert '"subject":"new' not in older.text
    for path in (
        f"/api/v1/offers/{pictured[0]}/page?record={newest}",
        f"/api/v1/offers/{pictured[0]}/page",
        f"/offers/{pictured[0]}/page/{newest}",
        f"/offers/{pictured[0]}/page/{newest}/framed",
        f"/offers/{read_offer}/page/999999",
        "/offers/x/page",
    ):
        assert server.ask("GET", path, token=token).status == 404, path


def test_an_old_page_is_found_however_many_were_read_since(server, tokens, engine, read_offer):
    token = tokens["read"]
    first = told(server, token, f"/offers/{read_offer}/why")["pages"][-1]["id"]

    def read_again(conn) -> None:
        row = dict(conn.execute(sql.select(PAGE).where(PAGE.c.id == first)).mappings().one())
        row |= {"file": LOST, "observed_at": datetime.now(UTC)}
        del row["id"]
        many = [row | {"offset": place} for place in range(LATEST)]
        conn.execute(sql.insert(PAGE), many)

    transact(engine, read_again)
    for path in (f"/page/{first}", f"/page/{first}/framed"):
        assert server.ask("GET", f"/offers/{read_offer}{path}", token=token).status == 200, path
    found = server.ask("GET", f"/api/v1/offers/{read_offer}/page?record={first}", token=token)
    assert found.status == 200
    transact(engine, lambda conn: conn.execute(sql.delete(PAGE).where(PAGE.c.file == LOST)))


def test_a_number_that_no_offer_has_is_nobodys(server, tokens):
    for path in ("", "/page", "/page/1", "/page/1/framed"):
        found = server.ask("GET", f"/offers/{'9' * 19}{path}", token=tokens["read"])
        assert found.status == 404, path
    for path in ("", "/history", "/images", "/why", "/page"):
        found = server.ask("GET", f"/api/v1/offers/{'9' * 19}{path}", token=tokens["read"])
        assert found.status == 422, path


def test_an_archived_page_runs_nothing_and_asks_for_nothing(
    browser, server, tokens, read_offer, listener
):
    page = visit(browser, server, tokens["read"], width=820, scheme="light")
    page.goto(f"{server.url}/offers/{read_offer}/page")
    page.frame_locator("iframe.archived").locator("#seen").wait_for()
    page.wait_for_load_state("networkidle")
    framed = page.locator("iframe.archived").get_attribute("src")
    page.goto(server.url + framed)  # in a window of its own, too
    assert page.locator("#seen").inner_text() == "as it was"
    page.wait_for_load_state("networkidle")
    assert page.title() != "ran"
    page.context.close()
    knocking, _, _ = select.select([listener], [], [], 0)
    assert knocking == []


ASKED = {"price_from": "10", "price_to": "60", "presence": "there"}
WHERE = "price>=10 and price<=60 and gone=unknown"


def test_the_form_and_the_parameters_ask_what_the_filter_asks(server, tokens):
    token = tokens["read"]
    by_filter = told(server, token, f"/offers?{urlencode({'where': WHERE, 'sort': 'id'})}")
    by_answers = told(server, token, f"/offers?{urlencode(ASKED | {'sort': 'id'})}")
    assert by_filter["items"] == by_answers["items"]
    assert 0 < by_answers["found"] < 60
    page = server.ask("GET", f"/offers?{urlencode(ASKED)}", token=token).text
    assert f">{by_answers['found']} offers</p>" in page
    assert 'name="price_from" size="8" value="10"' in page
    wrong = server.ask("GET", "/offers?price_from=%22%3E%3Cb%3E", token=token)
    assert (wrong.status, "<b>" in wrong.text) == (400, False)


def test_a_selection_or_all_that_was_found_is_a_file(server, tokens):
    token = tokens["read"]
    found = [one["offer_id"] for one in told(server, token, f"/offers?{urlencode(ASKED)}")["items"]]
    for chosen, wanted in (([], set(found)), (found[:2], set(found[:2])), (["x"], set(found))):
        query = urlencode([*ASKED.items(), *(("offer", one) for one in chosen)])
        made = server.ask("GET", f"/offer-selection/export?format=jsonl&{query}", token=token)
        assert made.headers["Content-Disposition"] == 'attachment; filename="offers.jsonl"'
        lines = [json.loads(line)["offer_id"] for line in made.text.splitlines()]
        assert (set(lines), len(lines)) == (wanted, len(wanted))
    sheet = server.ask("GET", f"/offer-selection/export?format=xlsx&{query}", token=token)
    assert sheet.text.startswith("PK")
    table = server.ask("GET", f"/offer-selection/export?{query}", token=token)
    assert (table.status, table.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    for wrong in ("format=parquet", f"where={quote('price<')}"):
        assert server.ask("GET", f"/offer-selection/export?{wrong}", token=token).status in {
            400,
            422,
        }


def test_a_selection_is_seen_as_a_run_before_it_is_one(server, tokens):
    query = "offer=610947572360&offer=%3Cscript%3E&offer=610947572361"
    found = server.ask("GET", f"/offer-selection/sync?{query}", token=tokens["run"])
    assert found.status == 303
    form = server.ask("GET", found.headers["Location"], token=tokens["run"]).text
    assert ">610947572360\n610947572361</textarea>" in form


def test_a_view_is_shared_and_kept_by_those_who_may(server, tokens, engine):
    view = urlencode(ASKED | {"name": "dear & <b>", "sort": "dear", "nonsense": "1"})
    save = partial(server.ask, "POST", "/offer-selection/views", body=view)
    assert save(token=tokens["read"]).status == 403
    saved = save(token=tokens["run"])
    assert saved.status == 303
    assert "nonsense" not in saved.headers["Location"]
    page = server.ask("GET", saved.headers["Location"], token=tokens["read"]).text
    assert re.search(
        r'aria-current="true" href="/offers\?[^"]+"[^>]*>dear &amp; &lt;b&gt;</a>', page
    )
    assert "/offer-selection/views/delete" not in page
    nameless = server.ask("POST", "/offer-selection/views", token=tokens["run"], body="name=+")
    assert nameless.status == 400
    for wrong in ({"sort": "best"}, {"where": "price<"}, {"price_to": "much"}):
        body = urlencode({"name": "wrong"} | wrong)
        refused = server.ask("POST", "/offer-selection/views", token=tokens["run"], body=body)
        assert refused.status == 400
    gone = urlencode({"name": "dear & <b>"})
    for _ in range(2):
        path = "/offer-selection/views/delete"
        assert server.ask("POST", path, token=tokens["admin"], body=gone).status == 303
    assert "dear &amp;" not in server.ask("GET", "/offers", token=tokens["read"]).text
    assert [one.deed.verb for one in latest(engine, target="view dear & <b>")] == [
        "delete_view",
        "save_view",
    ]


def test_a_view_saved_by_the_api_is_the_console_s(server, tokens):
    wish = json.dumps({"name": "by api", "asked": {"price_to": "20", "sort": "sold"}})
    put = partial(server.ask, "PUT", "/api/v1/views", Content_Type="application/json")
    assert put(token=tokens["read"], body=wish).status == 403
    assert put(token=tokens["run"], body=wish).status == 200
    wrong = json.dumps({"name": "x", "asked": {"prize": "20"}})
    assert put(token=tokens["run"], body=wrong).status == 400
    [view] = told(server, tokens["read"], "/views")["items"]
    assert (view["name"], view["asked"]) == ("by api", {"price_to": "20", "sort": "sold"})
    page = server.ask("GET", "/offers", token=tokens["read"]).text
    assert 'href="/offers?price_to=20&amp;sort=sold"' in page
    drop = partial(server.ask, "DELETE", "/api/v1/views?name=by+api", token=tokens["run"])
    assert [drop().status, drop().status] == [204, 404]
