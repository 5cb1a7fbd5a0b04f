"""Exports through API and console: asked for, followed, fetched, and kept for a while."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.export import orders
from app.export.orders import ID, Orders
from app.export.values import ExportError
from app.export.work import Report
from app.services import trail
from tests.console.conftest import PAYLOADS
from tests.console.test_pages import JSON, told


def ask(server, token: str, **wish):
    return server.ask("POST", "/api/v1/exports", token=token, body=json.dumps(wish), **JSON)


def settled(server, token: str) -> None:
    """The live list ends when nothing is made any more."""
    heard = server.ask("GET", "/exports/live", token=token).text
    assert heard.endswith("event: over\ndata: \n\n")


def made(server, tokens, **wish) -> dict:
    taken = ask(server, tokens["run"], **wish)
    assert taken.status == 202, taken.text
    settled(server, tokens["run"])
    return told(server, tokens["read"], f"/exports/{json.loads(taken.text)['id']}")


def test_an_export_is_made_followed_and_fetched(server, tokens, engine):
    wish = {"format": "csv", "where": "stock>1", "columns": "offer_id,title"}
    assert ask(server, tokens["read"], **wish).status == 403
    found = made(server, tokens, **wish)
    expected = {one["offer_id"] for one in told(server, tokens["read"], "/offers?where=stock>1&limit=200")["items"]}  # fmt: skip
    assert (found["state"], found["done"], found["total"]) == ("done", len(expected), len(expected))
    file = server.ask("GET", found["file_url"], token=tokens["read"])
    assert file.status == 200
    assert file.headers["Content-Type"] == "application/octet-stream"
    name = f'attachment; filename="pwsync-{found["id"]}.csv"'
    assert file.headers["Content-Disposition"] == name
    rows = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    assert {row["offer_id"] for row in rows} == expected
    [deed] = trail.latest(engine, target=f"export {found['id']}")
    assert deed.deed.verb == "export"


def test_a_map_of_ones_own_names_columns_and_no_files(server, tokens, home):
    own = '[[column]]\nname = "标题"\nfrom = "title"\n'
    found = made(server, tokens, format="csv", map=own, limit=2)
    text = server.ask("GET", found["file_url"], token=tokens["run"]).text
    assert text.lstrip("\ufeff").splitlines()[0] == "标题"
    assert found["done"] == 2
    (home / "own.toml").write_text(own)
    for columns in ("/etc/passwd", "own.toml", str(home / "own.toml")):
        refused = ask(server, tokens["run"], format="csv", columns=columns)
        assert (refused.status, json.loads(refused.text)["title"]) == (400, "export")


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"format": "doc"}, 400),
        ({"format": "csv", "where": "price<"}, 400),
        ({"format": "shopify", "per": "sku"}, 400),
        ({"format": "csv", "markup": 1.3}, 400),
        ({"format": "csv", "target": "/tmp/x"}, 422),
    ],
)
def test_what_cannot_be_exported_is_said_at_once(server, tokens, wish, status):
    assert ask(server, tokens["run"], **wish).status == status


def test_the_form_and_the_list(server, tokens):
    assert 'action="/exports"' not in server.ask("GET", "/exports", token=tokens["read"]).text
    form = urlencode({"format": "xlsx", "where": "title:script", "limit": "3"})
    assert server.ask("POST", "/exports", token=tokens["read"], body=form).status == 403
    assert server.ask("POST", "/exports", token=tokens["run"], body=form).status == 303
    settled(server, tokens["run"])
    page = server.ask("GET", "/exports", token=tokens["read"], Accept_Language="en").text
    # another test's may be of the same second, which is all that orders them
    items = told(server, tokens["read"], "/exports")["items"]
    (newest,) = [one for one in items if one["format"] == "xlsx"]
    assert newest["state"] == "done", newest
    assert f'href="/exports/{newest["id"]}/file"' in page
    wrong = urlencode({"format": "csv", "where": PAYLOADS[0]})
    refused = server.ask("POST", "/exports", token=tokens["run"], body=wrong)
    assert (refused.status, PAYLOADS[0] in refused.text) == (400, False)


def test_no_path_comes_from_a_request(server, tokens):
    for name in ("..", "%2e%2e%2fpwsync.db", "20260101-000000-abcdef%2f..", "x"):
        for place in (f"/exports/{name}/file", f"/api/v1/exports/{name}/file"):
            assert server.ask("GET", place, token=tokens["admin"]).status in {404, 422}, place
    told(server, tokens["read"], "/exports/20260101-000000-abcdef", 404)


REPORT = Report(export_id=1, offers=1, rows=1, left_out=0)


def wait(kept: Orders) -> None:
    kept._pool.submit(lambda: None).result(20)


def write(path: str, progress) -> Report:
    progress(0, 1)
    Path(path).write_bytes(b"x")
    return REPORT


def test_what_is_old_or_too_much_is_removed_and_what_goes_on_is_not(tmp_path, monkeypatch):
    kept = Orders(tmp_path / "exports", "here:1:1")
    old = kept.place({"format": "csv"}, "anna", write)
    wait(kept)
    kept._write(replace(kept.find(old.id), at=old.at - orders.KEPT - timedelta(hours=1)))
    monkeypatch.setattr(orders, "MOST_KEPT", 1)
    second = kept.place({"format": "csv"}, "anna", write)
    wait(kept)
    assert kept.find(old.id) is None
    assert not kept.path(old).parent.exists()
    third = kept.place({"format": "csv"}, "anna", write)
    wait(kept)
    kept._clear()
    assert len(kept.all()) == 1
    assert {second.id, third.id} >= {kept.all()[0].id}
    assert ID.fullmatch(third.id)
    kept.close()


def test_what_was_interrupted_has_failed(tmp_path):
    kept = Orders(tmp_path / "exports", "here:1:1")

    def never(path: str, progress) -> Report:
        kept._is_closed = True
        progress(0, 1)
        raise AssertionError

    order = kept.place({"format": "csv"}, "anna", never)
    wait(kept)
    found = kept.find(order.id)
    assert (found.state, found.why) == ("failed", orders.INTERRUPTED)
    kept._write(replace(found, state="running"))
    again = Orders(tmp_path / "exports", "here:1:2")
    assert again.find(order.id).state == "failed", "its process has been replaced"
    elsewhere = Orders(tmp_path / "exports", "there:1:2")
    assert elsewhere.find(order.id).state == "running", "it may still be made there"
    with pytest.raises(ExportError):
        kept.place({"format": "csv"}, "anna", write)
    for one in (kept, again, elsewhere):
        one.close()
