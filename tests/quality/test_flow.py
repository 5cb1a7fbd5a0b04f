"""A layout that drifts under a run: alarmed, repaired by one edit, brought up without a visit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.extract.layouts import context
from app.replica.serve import running

RENAMED = "featureAttributes:features"


@pytest.fixture
def site():
    with running(offers=100, seed=12, padded=False, eras=["context"]) as replica:
        yield replica


def sync(run, site, *words, offers=100):
    urls = [one["url"] for one in site.listed()][:offers]
    told = ("--replica", site.address, "--mode", "lean", "-c", "2", "--json")
    done = run("sync", "-i", "-", *told, *words, typed="\n".join(urls))
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def visits(site):
    return len(site.log(kind="offer"))


def test_a_renamed_field_is_alarmed_within_50_pages_and_repaired_without_a_visit(
    pwsync,
    surroundings,
    site,
    monkeypatch,
):
    code, first = sync(pwsync, site, offers=60)
    assert (code, first["state"]) == (0, "done")
    site.drift(rename=RENAMED, era="context")
    before = visits(site)
    code, second = sync(pwsync, site)
    number = str(second["run"])
    assert (code, second["state"]) == (6, "paused")
    assert second["reason"].startswith("drift: layout context, field attributes")
    assert visits(site) - before <= 50
    again = pwsync(
        *("sync", "-i", "-", "--replica", site.address),
        typed="\n".join(one["url"] for one in site.listed()),
    )
    assert again.returncode == 6
    assert "drift" in again.stderr

    told = json.loads(pwsync("report", number, "--quality", "--json").stdout)["quality"]
    assert {one["field"] for one in told["fields"] if one["drift"]} >= {"attributes"}
    assert "drift" in pwsync("report", number, "--quality").stdout

    # one edit of the layout
    reading, *places = context.TABLE["attributes"]
    edited = (reading, *places, "M.offerDetail.features")
    monkeypatch.setitem(context.TABLE, "attributes", edited)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONWARNINGS")
    seen = visits(site)
    done = CliRunner().invoke(app, ["reextract", "--run", number, "-y", "--jobs", "1", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["fields"]["attributes"] == found["different"] > 0
    assert visits(site) == seen
    for one in site.listed():
        shown = CliRunner().invoke(app, ["show", one["offer_id"], "--json"])
        if shown.exit_code == 0:
            wanted = site.expected(one["offer_id"])
            assert json.loads(shown.stdout)["attributes"] == wanted["attributes"]

    # the repaired layout goes on with the run to its end
    resumed = CliRunner().invoke(
        app,
        ["resume", number, "--replica", site.address, "--mode", "lean", "-c", "2", "--json"],
    )
    assert resumed.exit_code == 0, resumed.output
    assert json.loads(resumed.stdout)["state"] == "done"
    assert pwsync("audit").returncode == 0


def test_a_person_may_take_the_new_rate_for_normal(pwsync, site):
    assert sync(pwsync, site, offers=40)[0] == 0
    site.drift(rename=RENAMED)
    code, alarmed = sync(pwsync, site)
    assert code == 6
    number = str(alarmed["run"])
    site_words = ("--replica", site.address, "--mode", "lean", "-c", "2")
    resumed = pwsync("resume", number, *site_words, "--accept-drift", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["state"] == "done"
    assert "normal from now on: attributes" in resumed.stderr
    refused = pwsync("resume", "1", *site_words, "--accept-drift")
    assert refused.returncode == 2
    assert "not alarmed" in refused.stderr


def test_a_canary_that_is_not_read_any_more_stops_a_run_before_it_begins(pwsync, site):
    live = next(one["url"] for one in site.listed() if one["standing"] == "live")
    canaries = {"PWSYNC_QUALITY__CANARIES": json.dumps([live])}
    words = ("--replica", site.address, "--mode", "lean", "--json")
    assert pwsync("sync", live, *words, **canaries).returncode == 0
    site.drift(rename=RENAMED)
    before = visits(site)
    done = pwsync("sync", "--new", live, *words, **canaries)
    found = json.loads(done.stdout)
    assert (done.returncode, found["state"]) == (6, "paused")
    assert "drift: canary 6" in found["reason"]
    assert "tells no attributes any more" in found["reason"]
    assert visits(site) - before == 1
    site.drift()
    resumed = pwsync("resume", str(found["run"]), *words, **canaries)
    assert json.loads(resumed.stdout)["state"] == "done"


def test_a_canary_that_meets_a_block_is_heeded_as_any_page(pwsync):
    with running(offers=6, seed=12, padded=False, faults="login=1") as walled:
        live = [one["url"] for one in walled.listed()]
        canaries = {"PWSYNC_QUALITY__CANARIES": json.dumps(live[:3])}
        words = ("--replica", walled.address, "--mode", "lean", "--json")
        done = pwsync("sync", live[4], *words, **canaries)
        found = json.loads(done.stdout)
        assert (done.returncode, found["state"]) == (4, "parked")
        assert found["parked_until"] is not None
        assert visits(walled) == 1


@pytest.mark.parametrize("archived", [True, False])
def test_a_refused_page_waits_in_quarantine_until_a_person_releases_it(
    pwsync, surroundings, site, archived
):
    surroundings["PWSYNC_ARCHIVE__KEEP"] = str(archived)
    live = [one["url"] for one in site.listed() if one["standing"] == "live"][:1]
    words = ("--replica", site.address, "--mode", "lean", "--json")
    assert pwsync("sync", *live, *words).returncode == 0
    for key in ("price", "discountPrice", "minPrice", "maxPrice", "offerMinPrice", "offerMaxPrice"):
        site.drift(scale=f"{key}:100")
    done = pwsync("sync", "--new", *live, *words)
    assert (done.returncode, json.loads(done.stdout)["counts"]["invalid"]) == (3, 1)
    [case] = json.loads(pwsync("quarantine", "list", "--json").stdout)["cases"]
    assert (case["type"], case["rule"], case["field"]) == ("Invalid", "price_jump", "price_min")
    number = str(case["id"])
    assert "price_jump" in pwsync("quarantine", "list").stdout
    shown = json.loads(pwsync("quarantine", "show", number, "--json").stdout)
    assert ".warc.gz:" in shown["page"] if archived else shown["page"] == shown["evidence"]
    assert shown["evidence"].endswith("Invalid-price_jump-price_min-context.html.gz")
    seen = visits(site)
    assert pwsync("quarantine", "release", number).returncode == 2
    released = pwsync("quarantine", "release", number, "-y")
    assert (released.returncode, "stored as run" in released.stdout) == (0, True), released.stderr
    assert visits(site) == seen
    assert json.loads(pwsync("quarantine", "list", "--json").stdout)["total"] == 0
    old = site.expected(case["offer_id"])["price_min"]
    new = json.loads(pwsync("show", case["offer_id"], "--json").stdout)["price_min"]
    assert float(new) == pytest.approx(100 * float(old), rel=0.01)
    assert pwsync("audit").returncode == 0
    assert pwsync("quarantine", "show", "99").returncode == 2


def test_an_archived_page_becomes_a_golden_one(pwsync, surroundings, site, tmp_path):
    live = next(one for one in site.listed() if one["standing"] == "live")
    words = ("--replica", site.address, "--mode", "lean", "--json")
    assert pwsync("sync", live["url"], *words).returncode == 0
    tool = [sys.executable, "-m", "app.cli.golden", "--offer", live["offer_id"]]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(tool, env=surroundings, cwd=root, text=True, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    left_out = json.loads(pwsync("accuracy", "--json").stdout)
    assert (left_out["pages"], left_out["unchecked"]) == (0, 1)
    [note] = (tmp_path / "data" / "golden").rglob("*.note.json")
    told = json.loads(note.read_text("utf-8"))
    note.write_text(json.dumps(told | {"checked": True}), "utf-8")
    measured = pwsync("accuracy", "--json")
    assert (measured.returncode, json.loads(measured.stdout)["percent"]) == (0, 100.0)
    place = told["source"]
    by_place = [*tool[:3], "--record", place, "--into", str(tmp_path / "more")]
    assert subprocess.run(by_place, env=surroundings, cwd=root, capture_output=True, check=False).returncode == 0  # fmt: skip
    assert subprocess.run(tool, env=surroundings, cwd=root, capture_output=True, check=False).returncode == 2  # fmt: skip
