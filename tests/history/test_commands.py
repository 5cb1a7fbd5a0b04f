"""`pwsync history`, `diff` and `changes` as a person types them."""

import json
from datetime import timedelta

import pytest

from app.cli.past import chart
from app.history.past import Point
from tests.history.conftest import FIRST, SECOND
from tests.samples import NOON

pytestmark = pytest.mark.usefixtures("history")
LONG_AGO = "2026-01-01"


def rows(done) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_history_is_a_chart_and_the_latest_changes_first(pwsync):
    done = pwsync("history", FIRST)
    assert done.returncode == 0, done.stderr
    assert "price_min  ▃" in done.stdout
    assert "█" in done.stdout
    assert "9.00 – 12.00, now 9.50" in done.stdout
    prices = [line for line in done.stdout.splitlines() if "price_min  " in line][1:]
    assert [line.split()[-4:-2] for line in prices] == [
        ["9.00", "9.50"], ["12.00", "9.00"], ["10.00", "12.00"],
    ]  # fmt: skip
    assert "-25.0 %" in done.stdout
    assert '[red]新[/red]帽子 "甲"' in done.stdout
    assert "seen in lists" in done.stdout


def test_a_history_as_json_has_the_series_and_every_change(pwsync):
    [told] = rows(pwsync("history", FIRST, "--json"))
    assert [point["value"] for point in told["series"]["points"]] == [
        "10.00",
        "12.00",
        "9.00",
        "9.50",
    ]
    assert told["series"]["points"][0]["at"] == NOON.isoformat()
    assert [one["after"] for one in told["changes"] if one["field"] == "stock"] == [103, 102, 101]
    assert {one["version"] for one in told["changes"]} == {2, 3, 4}
    assert [one["price"] for one in told["listed"]] == ["9.50", "9.00", "12.00", "10.00"]
    lines = rows(pwsync("history", FIRST, "--jsonl"))
    assert [{"type": "change", **one} for one in told["changes"]] == lines[:-4]
    assert {line["type"] for line in lines[-4:]} == {"listed"}


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["--field", "title"], {"title"}),
        (["--field", "stock", "--since", "2026-03-06T13:00"], {"stock"}),
        (["--sku", "4711"], set()),
    ],
)
def test_a_history_can_be_narrowed(pwsync, words, fields):
    lines = rows(pwsync("history", FIRST, "--jsonl", *words))
    assert {line["field"] for line in lines} == fields
    assert len(lines) == len(fields)


def test_two_versions_side_by_side(pwsync):
    [told] = rows(pwsync("diff", FIRST, "--from", "1", "--to", "3", "--json"))
    assert (told["from"], told["to"]) == (1, 3)
    assert [(one["field"], one["before"], one["after"]) for one in told["differences"]] == [
        ("title", "旧帽子", '[red]新[/red]帽子 "甲"'),
        ("price_min", "10.00", "9.00"),
        ("price_max", "10.00", "9.00"),
        ("stock", 100, 102),
    ]
    [by_time] = rows(
        pwsync("diff", FIRST, "--from", "2026-03-05", "--to", "2026-03-06T23:00", "--json")
    )
    assert by_time["differences"] == told["differences"]
    shown = pwsync("diff", FIRST)
    assert "version 3" in shown.stdout
    assert "9.50" in shown.stdout
    assert "are the same" in pwsync("diff", FIRST, "--from", "2", "--to", "2").stdout


def test_changes_of_all_offers_with_their_percentage(pwsync):
    lines = rows(pwsync("changes", "--since", LONG_AGO, "--jsonl"))
    assert (lines[0]["offer_id"], lines[0]["kind"], lines[0]["key"]) == (SECOND, "gone", "deleted")
    assert "stock" not in {line["kind"] for line in lines}
    fell = rows(
        pwsync("changes", "--since", LONG_AGO, "--min", "20%", "--field", "price_min", "--jsonl")
    )
    assert [(one["before"], one["after"], one["percent"]) for one in fell] == [
        ("12.00", "9.00", -25.0), ("10.00", "12.00", 20.0),
    ]  # fmt: skip
    assert {one["supplier"] for one in fell} == {"某某有限公司"}
    [gone] = rows(pwsync("changes", "--since", LONG_AGO, "--supplier", "别的公司", "--json"))
    assert [one["offer_id"] for one in gone] == [SECOND]
    [few] = rows(
        pwsync("changes", "--since", LONG_AGO, "--kind", "stock,title", "-n", "3", "--json")
    )
    assert [one["kind"] for one in few] == ["stock", "stock", "title"]
    table = pwsync("changes", "--since", LONG_AGO)
    assert "[red]新" in table.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["history", "600000000009"], "is not stored"),
        (["diff", FIRST, "--from", "17"], "has versions 1 to 4, not 17"),
        (["diff", FIRST, "--from", "soon"], "is no time"),
        (["changes", "--kind", "prices"], "choose from price"),
        (["changes", "--min", "much"], "write a percentage"),
        (["changes", "--supplier", "nobody"], "no stored supplier"),
        (["changes", "--since", "yesterday"], "is no time"),
    ],
    ids=lambda told: told[0] if isinstance(told, list) else None,
)
def test_what_cannot_be_done_is_a_sentence(pwsync, words, told):
    done = pwsync(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_chart_shows_steps_between_the_least_and_the_greatest():
    def at(*values):
        days = enumerate(values)
        return [Point(at=NOON + timedelta(days=n), value=v, version=1) for n, v in days]

    assert chart(at("1.00", "2.00", "3.00"), NOON + timedelta(days=4), width=4) == "▅███"
    assert chart(at("5.00"), NOON, width=4) == "▁"
    assert chart(at("甲", None), NOON) == ""
