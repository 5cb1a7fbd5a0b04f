"""Commands as a person or a cron line runs them: output, exit codes, mistakes."""

import json
import sqlite3

import pytest

from app.replica.serve import running

OFFER = "https://detail.1688.com/offer/{}.html"


def urls(site, *standing):
    return [one["url"] for one in site.listed() if one["standing"] in standing]


@pytest.fixture
def stored(pwsync, site):
    """A data folder into which the site's offers were synced."""
    text = "\n".join(one["url"] for one in site.listed())
    done = pwsync(
        "sync",
        "-i",
        "-",
        "--replica",
        site.address,
        "--mode",
        "lean",
        "--json",
        "-c",
        "2",
        typed=text,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_names_every_command_and_each_has_a_sentence(pwsync):
    done = pwsync("--help")
    assert done.returncode == 0
    for command in (
        "sync",
        "resume",
        "extract",
        "show",
        "runs",
        "report",
        "audit",
        "demo",
        "replica",
    ):
        line = next(line for line in done.stdout.splitlines() if line.strip().startswith(command))
        assert len(line.split()) > 3


def test_sync_then_show_gives_the_expected_item(pwsync, site, stored):
    assert stored["state"] == "done"
    assert stored["planned"] == stored["lines"] == 24
    listed = next(one for one in site.listed() if one["standing"] == "live")
    done = pwsync("show", listed["url"], "--json")
    item = json.loads(done.stdout)
    assert {name: item[name] for name in site.expected(listed["offer_id"])} == site.expected(
        listed["offer_id"]
    )
    assert all({"carrier", "path"} == set(source) for source in item["provenance"].values())
    card = pwsync("show", listed["offer_id"])
    assert listed["offer_id"] in card.stdout
    assert "\x1b" not in card.stdout


def test_after_a_sync_the_books_balance_and_are_told(pwsync, stored):
    done = pwsync("audit")
    assert done.returncode == 0
    assert "balance" in done.stdout
    listed = pwsync("runs", "--json")
    assert json.loads(listed.stdout)[0]["counts"] == stored["counts"]
    assert "gone" in pwsync("report", str(stored["run"])).stdout
    assert pwsync("db", "check").returncode == 0


def test_books_that_were_tampered_with_leave_with_10(pwsync, stored, tmp_path):
    with sqlite3.connect(tmp_path / "data" / "pwsync.db") as conn:
        conn.execute("UPDATE run_item SET state='queued' WHERE state='gone'")
    conn.close()
    done = pwsync("audit")
    assert done.returncode == 10
    assert done.stdout


def test_a_run_with_bad_offers_leaves_with_3_and_says_why(pwsync):
    with running(offers=4, seed=2, padded=False, faults="garbage=1") as site:
        offers = urls(site, "live")[:2]
        done = pwsync(
            "sync", *offers, "--replica", site.address, "--mode", "lean", "--progress", "plain"
        )
    assert done.returncode == 3
    assert "unreadable" in done.stdout
    assert "LayoutUnknown" in done.stdout
    assert "done" in done.stderr


def test_a_wall_leaves_with_4_or_5_and_resume_goes_on(pwsync):
    with running(offers=4, seed=2, padded=False, faults="login=1") as walled:
        offers = [one["url"] for one in walled.listed()]
        done = pwsync("sync", *offers, "--replica", walled.address, "--mode", "lean")
    assert done.returncode == 4
    assert "pwsync resume 1" in done.stdout
    assert "pwsync login" in done.stdout
    with running(offers=4, seed=2, padded=False) as site:
        again = pwsync("sync", *offers, "--replica", site.address, "--mode", "lean")
        assert again.returncode == 4, "the same input does not un-park a run"
        assert "pwsync resume 1 --replica" in again.stderr
        on_the_site = pwsync("resume", "1")
        assert on_the_site.returncode == 2
        assert "--replica" in on_the_site.stderr
        pwsync("pause", "1")
        done = pwsync("resume", "1", "--replica", site.address, "--mode", "lean")
        assert done.returncode == 4, "who ends a pause has said nothing of the profile's rest"
        assert site.log(kind="offer") == []
        done = pwsync("resume", "1", "--replica", site.address, "--mode", "lean")
    assert done.returncode == 0, done.stderr


def test_the_same_command_waits_with_a_parked_run_if_it_is_told_to(pwsync):
    with running(offers=1, seed=2, padded=False, faults="login=1:1") as site:
        words = ("sync", site.listed()[0]["url"], "--replica", site.address, "--mode", "lean")
        rest = {"PWSYNC_PACE__RESTS_MINUTES": "[0.08]"}
        assert pwsync(*words, **rest).returncode == 4
        done = pwsync(*words, "--wait", **rest)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["sync"], 2, "nothing to sync"),
        (["sync", "https://example.com/offer/610947572360.html"], 2, "not on 1688.com"),
        (["sync", "12"], 2, "6 to 18 digits"),
        (["sync", "-i", "nowhere.txt"], 2, "nowhere.txt"),
        (["sync", "610947572360", "--progress", "loud"], 2, "--progress"),
        (["sync", "610947572360", "--mode", "quick"], 2, "browser.mode"),
        (["sync", "610947572360", "--replica", "10.0.0.1:80"], 2, "site.replica"),
        (["sync", "610947572360", "--replica", "127.0.0.1:1"], 7, "replica"),
        (["show", "610947572360"], 2, "is not stored"),
        (["report", "9"], 2, "no run 9"),
        (["resume", "9"], 2, "no run 9"),
        (["audit", "9"], 2, "no run 9"),
        (["replica", "--faults", "gremlins=1"], 2, "gremlins"),
        (["--config", "nowhere.toml", "runs"], 2, "nowhere.toml"),
    ],
)
def test_a_mistake_is_one_line_and_the_right_exit_code(pwsync, words, code, told):
    done = pwsync(*words)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("pwsync:")]) == 1


