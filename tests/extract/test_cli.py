"""`pwsync extract` on saved files: what it prints, what it exits with."""

import json

import pytest
import typer
from typer.testing import CliRunner

from app.cli.extract import extract

BLOCK = b'<script>window._config_ = {"action":"login"}</script>'
SHOP = b'{"data":{"content":{"offerCount":"1","offerList":[{"id":"610947572360","subject":"\\u6c34\\u676f","offerPrice":"5.00"}]}}}'


@pytest.fixture
def run(tmp_path, page):
    """Runs the command; files are given as {name: bytes}."""
    app = typer.Typer()
    app.command()(extract)

    def call(*arguments, stdin=None, **files):
        paths = []
        for name, document in files.items():
            path = tmp_path / name
            path.write_bytes(page.html() if document is None else document)
            paths.append(str(path))
        return CliRunner().invoke(app, [*paths, *arguments], input=stdin)

    return call


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_file_with_json_prints_the_item(run):
    result = run("--json", a=None)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["offer_id"] == "610947572360"
    assert json.loads(result.stdout)["price_min"] == "5.00"


def test_several_print_a_line_each_and_a_refused_one_costs_exit_3(run):
    result = run("--json", a=None, b=BLOCK, c=SHOP)
    first, second, third = lines(result)
    assert result.exit_code == 3
    assert first["file"].endswith("/a")
    assert first["item"]["title"] == "样例水杯"
    assert second["error"] == {
        "type": "Blocked",
        "rule": "login",
        "field": None,
        "message": second["error"]["message"],
    }
    assert [card["offer_id"] for card in third["cards"]] == ["610947572360"]


def test_jsonl_prints_a_line_even_for_one(run):
    assert lines(run("--jsonl", a=None))[0]["item"]["layout"] == "context"


def test_one_refused_file_with_json_prints_its_error(run):
    result = run("--json", a=BLOCK)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["type"] == "Blocked"


def test_a_dash_is_stdin(run, page):
    result = run("-", "--json", stdin=page.html())
    assert json.loads(result.stdout)["offer_id"] == "610947572360"


def test_a_file_that_is_not_there_is_said_and_the_others_are_read(run):
    result = run("/nowhere/x\x1b[31m", "--jsonl", a=None)
    assert result.exit_code == 2
    assert len(lines(result)) == 1
    assert "cannot read" in result.stderr
    assert "\x1b" not in result.stderr


def test_the_address_tells_that_an_offer_was_deleted(run):
    home = "https://www.1688.com/?spm=a260k.24848612.notfound"
    assert (
        json.loads(run("--json", "--url", home, a=b"<html></html>").stdout)["error"]["type"]
        == "Gone"
    )
    assert run("--url", home, a=None, b=None).exit_code == 2


def test_without_json_a_table_shows_page_text_harmlessly(run, page):
    page.offer["subject"] = "[red]x[/] \x1b]0;pwn\x07 \u202e水杯"
    result = run(a=None, b=BLOCK, c=SHOP)
    assert result.exit_code == 3
    assert "[red]x[/]" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout)
    assert "Blocked" in result.stdout
    assert "610947572360" in result.stdout


def test_large_files_are_refused_before_they_are_parsed(run, monkeypatch):
    monkeypatch.setattr("app.cli.extract._LARGEST", 100)
    result = run("--json", a=b"{" * 101)
    assert result.exit_code == 2
    assert result.stdout == ""
