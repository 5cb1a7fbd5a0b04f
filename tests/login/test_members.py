"""What a login is good for: a site for members only, synced as one, and what its end leads to."""

import json


def urls(site) -> list[str]:
    return [one["url"] for one in site.listed() if one["standing"] == "live"]


def sync(pwsync, site, *words):
    return pwsync("sync", *words, "--replica", site.address, "--mode", "lean", "--json")


def test_a_guest_is_blocked_and_a_member_is_not(pwsync, helpful):
    wanted = urls(helpful)
    assert sync(pwsync, helpful, *wanted).returncode == 4
    assert pwsync("login", "--replica", helpful.address).returncode == 0
    done = sync(pwsync, helpful, *wanted, "--profile", "main")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"] == {"created": len(wanted)}


def test_a_session_that_ends_parks_the_run_until_the_person_is_back(pwsync, helpful):
    wanted = urls(helpful)
    assert pwsync("login", "--replica", helpful.address).returncode == 0
    helpful.phone("logout")
    parked = sync(pwsync, helpful, *wanted, "--profile", "main")
    assert parked.returncode == 4, parked.stderr
    run = json.loads(parked.stdout)["run"]
    back = pwsync("login", "--replica", helpful.address)
    assert back.returncode == 0
    assert f"run {run} goes on" in back.stderr
    done = pwsync("resume", str(run), "--replica", helpful.address, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"] == {"created": len(wanted)}


def test_a_profile_nobody_logged_in_as_is_exit_4_or_2(pwsync, helpful):
    done = sync(pwsync, helpful, urls(helpful)[0], "--profile", "main")
    assert done.returncode == 2
    assert "pwsync login --profile main" in done.stderr