def test_a_database_that_is_not_there_is_told_without_its_password(pwsync):
    url = "mysql+pymysql://somebody:geheim@127.0.0.1:1/pwsync"
    done = pwsync("runs", PWSYNC_DATABASE_URL=url)
    assert done.returncode == 7
    assert "geheim" not in done.stderr + done.stdout
    assert "127.0.0.1:1" in done.stderr


def test_the_password_of_the_database_is_masked(pwsync):
    url = "mysql+pymysql://somebody:geheim@127.0.0.1:1/pwsync"
    done = pwsync("config", "show", PWSYNC_DATABASE_URL=url)
    assert done.returncode == 0
    assert "geheim" not in done.stdout
    assert "somebody" in done.stdout


def test_doctor_tells_what_is_missing(pwsync):
    good = pwsync("doctor")
    assert good.returncode == 0, good.stdout
    assert " engine: chrom" in good.stdout
    assert "ok    identity: Chromium" in good.stdout
    assert "one story in page, frames, worker and headers" in good.stdout
    bad = pwsync("doctor", PWSYNC_BROWSER__EXECUTABLE="/bin/false")
    assert bad.returncode == 7
    assert "FAIL  engine" in bad.stdout
    assert "FAIL  identity" in bad.stdout


def test_doctor_tells_of_servers_that_are_not_fit(pwsync, redis_server, mariadb):
    url = mariadb.new_database()
    good = pwsync("doctor", PWSYNC_REDIS_URL=redis_server.url, PWSYNC_DATABASE_URL=url)
    assert (good.returncode, "FAIL" in good.stdout) == (0, False), good.stdout
    with redis_server.client() as connection:
        connection.config_set("maxmemory-policy", "allkeys-lru")
        try:
            bad = pwsync("doctor", PWSYNC_REDIS_URL=redis_server.url, PWSYNC_API__HOST="0.0.0.0")
        finally:
            connection.config_set("maxmemory-policy", "noeviction")
    assert bad.returncode == 7
    assert "FAIL  redis eviction: allkeys-lru" in bad.stdout
    assert "FAIL  tokens: none" in bad.stdout


def test_rejected_lines_are_told_and_the_rest_is_done(pwsync, site):
    offer = urls(site, "live")[0]
    done = pwsync(
        "sync", "-i", "-", "--replica", site.address, "--mode", "lean", "--json",
        typed=f"# offers\n{offer}\n\n{offer}\nhttps://example.com/\n",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert (found["lines"], found["planned"], found["duplicates"], found["rejected"]) == (
        3,
        1,
        1,
        1,
    )
    assert "line 5" in done.stderr


def test_a_list_that_failed_is_read_anew_by_its_own_command(pwsync):
    with running(offers=4, seed=2, padded=False, faults="garbage=1:call") as site:
        words = ("--replica", site.address, "--mode", "lean")
        limits = {"PWSYNC_RUN__ATTEMPTS": "1"}
        assert pwsync("sync", "--keyword", "灯", *words, **limits).returncode == 3
        done = pwsync("retry", "1", *words)
    assert done.returncode == 2
    assert "a new run over the same list reads it anew" in done.stderr
