"""`pwsync why`: everything the books know of an offer, told short, nothing of a page unescaped."""

import json

import pytest
from typer.testing import CliRunner

from app.archive import files
from app.cli.errors import UsageError
from app.cli.main import app
from app.extract.layouts import context
from app.refs import read_refs
from app.runs.opening import open_run
from app.why import why
from tests.archive.conftest import PAGES
from tests.runs.books import pass_time

REFUSED = PAGES / "refused"


@pytest.fixture
def one(pages):
    """An offer of the newest layout."""
    return next(key for key, page in pages.items() if b"window.context=" in page)


@pytest.fixture
def command(lite_desk, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(lite_desk.folder))
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *arguments: CliRunner().invoke(app, ["why", *arguments])


def test_all_that_became_of_an_offer_is_told_the_latest_first(desk, pages, one):
    first = desk.visit({one: pages[one]})
    again = desk.visit({one: pages[one]})
    broken = desk.visit({one: (REFUSED / "without_state.html").read_bytes()})
    changed = pages[one].replace(b'"subject":"', b'"subject":"new ')
    last = desk.visit({one: changed})
    found = why(desk.engine, one)
    assert [(each.run_id, each.state) for each in found.asked] == [
        (last, "changed"), (broken, "unreadable"), (again, "unchanged"), (first, "created"),
    ]  # fmt: skip
    assert [each.run_id for each in found.pages] == [last, broken, again, first]
    assert found.pages[2].revisit_of == found.pages[3].id
    assert {each.run_id for each in found.changes} == {last}
    assert "title" in {each.difference.field for each in found.changes}
    [case] = found.cases
    assert case["type"] == "LayoutUnknown"
    assert found.stored.item.title.startswith("new ")
    short = why(desk.engine, one, latest=2)
    assert (short.runs, len(short.asked), len(short.pages)) == (4, 2, 2)


def test_each_try_is_told_with_its_ending_and_the_page_that_shows_why(desk, pages, one):
    run_id = desk.open(one)
    for payload in ((REFUSED / "login.html").read_bytes(), pages[one]):
        [claim] = desk.take(run_id)
        desk.settle(claim, payload)
        pass_time(desk.engine, 3600)
    [asked] = why(desk.engine, one).asked
    assert [each.ending for each in asked.tries] == ["waited", "created"]
    assert [each.page.layout for each in asked.tries] == [None, "context"]
    assert "login" in asked.tries[0].reason
    assert all(each.seconds >= 0 for each in asked.tries)


def test_who_asked_is_told(desk, one):
    options = {"batch": "nightly", "profile": "buyer-1"}
    open_run(desk.engine, read_refs([one, one, "x"]), kind="batch", label="batch nightly", options=options)  # fmt: skip
    [asked] = why(desk.engine, one).asked
    assert (asked.batch, asked.profile, asked.mentions, asked.state) == (
        "nightly", "buyer-1", 2, "queued",
    )  # fmt: skip
    assert asked.tries == ()


def test_the_command_tells_values_with_where_they_stood(command, lite_desk, pages, one):
    lite_desk.visit({one: pages[one]})
    told = command(one)
    assert told.exit_code == 0, told.output
    for part in ("asked for by 1 run", "created", "read by", "context", "window.context"):
        assert part in told.output
    assert "offerDetail.subject" in told.output
    assert files.archived(lite_desk.archive.folder)[0].name in told.output


def test_the_document_is_complete(command, lite_desk, pages, one):
    lite_desk.visit({one: pages[one]})
    lite_desk.visit({one: (REFUSED / "without_state.html").read_bytes()})
    told = json.loads(command(one, "--json").output)
    assert told["values"]["title"]["path"] == "$.result.global.globalData.model.offerDetail.subject"
    assert set(told["values"]) == set(lite_desk_item(lite_desk, one).provenance)
    assert told["pages"][0]["layout"] is None
    assert told["pages"][1]["place"]["file"] == files.archived(lite_desk.archive.folder)[0].name
    assert told["asked"][0]["tries"][0]["ending"] == "unreadable"
    assert told["quarantine"][0]["type"] == "LayoutUnknown"
    assert told["stored"]["version"] == 1


def lite_desk_item(desk, offer_id):
    return why(desk.engine, offer_id).stored.item


def test_an_offer_that_was_never_stored_is_told_too(command, lite_desk, one):
    lite_desk.visit({one: (REFUSED / "without_state.html").read_bytes()})
    told = command(one)
    assert told.exit_code == 0, told.output
    assert "is not stored" in told.output
    assert "unreadable" in told.output
    assert "in quarantine" in told.output


def test_a_stranger_is_a_mistake_of_the_person(command, lite_desk):
    told = command("600000009999")
    assert isinstance(told.exception, UsageError)
    assert "pwsync sync 600000009999" in str(told.exception)


def test_text_of_a_page_cannot_write_to_the_terminal(command, lite_desk, pages, one, monkeypatch):
    hostile = (lambda _: "\x1b]0;owned\x07[red]title\u202e", *context.TABLE["title"][1:])
    monkeypatch.setitem(context.TABLE, "title", hostile)
    lite_desk.visit({one: pages[one]})
    told = command(one)
    assert told.exit_code == 0, told.output
    assert "[red]title" in told.output
    assert not set("\x1b\x07\u202e") & set(told.output)
