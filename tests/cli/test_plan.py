"""`pwsync plan` as a person runs it: what it counts, that it asks nobody and writes nothing."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from app.pace import robots
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.filled import fill
from tests.pace.days import put_profile, spend

OFFERS = [str(610000000001 + number) for number in range(40)]


@pytest.fixture
def books(tmp_path) -> Engine:
    """The database that the command will find."""
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'pwsync.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def planned(pwsync, *words, **more) -> dict:
    done = pwsync("plan", *words, "--json", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rows(tmp_path) -> dict[str, int]:
    """Rows of all tables of ours."""
    with sqlite3.connect(tmp_path / "data" / "pwsync.db") as conn:
        names = [
            name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            name: conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in names
            if name != "alembic_version"
        }


def test_what_was_seen_lately_is_neither_counted_nor_asked_for(pwsync, books):
    stored = list(fill(books, 6).offer_ids)[:3]
    found = planned(pwsync, *stored, "610947572360", "--skip-seen", "100000")
    assert found["known"]["stored"] == found["known"]["skipped"] > 0
    assert found["pages"]["offers"] == 4 - found["known"]["skipped"]
    seen = [one for one in stored if planned(pwsync, one)["known"]["stored"]]
    done = pwsync("sync", *seen, "--skip-seen", "100000", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["counts"]) == ("done", {"skipped": len(seen)})
    done = pwsync("plan", "--keyword", "x", "--skip-seen", "1")
    assert (done.returncode, "--skip-seen is for named offers" in done.stderr) == (2, True)


def test_lines_and_pages_of_offers_are_counted(pwsync):
    text = "\n".join([*OFFERS, OFFERS[0], "no offer", ""])
    found = planned(pwsync, "-i", "-", typed=text)
    assert found["lines"] == {"read": 42, "accepted": 40, "duplicate": 1, "rejected": 1}
    assert found["pages"] == {
        "offers": 40, "lists": 0, "robots": 1, "total": 41, "at_most": False,
    }  # fmt: skip
    assert (found["profile"], found["replica"], found["days"] <= 2) == ("guest", False, True)
    lasting = moment(found["ends_at"]) - moment(found["begins_at"])
    assert lasting == timedelta(seconds=4 + 39 * 8)


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        (("--keyword", "连衣裙"), {"offers": 2000, "lists": 34, "robots": 2, "total": 2036}),
        (("--category", "1038378", "--first", "61"), {"offers": 61, "lists": 2, "total": 65}),
        (("--shop", "b2b-22108114", "--first", "31"), {"offers": 31, "lists": 2, "total": 35}),
        (("--shop", "b2b-22108114"), {"offers": None, "lists": None, "total": None}),
    ],
)
def test_a_lists_pages_are_an_upper_bound(pwsync, words, pages):
    found = planned(pwsync, *words)
    assert pages.items() <= found["pages"].items()
    assert found["pages"]["at_most"] is True
    assert (found["ends_at"] is None) == (pages["total"] is None)
    assert found["begins_at"]


def test_it_tells_a_person_in_a_few_lines(pwsync):
    done = pwsync("plan", *OFFERS)
    assert done.returncode == 0
    assert "40 offers  as guest from direct, at 1688.com" in done.stdout
    for word in (
        "pages",
        "41: 40 offers + 1 robots.txt",
        "6–10 s",
        "5,000 of 5,000",
        "begins",
        "done",
    ):
        assert word in done.stdout
    assert len(done.stdout.splitlines()) < 10


def test_nothing_is_written_and_nobody_asked(pwsync, tmp_path, books, site):
    asked = len(site.log())
    before = rows(tmp_path)
    planned(pwsync, *OFFERS, "--replica", site.address)
    planned(pwsync, "--keyword", "连衣裙", "--replica", site.address)
    assert rows(tmp_path) == before
    assert len(site.log()) == asked


def test_a_replica_is_not_rationed_unless_somebody_says_so(pwsync, site):
    free = planned(pwsync, *OFFERS, "--replica", site.address)
    assert (free["gap_seconds"], free["budget"]["left_today"]) == ([0, 0], None)
    slow = planned(
        pwsync, *OFFERS, "--replica", site.address, PWSYNC_PACE__PAGE_GAP_SECONDS="[0.5, 0.5]"
    )
    assert slow["gap_seconds"] == [0.5, 0.5]


def test_what_was_spent_today_is_left_out(pwsync, books):
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):  # whichever it is when the command runs
        spend(books, "profile:guest", day, 4990)
        spend(books, "egress:direct", day, 4000)
    found = planned(pwsync, *OFFERS, PWSYNC_PACE__TZ="UTC")
    assert found["budget"]["profile"] == {"per_day": 5000, "spent": 4990, "left": 10}
    assert found["budget"]["address"] == {"per_day": 10_000, "spent": 4000, "left": 6000}
    assert found["budget"]["left_today"] == 10
    assert found["days"] >= 2
    assert moment(found["ends_at"]).astimezone(UTC).date() > today


def test_a_resting_profile_begins_when_it_is_rested(pwsync, books):
    put_profile(books, "guest", "resting", 3600, "slider: \x1b[31mpunish")
    found = planned(pwsync, *OFFERS)
    assert found["closed"]["until"] == found["begins_at"]
    assert "slider" in found["closed"]["why"]
    told = pwsync("plan", *OFFERS).stdout
    assert "in 59 min" in told or "in 1 h 0 min" in told
    assert "\x1b" not in told


def test_a_retired_profile_never_begins_by_itself(pwsync, books):
    put_profile(books, "guest", "retired", None, "login: lost")
    found = planned(pwsync, *OFFERS)
    assert (found["begins_at"], found["ends_at"], found["closed"]["until"]) == (None, None, None)
    assert "never, without you" in pwsync("plan", *OFFERS).stdout


def test_quiet_hours_are_told_and_stepped_over(pwsync):
    found = planned(pwsync, *OFFERS, PWSYNC_PACE__QUIET_HOURS="00:00-12:00", PWSYNC_PACE__TZ="UTC")
    begins = moment(found["begins_at"]).astimezone(UTC)
    assert found["quiet_hours"] == "00:00-12:00"
    assert begins.hour >= 12
    if found["closed"]:
        assert "quiet hours until 12:00" in found["closed"]["why"]


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [(OFFERS[:2], 2), (("--keyword", "x"), 0), ((*OFFERS[:2], "--ignore-robots", "ours"), 0)],
)
def test_what_robots_txt_forbids_is_known_before(pwsync, books, words, forbidden):
    robots.learn(books, "detail.1688.com", 200, b"User-agent: *\nDisallow: /offer/")
    found = planned(pwsync, *words)
    assert found["forbidden"]["count"] == forbidden
    if forbidden:
        assert found["pages"]["total"] == 0
        assert "Disallow: /offer/" in pwsync("plan", *words).stdout


def test_a_forbidden_list_is_no_page_at_all(pwsync, books):
    robots.learn(books, "s.1688.com", 200, b"User-agent: *\nDisallow: /selloffer")
    found = planned(pwsync, "--keyword", "x")
    assert (found["pages"]["total"], found["forbidden"]["rule"]) == (0, "Disallow: /selloffer")
    assert "forbids the list" in pwsync("plan", "--keyword", "x").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to sync"),
        (("no-offer",), "no-offer"),
        ((OFFERS[0], "--keyword", "x"), "do not mix"),
        ((OFFERS[0], "--first", "3"), "--first is for lists"),
        ((OFFERS[0], "--profile", "nobody"), "no profile 'nobody'"),
        (("-i", "missing.txt"), "missing.txt"),
    ],
)
def test_what_cannot_be_planned_is_a_usage_error(pwsync, words, told):
    done = pwsync("plan", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""
